"""A restoration whose daemon is lost: it is connected to again, and no frame is lost or doubled."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_daemon import FakeDaemon, Faults
from fake_session import NOTICE, Disk
from plate import Plate, check
from sparkvsr import Event, Progress, restore
from sparkvsr import Job as FileJob
from sparkvsr.backend import RestoredFrame
from sparkvsr.errors import CancelledError, JobError, SourceError, UnreachableError
from sparkvsr.job import Settings
from sparkvsr.media import write_picture
from sparkvsr_daemon import _line, _upload
from sparkvsr_daemon.client import Client, DaemonBackend, connect
from sparkvsr_daemon.errors import IncompatibleError, ManifestError
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION

Daemon = Any


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_line, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(_upload, "BATCH_FRAMES", 2)


@pytest.fixture
def fake() -> Iterator[FakeDaemon]:
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


def reviving(fake: FakeDaemon, *lives: Faults) -> Callable[[], Client]:
    """A `reconnect` that starts the daemon's next life when the last one is over."""
    left = iter(lives)

    def reconnect() -> Client:
        if not fake.alive:
            fake.start(next(left, Faults()))
        return fake.connect()

    return reconnect


def test_without_a_loss_there_is_one_submit_and_no_warning(fake: FakeDaemon) -> None:
    plate = Plate()
    with fake.connect() as client:
        check(plate, list(plate.restore(DaemonBackend(client, fake.connect))))
    assert [submit.first for submit in fake.submits] == [0]
    assert plate.texts() == []
    assert plate.passes == 1


def test_a_daemon_lost_in_the_middle_is_taken_up_again_at_the_next_frame(fake: FakeDaemon) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    frames = [next(stream), next(stream)]
    fake.die()
    frames += stream
    check(plate, frames)
    assert len(fake.submits) == 2
    assert fake.submits[0].manifest == fake.submits[1].manifest
    assert fake.submits[1].first >= 2
    (warning,) = plate.texts()
    assert "The daemon was lost" in warning
    assert plate.texts("started") == [NOTICE]  # the second daemon said it too
    assert plate.passes == 1


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_frame_comes_once_in_order_and_right_wherever_the_daemon_dies(
    data: st.DataObject,
) -> None:
    frames = data.draw(st.integers(1, 7))
    preview = data.draw(st.none() | st.integers(0, frames - 1))
    fake, plate = FakeDaemon(), Plate(frames, preview=preview)
    forgetful = data.draw(st.sets(st.sampled_from("0123456789abcdef")))
    lives = [
        Faults(
            dies_after=data.draw(st.integers(3, 40)),
            forgets=lambda digest: digest[0] in forgetful,
            forgets_jobs=data.draw(st.booleans()),
            damaged=frozenset(data.draw(st.sets(st.integers(0, 6), max_size=3))),
            piece=data.draw(st.sampled_from([64, 100, 191])),
        )
        for _ in range(data.draw(st.integers(1, _line.TRIES)))
    ]
    try:
        fake.start(lives[0])
        with fake.connect() as client:
            restored = list(plate.restore(DaemonBackend(client, reviving(fake, *lives[1:]))))
    finally:
        fake.close()
    check(plate, restored)


def test_an_upload_goes_on_where_it_was_and_the_source_is_read_once(fake: FakeDaemon) -> None:
    plate = Plate()

    def dying_once() -> bool:
        if fake.asked.count("Hello") == 1 and len(fake.disk.blobs) == 2:
            fake.die()
        return False

    check(plate, list(plate.restore(DaemonBackend(fake.connect(), reviving(fake)), dying_once)))
    assert len(plate.texts()) == 1
    assert plate.passes == 1
    assert fake.asked.count("Put") <= len(fake.disk.blobs) + 1  # what was sent is not sent again


def test_blobs_that_are_gone_are_sent_again_from_the_source(fake: FakeDaemon) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    frames = [next(stream)]
    fake.die()
    lost = next(digest for digest in fake.disk.blobs if digest != fake.submits[0].manifest)
    fake.disk.forget(lambda digest: digest == lost, jobs=True)
    sent = fake.asked.count("Put")
    check(plate, frames + list(stream))
    assert fake.asked.count("Put") == sent + 1
    assert plate.passes == 2


@pytest.mark.parametrize("change", ["another picture", "fewer frames"])
def test_a_source_that_is_another_by_then_is_refused(fake: FakeDaemon, change: str) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    next(stream)
    fake.die()
    fake.disk.forget(lambda digest: True, jobs=True)
    if change == "fewer frames":
        plate.pictures = plate.pictures[:3]
    else:
        plate.pictures[4] = plate.pictures[4] ^ 1
    with pytest.raises(SourceError, match=r"Frame 1005|number of frames") as caught:
        list(stream)
    assert "Run it again" in caught.value.hint


