"""The queue: previews first, jobs of a client in order, clients in turn, pause and resume."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sparkvsr import InProcess
from sparkvsr.errors import CancelledError
from sparkvsr_daemon.client import Client, DaemonBackend
from sparkvsr_daemon.errors import BusyError, LimitError

Daemon = Any


class Waiting:
    """Jobs of several clients, each in a thread of its own, given while the queue is paused."""

    def __init__(self, daemon: Daemon, client: Client) -> None:
        self._daemon, self._client = daemon, client
        self._pool = ThreadPoolExecutor(16)
        self.done: list[str] = []
        self._lock = threading.Lock()
        self.futures: list[Any] = []

    def add(self, name: str, backend: DaemonBackend, job: Any) -> str:
        """Give a job; gives its id when the daemon has it."""
        before = self._client.status().queued

        def run() -> None:
            list(job.run(backend))
            with self._lock:
                self.done.append(name)

        self.futures.append(self._pool.submit(run))
        self._daemon.wait_until(lambda: self._client.status().queued > before)
        return str(backend.job_id)

    def wait(self) -> list[str]:
        for future in self.futures:
            future.result(timeout=60)
        self._pool.shutdown()
        return self.done


@pytest.fixture
def client(daemon: Daemon) -> Client:
    found: Client = daemon.connect()
    return found


@pytest.fixture
def waiting(daemon: Daemon, client: Client) -> Iterator[Waiting]:
    client.pause()
    yield Waiting(daemon, client)


def test_clients_are_served_in_the_order_in_which_they_came(
    daemon: Daemon, client: Client, waiting: Waiting
) -> None:
    for seed in range(4):
        waiting.add(f"job {seed}", daemon.backend(), daemon.make_job(3, seed=seed))
    assert [job.state for job in client.jobs()] == ["queued"] * 4
    client.resume()
    assert waiting.wait() == [f"job {seed}" for seed in range(4)]


def test_a_preview_runs_at_the_next_window_border_and_disturbs_no_pixel(
    daemon: Daemon, client: Client
) -> None:
    job = daemon.make_moving_job(400)
    backend = daemon.backend()
    stream = job.run(backend)
    restored = [next(stream)]
    preview = daemon.make_moving_job(400)
    preview.request = replace(preview.request, preview=333)
    (frame,) = preview.run(DaemonBackend(client))
    assert daemon.job(client, str(backend.job_id)).state == "running"
    restored += stream
    expected = list(job.run(InProcess()))
    for a, b in zip(expected, restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    (alone,) = preview.run(InProcess())
    np.testing.assert_array_equal(frame.picture, alone.picture)
    assert len(client.status().workers) == 1


def test_a_running_job_is_paused_and_goes_on_where_it_was(daemon: Daemon, client: Client) -> None:
    job = daemon.make_moving_job(400)
    backend = daemon.backend()
    stream = job.run(backend)
    restored = [next(stream)]
    (paused,) = client.pause(str(backend.job_id)[:8])
    assert paused.state == "pausing"
    daemon.wait_until(lambda: client.jobs()[0].state == "paused")
    done = client.jobs()[0].done
    assert client.pause(str(backend.job_id)) == ()  # once is enough
    assert len(list(daemon.make_job(3).run(DaemonBackend(client)))) == 3  # others run
    assert daemon.job(client, str(backend.job_id)).done == done
    (resumed,) = client.resume(str(backend.job_id))
    assert resumed.state == "queued"
    restored += stream
    for a, b in zip(job.run(InProcess()), restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    assert daemon.job(client, str(backend.job_id)).windows_repeated == 0
    assert any("is paused" in notice.text for notice in job.notices)


def test_a_paused_queue_runs_nothing_also_after_a_restart(daemon: Daemon, client: Client) -> None:
    job = daemon.make_moving_job(400)
    backend = daemon.backend()
    stream = job.run(backend)
    next(stream)
    assert [j.id for j in client.pause()] == [backend.job_id]
    daemon.wait_until(lambda: client.jobs()[0].state == "queued")
    stream.close()
    client.shutdown()
    client = daemon.connect()
    assert client.status().paused
    assert (client.jobs()[0].state, client.status().workers) == ("queued", ())
    client.resume()
    daemon.wait_until(lambda: client.jobs()[0].state == "done")


def test_a_paused_job_can_be_cancelled(daemon: Daemon, client: Client) -> None:
    backend = daemon.backend()
    stream = daemon.make_long_job().run(backend)
    next(stream)
    client.pause(str(backend.job_id))
    daemon.wait_until(lambda: client.jobs()[0].state == "paused")
    assert client.cancel(str(backend.job_id)).state == "cancelled"
    with pytest.raises(CancelledError):
        list(stream)


def test_the_gpu_is_given_back_when_asked_but_not_under_a_running_job(
    daemon: Daemon, client: Client
) -> None:
    assert client.unload() == "No worker ran."
    list(daemon.make_job(3).run(DaemonBackend(client)))
    assert client.unload() == "1 worker ended."
    assert client.status().workers == ()
    backend = daemon.backend()
    stream = daemon.make_long_job().run(backend)
    next(stream)
    with pytest.raises(BusyError, match="is running") as caught:
        client.unload()
    assert "sparkvsr pause" in caught.value.hint
    client.cancel(str(backend.job_id))
    stream.close()


def test_more_jobs_than_may_wait_are_refused(daemon: Daemon) -> None:
    daemon.settings(max_queued_jobs=1)
    client = daemon.connect()
    waiting = Waiting(daemon, client)
    client.pause()
    waiting.add("first", daemon.backend(), daemon.make_job(3))
    with pytest.raises(LimitError, match="1 jobs wait already") as caught:
        list(daemon.make_job(4).run(DaemonBackend(client)))
    assert "max_queued_jobs" in caught.value.hint
    client.resume()
    waiting.wait()


def test_a_shot_with_more_frames_than_allowed_is_refused(daemon: Daemon) -> None:
    daemon.settings(max_frames=5)
    with pytest.raises(LimitError, match="6 frames; this daemon takes 5"):
        list(daemon.make_job(6).run(daemon.backend()))
    assert len(list(daemon.make_job(5).run(daemon.backend()))) == 5


def test_a_client_that_sends_more_than_its_share_is_refused(daemon: Daemon) -> None:
    job = daemon.make_job(10)
    daemon.settings(client_gb=job.frames[0].nbytes * 8 / 1e9)
    with pytest.raises(LimitError, match="This client has sent"):
        list(job.run(daemon.backend()))
