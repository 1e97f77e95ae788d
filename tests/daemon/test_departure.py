"""A daemon that was asked to leave when it is idle: what keeps it, what does not, who goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agents import WHOLE, Agent, make_shot, outputs
from sparkvsr.errors import JobError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon._doctor_daemon import lock_owner, look_at_daemon
from sparkvsr_daemon.cli import main
from sparkvsr_daemon.client import Client, DaemonBackend, connect
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION

Daemon = Any  # conftest.Daemon


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Meanwhile a process does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def check_clean(daemon: Daemon, others: frozenset[int] = frozenset()) -> None:
    """The daemon is gone, by itself, and has left nothing behind; other processes stay."""
    daemon.wait_until(lambda: daemon.processes() == others, 60.0)
    paths = find_paths()
    assert not paths.connection_file.exists()
    assert lock_owner(paths.lock_file) == lock_owner(paths.store_lock_file) == 0
    assert list(paths.store.rglob("*.part")) == []
    assert list(paths.scratch.glob("*")) == []


def uploading(daemon: Daemon) -> Channel:
    """A client that has sent half of a picture."""
    channel: Channel = daemon.channel()
    channel.send(m.Hello(id="h", v=VERSION))
    channel.send(m.Put(id="p", digest="00" * 32, nbytes=1000))
    channel.send(m.Chunk(put="p", offset=0), b"x" * 500)
    return channel


def test_one_that_is_idle_ends_at_once_though_clients_are_connected(daemon: Daemon) -> None:
    client, other = daemon.connect(), daemon.connect()
    assert len(list(daemon.make_job(3).run(DaemonBackend(other)))) == 3
    assert len(client.status().workers) == 1
    assert client.leave_when_idle() == ""
    check_clean(daemon)


def test_what_runs_and_waits_is_finished_and_arrives_before_it_ends(daemon: Daemon) -> None:
    client, first = daemon.connect(), daemon.make_moving_job(400)
    stream = first.run(daemon.backend())
    next(stream)
    with ThreadPoolExecutor(2) as pool:
        with stopped(daemon.worker(client)):
            assert client.jobs()[0].state == "running"
            assert not client.status().leaving
            second = pool.submit(lambda: list(daemon.make_job(4).run(daemon.backend())))
            daemon.wait_until(lambda: client.status().queued == 1)
            for _ in range(2):
                assert "are done: 2 unfinished." in client.leave_when_idle()
            assert client.status().leaving
            found = {finding.area: finding.text for finding in look_at_daemon(find_paths())}
            assert ", leaving when idle; worker" in found["daemon"]
            third = pool.submit(lambda: list(daemon.make_job(5).run(daemon.backend())))
            daemon.wait_until(lambda: client.status().queued == 2)
        assert len(list(stream)) == 399  # its client would not connect again
        assert [len(later.result(timeout=60)) for later in (second, third)] == [4, 5]
    check_clean(daemon)
    assert [job.state for job in daemon.connect().jobs()] == ["done"] * 3


def test_frames_that_a_client_still_fetches_keep_it(daemon: Daemon) -> None:
    client = daemon.connect()
    stream = daemon.make_job(24, size=(640, 360), upscale=2).run(daemon.backend())  # 127 MiB
    next(stream)
    daemon.wait_until(lambda: client.jobs()[0].state == "done")
    next(stream)  # a client that takes nothing for long would not keep it
    assert "1 client has sent or fetched" in client.leave_when_idle()
    assert len(list(stream)) == 22
    check_clean(daemon)


@pytest.mark.parametrize("what", ["job", "queue"])
def test_what_is_paused_does_not_keep_it_and_goes_on_in_the_next(daemon: Daemon, what: str) -> None:
    client, backend = daemon.connect(), DaemonBackend(daemon.connect(), connect)
    job = daemon.make_moving_job(400)
    stream = job.run(backend)
    next(stream)
    state = "paused" if what == "job" else "queued"
    client.pause(backend.job_id if what == "job" else None)
    daemon.wait_until(lambda: client.jobs()[0].state == state)
    boot = client.boot
    assert client.leave_when_idle() == ""
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(lambda: list(stream))  # starts the next daemon
        fresh = daemon.connect()
        assert fresh.boot != boot
        daemon.wait_until(lambda: fresh.status().sessions == 2)
        assert fresh.jobs()[0].state == state
        assert not fresh.status().leaving
        fresh.resume(backend.job_id if what == "job" else None)
        assert len(rest.result(timeout=60)) == 399
    assert daemon.job(fresh, str(backend.job_id)).windows_repeated == 0
    assert any("left, as somebody had asked" in notice.text for notice in job.notices)


def test_a_running_job_that_is_paused_lets_it_go(daemon: Daemon) -> None:
    client = daemon.connect()
    stream = daemon.make_long_job().run(daemon.backend())
    next(stream)
    assert client.leave_when_idle()
    client.pause()
    check_clean(daemon)
    with pytest.raises(JobError, match="had nothing to do and left"):
        list(stream)


def test_an_upload_keeps_it_until_its_client_is_gone(daemon: Daemon) -> None:
    client = daemon.connect()
    channel = uploading(daemon)
    daemon.wait_until(lambda: client.status().bytes_received)
    assert "1 client has sent or fetched" in client.leave_when_idle()
    channel.send(m.Bye())
    check_clean(daemon)


@pytest.mark.slow
def test_an_upload_that_stalls_keeps_it_for_a_while_only(daemon: Daemon) -> None:
    client = daemon.connect()
    uploading(daemon)
    daemon.wait_until(lambda: client.status().bytes_received)
    assert client.leave_when_idle()
    check_clean(daemon)


def test_stop_overrides_it(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    client = daemon.connect()
    stream = daemon.make_long_job().run(DaemonBackend(daemon.connect(), connect))
    next(stream)
    assert main(["daemon", "stop", "--when-idle"]) == 0
    assert capsys.readouterr().out == "The daemon ends when its jobs are done: 1 unfinished.\n"
    assert client.status().leaving
    assert main(["daemon", "stop"]) == 0
    check_clean(daemon)
    with pytest.raises(JobError, match="was stopped while job"):
        list(stream)


def test_an_agent_goes_on_with_the_next_daemon(daemon: Daemon, tmp_path: Path) -> None:
    job = make_shot(tmp_path)
    with Agent() as agent:
        assert agent.call("status") == {"daemon": None}
        agents = frozenset(daemon.processes())
        client = daemon.connect()
        client.pause()
        ticket = agent.call("restore", job=job)["ticket"]
        agent.wait_until_paused(ticket)  # it is connected, and its job does not run
        assert client.leave_when_idle() == ""
        agent.wait_for(ticket, "notice", "left, as somebody had asked")
        agent.wait_until_paused(ticket)
        second = daemon.connect()
        assert second.boot != client.boot
        second.resume()
        agent.wait_for(ticket, "done")
        assert second.leave_when_idle() == ""
        check_clean(daemon, agents)
        assert agent.call("status") == {"daemon": None}
        again = make_shot(tmp_path, "again", guidance=0.5)
        agent.wait_for(agent.call("restore", job=again)["ticket"], "done")
        third: Client = daemon.connect()
        assert third.boot not in (client.boot, second.boot)
    assert outputs(job) == outputs(again) == WHOLE