def test_a_manifest_that_is_refused_though_nothing_is_missing_is_an_error(
    fake: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(disk: Disk, digest: str) -> None:
        raise ManifestError("The engine has another version here.")

    monkeypatch.setattr(Disk, "submit", refuse)
    with fake.connect() as client, pytest.raises(ManifestError, match="another version"):
        list(Plate().restore(DaemonBackend(client, fake.connect)))
    assert len(fake.submits) == 1


def test_a_daemon_that_somebody_stopped_is_not_started_again(fake: FakeDaemon) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    next(stream)
    fake.stop()
    with pytest.raises(JobError, match=r"was stopped while job [0-9a-f]{12} ran") as caught:
        list(stream)
    assert "goes on from there" in caught.value.hint
    assert plate.texts() == []
    assert not fake.alive


def test_a_session_that_is_ended_for_another_reason_is_taken_up_again(fake: FakeDaemon) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    frames = [next(stream)]
    fake.stop("The daemon was idle.")
    check(plate, frames + list(stream))


def test_without_a_way_to_reconnect_a_loss_ends_the_job(fake: FakeDaemon) -> None:
    stream = Plate().restore(DaemonBackend(fake.connect()))
    next(stream)
    fake.die()
    with pytest.raises(JobError, match="was lost while job"):
        list(stream)


def test_a_loss_before_anything_was_started_says_that_nobody_answers(fake: FakeDaemon) -> None:
    backend = DaemonBackend(fake.connect())
    fake.die()
    with pytest.raises(UnreachableError):
        list(Plate().restore(backend))


def test_it_gives_up_after_five_losses_without_a_frame(fake: FakeDaemon) -> None:
    def nobody() -> Client:
        raise UnreachableError("Nobody is there.")

    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), nobody))
    next(stream)
    fake.die()
    with pytest.raises(JobError, match=r"was lost while job .* Nobody is there"):
        list(stream)
    assert [text[-2:] for text in plate.texts()] == ["1.", "2.", "3.", "4.", "5."]


def test_losses_with_frames_in_between_are_counted_anew(fake: FakeDaemon) -> None:
    plate, frames = Plate(frames=80), list[RestoredFrame]()
    for frame in plate.restore(DaemonBackend(fake.connect(), reviving(fake))):
        frames.append(frame)
        if fake.alive and len(frames) < 70:
            fake.die()
    check(plate, frames)
    assert len(plate.texts()) > _line.TRIES


def test_a_daemon_of_another_version_ends_it_at_once(fake: FakeDaemon) -> None:
    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), reviving(fake)))
    next(stream)
    fake.die()
    fake.version = (VERSION[0] + 1, 0)
    with pytest.raises(IncompatibleError, match="the program is older"):
        list(stream)
    assert len(plate.texts()) == 1


def test_a_cancel_while_nobody_answers_says_that_the_daemon_was_not_told(fake: FakeDaemon) -> None:
    def nobody() -> Client:
        raise UnreachableError("Nobody is there.")

    plate = Plate()
    stream = plate.restore(DaemonBackend(fake.connect(), nobody), lambda: len(plate.texts()) > 2)
    next(stream)
    fake.die()
    with pytest.raises(CancelledError) as caught:
        list(stream)
    assert "sparkvsr cancel" in caught.value.hint


def test_the_connection_that_was_made_anew_is_closed_and_the_backend_serves_again(
    fake: FakeDaemon,
) -> None:
    given = fake.connect()
    backend, plate = DaemonBackend(given, reviving(fake)), Plate()
    stream = plate.restore(backend)
    frames = [next(stream)]
    fake.die()
    check(plate, frames + list(stream))
    while fake.asked.count("Bye") != 1:  # it is on its way
        time.sleep(0.01)
    with pytest.raises(UnreachableError, match="was closed"):
        given.jobs()
    check(plate, list(plate.restore(backend)))


def test_a_given_connection_is_left_open(fake: FakeDaemon) -> None:
    with fake.connect() as client:
        list(Plate().restore(DaemonBackend(client, fake.connect)))
        assert len(client.jobs()) == 1


def test_a_real_daemon_that_is_killed_is_replaced_and_the_job_goes_on(daemon: Daemon) -> None:
    job, client = daemon.make_job(40, engine="flow", upscale=2, keyframes=(0,)), daemon.connect()
    whole = [frame.picture for frame in job.run(daemon.backend())]
    client.clean()
    stream = job.run(DaemonBackend(daemon.connect(), connect))
    frames = [next(stream)]
    os.kill(client.status().pid, signal.SIGKILL)
    frames += stream
    for frame, picture in zip(frames, whole, strict=True):
        np.testing.assert_array_equal(frame.picture, picture)
    with connect(start=False) as fresh:
        assert fresh.boot != client.boot
        assert fresh.jobs()[-1].windows_repeated == 0


def test_a_report_is_whole_though_the_source_was_read_again(daemon: Daemon, tmp_path: Path) -> None:
    for number, picture in enumerate(daemon.make_job(12).frames):
        write_picture(tmp_path / f"plate.{number:04d}.png", picture)
    job = FileJob(
        source=str(tmp_path / "plate.####.png"),
        output=str(tmp_path / "out.####.png"),
        settings=Settings(upscale=1, engine="flow"),
    )
    backend, killed = DaemonBackend(daemon.connect(), connect), list[int]()

    def kill_and_empty(event: Event) -> None:
        if isinstance(event, Progress) and not killed:
            with connect(start=False) as client:
                killed.append(client.status().pid)
            os.kill(killed[0], signal.SIGKILL)
            shutil.rmtree(find_paths().data, ignore_errors=True)

    report = tmp_path / "report.html"
    assert restore(job, backend, on_event=kill_and_empty, report=report).frames == 12
    assert report.stat().st_size
