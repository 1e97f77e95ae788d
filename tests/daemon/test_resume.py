"""Nothing is lost: jobs over the death of supervisor, worker and client, with the same pixels."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkvsr import InProcess
from sparkvsr.errors import CancelledError
from sparkvsr_daemon.client import DaemonBackend, connect
from sparkvsr_daemon.errors import WorkerCrashedError
from sparkvsr_daemon.paths import find_paths
from tiny import make_tiny_pipeline

Daemon = Any


def expect_same(job: Any, restored: list[Any]) -> None:
    expect_equal(list(job.run(InProcess())), restored)


def expect_equal(expected: list[Any], restored: list[Any]) -> None:
    assert [frame.index for frame in restored] == [frame.index for frame in expected]
    for a, b in zip(expected, restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
        assert a.trust == b.trust


def begun(daemon: Daemon, job: Any, frames: int = 5) -> tuple[Any, str]:
    """A client, and the id of a job of which it has some frames."""
    client = daemon.connect()
    backend = DaemonBackend(client)
    stream = job.run(backend)
    for _ in islice(stream, frames):
        pass
    return client, str(backend.job_id)


def test_a_job_goes_on_where_a_killed_daemon_was(daemon: Daemon) -> None:
    job = daemon.make_moving_job(400)
    client, name = begun(daemon, job)
    before = daemon.job(client, name)
    daemon.kill(client)
    client = daemon.connect()
    restored = list(job.run(DaemonBackend(client)))
    after, status = daemon.job(client, name), client.status()
    expect_same(job, restored)
    assert (after.state, after.done) == ("done", 400)
    assert 0 < before.windows_kept < after.windows == after.windows_kept
    assert after.windows_restored == after.windows
    assert after.windows_repeated == 0
    assert status.windows_restored <= after.windows - before.windows_kept
    assert status.blobs_received == 0


def test_a_daemon_that_is_started_goes_on_by_itself(daemon: Daemon) -> None:
    job = daemon.make_moving_job(200)
    client, name = begun(daemon, job)
    daemon.kill(client)
    client = daemon.connect()
    daemon.wait_until(lambda: daemon.job(client, name).state == "done")
    assert client.status().bytes_received == 0
    expect_same(job, list(job.run(DaemonBackend(client))))


def test_a_stopped_daemon_goes_on_with_its_job_when_it_is_started_again(daemon: Daemon) -> None:
    job = daemon.make_moving_job(400)
    client, name = begun(daemon, job)
    client.shutdown()
    client = daemon.connect()
    daemon.wait_until(lambda: daemon.job(client, name).state == "done")
    assert daemon.job(client, name).windows_repeated == 0
    expect_same(job, list(job.run(DaemonBackend(client))))


def test_a_worker_that_dies_is_replaced_and_its_client_sees_only_a_notice(daemon: Daemon) -> None:
    job = daemon.make_moving_job(200)
    client = daemon.connect()
    backend = daemon.backend()
    stream = job.run(backend)
    restored = list(islice(stream, 5))
    for _ in range(3):
        os.kill(daemon.worker(client), signal.SIGKILL)
        restored += islice(stream, 40)
    restored += stream
    expect_same(job, restored)
    done = daemon.job(client, str(backend.job_id))
    assert (done.state, done.windows_repeated) == ("done", 0)
    assert any("died; another one goes on" in notice.text for notice in job.notices)


def test_a_job_outlives_its_client(daemon: Daemon) -> None:
    watcher = daemon.connect()
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import daemons\n"
        "from sparkvsr_daemon.client import DaemonBackend, connect\n"
        "for _ in daemons.make_moving_job(200).run(DaemonBackend(connect())): print('frame')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-uc", program, str(Path(__file__).parents[1])], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    daemon.wait_until(lambda: watcher.jobs()[0].state == "done")
    job = daemon.make_moving_job(200)
    restored = list(job.run(daemon.backend()))
    assert watcher.status().frames_computed == 200
    expect_same(job, restored)


def test_cancelled_work_is_kept_for_a_later_run(daemon: Daemon) -> None:
    job = daemon.make_moving_job(400)
    client, name = begun(daemon, job)
    client.cancel(name)
    daemon.wait_until(lambda: daemon.job(client, name).state == "cancelled")
    kept = daemon.job(client, name)
    assert 0 < kept.done < 400
    restored = list(job.run(daemon.backend()))
    expect_same(job, restored)
    assert client.status().frames_computed == 400
    assert daemon.job(client, name).windows_repeated == 0


@pytest.mark.parametrize("cross_fade", ["latents", "pixels"])
def test_the_model_goes_on_without_a_transformer_pass_for_what_was_kept(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cross_fade: str
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path / "model")))
    monkeypatch.setenv("SPARKVSR_CACHE_GB", "0")  # only what the daemon itself keeps
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    job = daemon.make_moving_job(49, engine="sparkvsr", window=17, overlap=9, cross_fade=cross_fade)
    with monkeypatch.context() as patch:  # not in process: torch has other threads here
        patch.setenv("SPARKVSR_HOME", str(tmp_path / "undisturbed"))
        with connect() as client:
            expected = list(job.run(DaemonBackend(client)))
            client.shutdown()
    client, name = begun(daemon, job, 9)
    before = daemon.job(client, name)
    daemon.kill(client)
    client = daemon.connect()
    expect_equal(expected, list(job.run(DaemonBackend(client))))
    after = daemon.job(client, name)
    assert before.windows_kept >= 1
    assert (after.windows_restored, after.windows_repeated) == (after.windows, 0)


def kill_before_it_gets_on(daemon: Daemon, name: str) -> None:
    client = daemon.connect()
    daemon.wait_until(lambda: daemon.job(client, name).state == "running")
    daemon.kill(client)  # its worker is still importing


def test_a_job_that_ran_at_two_deaths_in_a_row_is_parked_until_somebody_retries(
    daemon: Daemon,
) -> None:
    job = daemon.make_moving_job(40)
    client = daemon.connect()
    client.pause()
    backend = daemon.backend()
    with pytest.raises(CancelledError):
        list(job.run(backend, cancelled=lambda: backend.job_id is not None))
    name = str(backend.job_id)
    client.retry(name)
    client.resume()
    client.close()
    for _ in range(2):
        kill_before_it_gets_on(daemon, name)
    client = daemon.connect()
    parked = daemon.job(client, name)
    assert parked.state == "parked"
    assert "died 2 times in a row" in parked.reason
    with pytest.raises(WorkerCrashedError, match="2 times in a row") as caught:
        list(job.run(daemon.backend()))
    assert f"sparkvsr retry {name[:12]}" in caught.value.hint
    assert client.retry(name[:12]).state == "queued"
    expect_same(job, list(job.run(daemon.backend())))


def test_a_job_whose_worker_dies_five_times_in_a_row_is_parked(daemon: Daemon) -> None:
    client = daemon.connect()
    killed: set[int] = set()

    def kill() -> bool:
        for worker in client.status().workers:
            if worker.pid not in killed:
                killed.add(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)
        return False

    backend = daemon.backend()
    with pytest.raises(WorkerCrashedError, match="died 5 times in a row"):
        list(daemon.make_moving_job(40).run(backend, cancelled=kill))
    assert len(killed) == 5
    assert daemon.job(client, str(backend.job_id)).state == "parked"


def test_half_written_and_unknown_files_are_never_believed(daemon: Daemon) -> None:
    job = daemon.make_moving_job(400)
    client, name = begun(daemon, job)
    daemon.kill(client)
    results = find_paths().store / "results" / name
    done = len(list(results.glob("*.raw")))
    (results / f"{done + 3}.raw").write_bytes(b"\0" * 4608)  # a file that no row speaks of
    (results / "2.raw.part").write_bytes(b"\0")
    (windows,) = (results / "windows").iterdir()
    shutil.copy(next(windows.glob("*.safetensors")), windows / "49.safetensors")
    expect_same(job, list(job.run(daemon.backend())))
    assert not list(results.rglob("*.part"))


def test_a_damaged_journal_is_put_aside_and_the_work_done_again(daemon: Daemon) -> None:
    job = daemon.make_moving_job(40)
    client, _ = begun(daemon, job)
    daemon.kill(client)
    journal = find_paths().journal
    for file in journal.parent.glob("journal.sqlite3-*"):
        file.unlink()
    journal.write_bytes(b"not a database" * 1000)
    expect_same(job, list(job.run(daemon.backend())))
    assert list(journal.parent.glob("journal.sqlite3.damaged-*"))
