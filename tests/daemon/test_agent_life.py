"""How an agent ends, and what it leaves behind: for a host that dies, and for one that returns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents import COMMAND, WHOLE, Agent, make_shot, outputs
from sparkvsr_link import LinkError

Daemon = Any  # conftest.Daemon

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and sessions of POSIX")


def bare_agent() -> subprocess.Popen[bytes]:
    """An agent whose host can let go of it."""
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)


def begin(agent: subprocess.Popen[bytes], job: dict[str, Any]) -> str:
    """Start a restoration, and wait until its job waits in the daemon, whose queue is paused."""
    assert agent.stdin and agent.stdout
    call = {"jsonrpc": "2.0", "id": 1, "method": "restore", "params": {"job": job}}
    agent.stdin.write(json.dumps(call).encode() + b"\n")
    agent.stdin.flush()
    ticket = ""
    for line in agent.stdout:
        message = json.loads(line)
        ticket = message["result"]["ticket"] if "result" in message else ticket
        if "The whole queue is paused" in str(message):
            break
    return ticket


def hang_up(agent: subprocess.Popen[bytes]) -> None:
    """What the end of the host's process does."""
    assert agent.stdin and agent.stdout and agent.stderr
    for end in (agent.stdin, agent.stdout, agent.stderr):
        end.close()


def test_without_work_it_ends_with_its_host(daemon: Daemon) -> None:
    agent = bare_agent()
    hang_up(agent)
    assert agent.wait(30) == 0


def test_what_a_dead_host_has_asked_for_is_finished_and_found(
    daemon: Daemon, tmp_path: Path
) -> None:
    client, job = daemon.connect(), make_shot(tmp_path)
    client.pause()
    agent = bare_agent()
    ticket = begin(agent, job)
    hang_up(agent)
    with Agent() as reopened:
        found = reopened.call("attach", output=job["output"])
        assert (found["ticket"], found["state"]) == (ticket, "running")
        client.resume()
        assert reopened.wait_for(ticket, "done")["frames"] == 6
    assert agent.wait(30) == 0
    assert outputs(job) == WHOLE


def test_a_link_that_is_detached_ends_no_agent(daemon: Daemon, tmp_path: Path) -> None:
    client, job = daemon.connect(), make_shot(tmp_path)
    client.pause()
    with Agent() as agent:
        ticket = agent.call("restore", job=job)["ticket"]
        agent.wait_until_paused(ticket)
        agent.link.detach()
        with pytest.raises(LinkError, match="left to itself"):
            agent.call("status")
    with Agent() as later:
        assert later.call("attach", output=job["output"])["state"] == "running"
        client.resume()
        later.wait_for(ticket, "done")
    assert outputs(job) == WHOLE


def test_close_waits_for_the_restorations_and_takes_no_new_ones(
    daemon: Daemon, tmp_path: Path
) -> None:
    client, job = daemon.connect(), make_shot(tmp_path)
    client.pause()
    with Agent() as agent:
        ticket = agent.call("restore", job=job)["ticket"]
        assert agent.call("close") == {}
        with pytest.raises(LinkError, match="no new work") as failure:
            agent.call("restore", job=make_shot(tmp_path, "b"))
        assert failure.value.code == "bad_call"
        agent.wait_until_paused(ticket)
        client.resume()
        agent.wait_for(ticket, "done")
        with pytest.raises(LinkError, match="status 0"):
            while True:
                agent.call("status")
    assert outputs(job) == WHOLE


@posix
def test_sigterm_leaves_no_part_and_the_job_goes_on(daemon: Daemon, tmp_path: Path) -> None:
    client, job = daemon.connect(), make_shot(tmp_path)
    client.pause()
    agent = bare_agent()
    begin(agent, job)
    assert len(outputs(job)) == 1  # the part
    agent.terminate()
    assert agent.wait(30) == 0
    hang_up(agent)
    assert outputs(job) == []
    assert [listed.state for listed in client.jobs()] == ["queued"]
    client.resume()
    daemon.wait_until(lambda: client.jobs()[0].state == "done")
    with Agent() as later:
        assert later.call("attach", output=job["output"])["state"] == "interrupted"
        ticket = later.call("restore", job=job)["ticket"]
        later.wait_for(ticket, "notice", "finished before")
        later.wait_for(ticket, "done")
    assert outputs(job) == WHOLE


@posix
def test_a_killed_agent_is_noticed_and_its_job_can_be_cancelled(
    daemon: Daemon, tmp_path: Path
) -> None:
    client, job = daemon.connect(), make_shot(tmp_path)
    client.pause()
    agent = bare_agent()
    ticket = begin(agent, job)
    with Agent() as other:
        daemon.wait_until(lambda: other.call("attach", output=job["output"])["events"])
        agent.kill()
        agent.wait()
        hang_up(agent)
        assert other.wait_for(ticket, "error")["code"] == "interrupted"
        assert other.call("attach", output=job["output"])["state"] == "interrupted"
        other.call("cancel", ticket=ticket)
        assert [listed.state for listed in client.jobs()] == ["cancelled"]
        assert other.call("attach", output=job["output"])["state"] == "cancelled"
        client.resume()
        other.wait_for(other.call("restore", job=job)["ticket"], "done")
    assert outputs(job) == WHOLE  # and the part of the dead one is gone


@posix
def test_what_ends_the_group_of_its_host_does_not_end_it(daemon: Daemon) -> None:
    agent = bare_agent()
    assert agent.stdin and agent.stdout
    agent.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "status"}\n')
    agent.stdin.flush()
    agent.stdout.readline()
    assert os.getsid(agent.pid) == agent.pid != os.getsid(0)
    agent.send_signal(signal.SIGINT)
    assert agent.wait(30) == 0
    hang_up(agent)
