"""Workers: several for one job, replaced when they die, ended when nobody needs them."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np

from sparkvsr import InProcess
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.paths import find_paths

Daemon = Any


def test_the_windows_of_one_job_are_spread_over_all_workers(daemon: Daemon) -> None:
    daemon.settings(workers=3)
    client = daemon.connect()
    job = daemon.make_moving_job(400)
    backend = daemon.backend()
    stream = job.run(backend)
    restored = [next(stream)]
    seen: set[int] = set()
    for frame in stream:
        restored.append(frame)
        seen |= {worker.pid for worker in client.status().workers if worker.job == backend.job_id}
    for a, b in zip(job.run(InProcess()), restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    done = client.jobs()[0]
    assert len(seen) == 3
    assert (done.windows_restored, done.windows_repeated) == (done.windows, 0)


def test_helpers_and_leaders_that_die_cost_no_window_that_was_finished(daemon: Daemon) -> None:
    daemon.settings(workers=2)
    client = daemon.connect()
    job = daemon.make_moving_job(600)
    backend = daemon.backend()
    restored = []
    for frame in job.run(backend):
        restored.append(frame)
        workers = client.status().workers
        if frame.index in (100, 250, 400) and workers:
            os.kill(workers[frame.index % len(workers)].pid, signal.SIGKILL)
    for a, b in zip(job.run(InProcess()), restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    assert daemon.job(client, str(backend.job_id)).windows_repeated == 0


def test_an_idle_worker_is_ended(daemon: Daemon) -> None:
    daemon.settings(worker_idle_minutes=0.01)
    client = daemon.connect()
    list(daemon.make_job(3).run(DaemonBackend(client)))
    daemon.wait_until(lambda: client.status().workers == ())
    assert len(list(daemon.make_job(4).run(DaemonBackend(client)))) == 4


def test_an_idle_daemon_ends_but_not_while_somebody_is_connected(daemon: Daemon) -> None:
    daemon.settings(daemon_idle_minutes=0.01)
    client = daemon.connect()
    list(daemon.make_job(3).run(DaemonBackend(client)))
    pid = client.status().pid
    daemon.wait_until(lambda: client.status().uptime_s > 2.0)
    client.close()
    daemon.wait_until(lambda: not daemon.processes())
    assert pid not in daemon.processes()
    assert not find_paths().connection_file.exists()
