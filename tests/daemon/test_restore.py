"""Whole jobs through a real daemon: pixels, identity of jobs, what is sent and what is computed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from sparkvsr import InProcess
from sparkvsr.backend import KeyframePicture, Request
from sparkvsr.errors import CancelledError, SourceError
from sparkvsr.job import Color, Settings, Shot
from sparkvsr_daemon.client import DaemonBackend
from tiny import make_tiny_pipeline

# conftest.Daemon; test folders are no packages, so its type cannot be imported
Daemon = Any


@pytest.mark.parametrize(
    ("engine", "upscale", "dtype", "keyframes"),
    [
        ("identity", 1, "float16", ()),
        ("identity", 2, "uint16", ()),
        ("identity", 1, "float32", ()),
        ("flow", 2, "uint8", (0, 4)),
    ],
)
def test_frames_are_those_of_the_same_job_in_process(
    daemon: Daemon, engine: str, upscale: int, dtype: str, keyframes: tuple[int, ...]
) -> None:
    job = daemon.make_job(7, engine=engine, upscale=upscale, dtype=dtype, keyframes=keyframes)
    expected = list(job.run(InProcess()))
    restored = list(job.run(daemon.backend()))
    assert [f.index for f in restored] == list(range(7))
    for ours, theirs in zip(restored, expected, strict=True):
        assert ours.picture.dtype == theirs.picture.dtype
        np.testing.assert_array_equal(ours.picture, theirs.picture)
        assert ours.trust == theirs.trust


def test_the_model_runs_in_the_worker_and_gives_the_same_pixels(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path / "model")))
    job = daemon.make_job(9, engine="sparkvsr", upscale=2, keyframes=(0, 4))
    expected = list(job.run(InProcess()))
    for ours, theirs in zip(job.run(daemon.backend()), expected, strict=True):
        np.testing.assert_array_equal(ours.picture, theirs.picture)
        assert ours.trust == theirs.trust
    (started,) = [n.data for n in job.notices if n.kind == "started" and "job" in n.data]
    assert started["engine"] == "sparkvsr"


def test_frames_larger_than_a_chunk_arrive_whole(daemon: Daemon) -> None:
    job = daemon.make_job(3, size=(700, 401), dtype="float32")  # 3.2 MiB, no multiple of a chunk
    restored = list(job.run(daemon.backend()))
    for ours, source in zip(restored, job.frames, strict=True):
        np.testing.assert_array_equal(ours.picture, source)


def test_the_notices_name_the_job_and_count_the_upload(daemon: Daemon) -> None:
    job, backend = daemon.make_job(20), daemon.backend()
    list(job.run(backend))
    uploads = [n.data for n in job.notices if n.kind == "upload"]
    size = job.frames[0].nbytes
    assert uploads == [
        {"frames": 16, "of": 20, "bytes": 16 * size},
        {"frames": 20, "of": 20, "bytes": 20 * size},
    ]
    (started,) = [n.data for n in job.notices if n.kind == "started"]
    assert started["job"] == backend.job_id
    assert started["engine"] == "identity"


def test_the_same_job_again_sends_nothing_and_computes_nothing(daemon: Daemon) -> None:
    client = daemon.connect()
    first = list(daemon.make_job(6).run(DaemonBackend(client)))
    before = client.status()
    second = list(daemon.make_job(6).run(DaemonBackend(client)))
    after = client.status()
    assert (before.blobs_received, before.frames_computed) == (7, 6)
    assert after.blobs_received == before.blobs_received
    assert after.bytes_received == before.bytes_received
    assert after.frames_computed == before.frames_computed
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)


def test_a_finished_job_is_served_by_the_next_daemon_too(daemon: Daemon) -> None:
    client = daemon.connect()
    first = list(daemon.make_job(6).run(DaemonBackend(client)))
    client.shutdown()
    client = daemon.connect()
    job = daemon.make_job(6)
    second = list(job.run(DaemonBackend(client)))
    status = client.status()
    assert (status.blobs_received, status.frames_computed, status.workers) == (0, 0, ())
    assert [f.trust for f in first] == [f.trust for f in second]
    assert "started" in {n.kind for n in job.notices}


@pytest.mark.parametrize("damage", ["deleted", "cut short", "changed"])
def test_a_result_that_is_damaged_on_disk_is_made_again(daemon: Daemon, damage: str) -> None:
    client = daemon.connect()
    backend = DaemonBackend(client)
    first = list(daemon.make_job(6).run(backend))
    result = daemon.home / "data" / "store" / "results" / str(backend.job_id) / "3.raw"
    if damage == "deleted":
        result.unlink()
    elif damage == "cut short":
        os.truncate(result, 10)
    else:
        data = bytearray(result.read_bytes())
        data[100] ^= 1
        result.write_bytes(data)
    again = list(daemon.make_job(6).run(backend))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    assert client.status().frames_computed == 9
    assert client.jobs()[0].windows_repeated == 0  # the frame was lost, so this is none


def test_only_the_frame_that_changed_is_sent(daemon: Daemon) -> None:
    client = daemon.connect()
    job = daemon.make_job(6)
    list(job.run(DaemonBackend(client)))
    before = client.status()
    changed = daemon.make_job(6)
    changed.frames[3][0, 0, 0] ^= 1
    list(changed.run(DaemonBackend(client)))
    after = client.status()
    assert after.blobs_received - before.blobs_received == 2  # the frame and the manifest


def test_a_changed_setting_is_another_job_of_the_same_frames(daemon: Daemon) -> None:
    client = daemon.connect()
    list(daemon.make_job(6).run(DaemonBackend(client)))
    before = client.status()
    list(daemon.make_job(6, upscale=2).run(DaemonBackend(client)))
    after = client.status()
    assert after.blobs_received - before.blobs_received == 1
    assert len(client.jobs()) == 2


def test_two_clients_are_served_at_once(daemon: Daemon) -> None:
    jobs = [daemon.make_job(6, seed=seed) for seed in (1, 2)]
    streams = [job.run(daemon.backend()) for job in jobs]
    for number in range(6):  # interleaved: neither has to be finished for the other
        for job, stream in zip(jobs, streams, strict=True):
            np.testing.assert_array_equal(
                next(stream).picture, (job.frames[number] / np.float32(255)).astype(np.float16)
            )


def test_two_clients_with_the_same_job_share_it(daemon: Daemon) -> None:
    client = daemon.connect()
    one, two = daemon.make_job(6), daemon.make_job(6)
    first, second = one.run(DaemonBackend(client)), two.run(daemon.backend())
    assert next(first).index == next(second).index == 0
    assert len(list(first)) == len(list(second)) == 5
    assert client.status().frames_computed == 6


def test_a_job_goes_on_when_its_client_is_gone(daemon: Daemon) -> None:
    job = daemon.make_job(30)
    client = daemon.connect()
    with contextlib.closing(job.run(DaemonBackend(client))) as stream:
        next(stream)
    client.close()
    watcher = daemon.connect()
    daemon.wait_until(lambda: watcher.jobs()[0].state == "done")
    assert watcher.status().frames_computed == 30


def test_a_cancel_before_the_end_of_the_upload_starts_nothing(daemon: Daemon) -> None:
    client = daemon.connect()
    job = daemon.make_job(40)
    asked = iter([False] * 5 + [True] * 1000)
    with pytest.raises(CancelledError):
        list(job.run(DaemonBackend(client), cancelled=lambda: next(asked)))
    assert client.jobs() == ()
    assert len(list(daemon.make_job(40).run(DaemonBackend(client)))) == 40


def test_a_source_that_breaks_its_promise_is_refused(daemon: Daemon) -> None:
    backend = daemon.backend()
    job = daemon.make_job(5)
    with pytest.raises(SourceError, match="gave 4 frames; the shot has 5"):
        short = daemon.make_job(5)
        short.frames = short.frames[:4]
        list(short.run(backend))
    job.frames = [*job.frames[:4], job.frames[4][:, :20]]
    with pytest.raises(SourceError, match="Frame 4 differs"):
        list(job.run(backend))


def test_pictures_of_no_known_type_are_refused(daemon: Daemon) -> None:
    job = daemon.make_job(2, dtype="float32")
    job.frames = [frame.astype("float64") for frame in job.frames]
    with pytest.raises(SourceError, match="float64"):
        list(job.run(daemon.backend()))


def test_big_endian_frames_give_the_same_job(daemon: Daemon) -> None:
    backend = daemon.backend()
    job = daemon.make_job(2, dtype="uint16")
    list(job.run(backend))
    first = backend.job_id
    job.frames = [frame.astype(">u2") for frame in job.frames]
    list(job.run(backend))
    assert backend.job_id == first


def test_an_empty_request_for_auto_names_the_engine(daemon: Daemon) -> None:
    client = daemon.connect()
    job = daemon.make_job(2, size=(64, 48))
    job.request = Request(
        Shot(width=64, height=48, frames=2), (), Settings(upscale=1, engine="auto")
    )
    list(job.run(DaemonBackend(client)))
    assert client.jobs()[0].engine == "flow"


def test_a_preview_is_a_job_of_one_frame(daemon: Daemon) -> None:
    job = daemon.make_job(7, engine="flow", upscale=2, keyframes=(0,))
    whole = list(job.run(daemon.backend()))
    job.request = replace(job.request, preview=5)
    (frame,) = job.run(daemon.backend())
    assert (frame.index, frame.trust) == (5, whole[5].trust)
    np.testing.assert_array_equal(frame.picture, whole[5].picture)
    assert daemon.connect().status().frames_computed == 8


def test_the_job_again_runs_no_model_and_a_preview_only_what_it_needs(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path / "model")))
    job = daemon.make_job(9, engine="sparkvsr", upscale=2, keyframes=(0, 4))
    settings = msgspec.structs.replace(job.request.settings, guidance=1.2)
    job.request = replace(job.request, settings=settings)

    def spent() -> dict[str, int]:
        """What the models did for the last run, by the daemon's own notice."""
        job.notices.clear()
        list(job.run(daemon.backend()))
        (done,) = [n.data for n in job.notices if "transformer_passes" in n.data]
        return {name: count for name, count in done.items() if name != "job"}

    first = spent()
    assert (first["source_encodes"], first["transformer_passes"], first["decodes"]) == (1, 2, 1)
    computed = daemon.connect().status().frames_computed
    assert spent() == first  # the notice of the first run: it is the same job
    assert daemon.connect().status().frames_computed == computed
    settings = msgspec.structs.replace(settings, guidance=0.6)
    job.request = replace(job.request, settings=settings, preview=8)
    only = spent()
    assert only == dict.fromkeys(first, 0) | {"previews": 1}


def test_colour_and_grade_give_the_same_pixels_in_the_daemon(daemon: Daemon) -> None:
    job = daemon.make_job(5, engine="flow", upscale=2, dtype="float16", keyframes=())
    small = KeyframePicture(2, job.frames[2] * np.float16(1.5))
    whole = KeyframePicture(4, job.frames[4].repeat(2, 0).repeat(2, 1))
    color = Color(source="acescg", keyframes="acescg", output="acescct")
    settings = msgspec.structs.replace(job.request.settings, grade="on")
    job.request = replace(
        job.request, keyframes=(small, whole), color=color, settings=settings, depth="float"
    )
    expected = list(job.run(InProcess()))
    for ours, theirs in zip(job.run(daemon.backend()), expected, strict=True):
        np.testing.assert_array_equal(ours.picture, theirs.picture)
    assert any(notice.data.get("grade") for notice in job.notices)
