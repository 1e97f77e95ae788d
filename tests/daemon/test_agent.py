"""The agent as a host meets it: a real process behind a real link, a real daemon behind that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from agents import WHOLE, Agent, make_shot, outputs
from sparkvsr import __version__
from sparkvsr.media import open_source, read_picture
from sparkvsr_link import LinkError

Daemon = Any  # conftest.Daemon; test folders are no packages, so its type cannot be imported


@pytest.fixture
def agent(daemon: Daemon) -> Iterator[Agent]:
    with Agent() as agent:
        yield agent


def refused(agent: Agent, method: str, **params: Any) -> LinkError:
    with pytest.raises(LinkError) as failure:
        agent.call(method, **params)
    return failure.value


def test_it_says_what_it_is_and_asking_starts_no_daemon(agent: Agent, daemon: Daemon) -> None:
    hello = agent.call("hello", client="Nuke 16.0")
    assert hello == {"version": __version__, "agent_protocol": 1}
    assert agent.call("status") == {"daemon": None}
    assert agent.call("jobs") == {"jobs": []}
    assert "No daemon runs" in agent.call("unload")["text"]
    assert len(daemon.processes()) == 1  # the agent's own


def test_a_restoration_tells_what_the_command_line_tells(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    job = make_shot(tmp_path)
    ticket = agent.call("restore", job=job, report=str(tmp_path / "report.html"))["ticket"]
    done = agent.wait_for(ticket, "done")
    assert outputs(job) == WHOLE
    assert (done["frames"], done["output"]) == (6, job["output"])
    assert (tmp_path / "report.html").stat().st_size > 1000
    kept = read_picture(tmp_path / "out" / "v1.1003.png")
    assert (kept == read_picture(tmp_path / "key.png")).all()
    kinds = [event["event"] for event in agent.events]
    assert kinds[0] == "started"
    assert kinds[-1] == "done"
    assert set(kinds) == {"started", "notice", "progress", "done"}
    assert agent.events[0]["keyframes"] == [1003]
    last = [event for event in agent.events if event["event"] == "progress"][-1]
    assert (last["frames"], last["of"]) == (6, 6)

    status = agent.call("status")["daemon"]
    assert status["pid"] in daemon.processes()
    assert (status["queued"], status["paused"], status["version"]) == (0, False, __version__)
    assert [set(worker) for worker in status["workers"]] == [{"pid", "job"}]
    (listed,) = agent.call("jobs")["jobs"]
    assert (listed["state"], listed["frames"]) == ("done", 6)
    assert "worker" in agent.call("unload")["text"]


def test_rate_and_timecode_of_a_host_reach_the_result_and_make_no_other_job(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    job = make_shot(tmp_path)
    for rate, timecode, exact in (
        ("23.976", "01:00:04:04", Fraction(24000, 1001)),
        ("29.97", "00:00:59;28", Fraction(30000, 1001)),
    ):
        output = str(tmp_path / f"{exact.numerator}.mov")
        told = {"rate": rate, "timecode": timecode, "output": output}
        ticket = agent.call("restore", job=job | told)["ticket"]
        started = agent.wait_for(ticket, "started")
        assert (started["rate"], started["timecode"]) == (str(exact), timecode)
        agent.wait_for(ticket, "done")
        with open_source(output) as movie:
            assert (movie.info.rate, str(movie.info.timecode)) == (exact, timecode)
    assert len(daemon.connect().jobs()) == 1
    ticket = agent.call("restore", job=job | {"timecode": "1 o'clock"})["ticket"]
    failed = agent.wait_for(ticket, "error")
    assert (failed["code"], "1 o'clock" in failed["message"]) == ("bad_settings", True)


def test_another_agent_finds_a_result_and_forgets_it_when_it_is_gone(
    agent: Agent, tmp_path: Path
) -> None:
    job = make_shot(tmp_path)
    ticket = agent.call("restore", job=job)["ticket"]
    agent.wait_for(ticket, "done")
    with Agent() as later:
        found = later.call("attach", output=job["output"])
        assert (found["ticket"], found["state"]) == (ticket, "done")
        kinds = [(event["event"], event.get("kind")) for event in found["events"]]
        assert len(set(kinds)) == len(kinds)
        assert kinds[0][0] == "started"
        assert found["events"][-1]["frames"] == 6
        assert later.call("cancel", ticket=ticket) == {}  # nothing is left to cancel
        (tmp_path / "out" / WHOLE[2]).unlink()
        assert later.call("attach", output=job["output"]) is None
        assert refused(later, "cancel", ticket=ticket).code == "unknown_ticket"


def test_several_run_at_a_time_but_not_into_one_output(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    daemon.connect().pause()
    first, second = make_shot(tmp_path, "a"), make_shot(tmp_path, "b", guidance=0.5)
    tickets = [agent.call("restore", job=job)["ticket"] for job in (first, second)]
    with Agent() as other:
        assert refused(other, "restore", job=first).code == "busy"
    assert refused(agent, "restore", job=first).code == "busy"
    agent.wait_until_paused(tickets[0])
    daemon.connect().resume()
    daemon.wait_until(
        lambda: {e["ticket"] for e in agent.events if e["event"] == "done"} == set(tickets)
    )
    assert outputs(first) == outputs(second) == WHOLE
    again = agent.call("restore", job=first | {"overwrite": True})["ticket"]
    assert again not in tickets
    agent.wait_for(again, "done")


def test_a_cancelled_one_says_so_and_leaves_nothing(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    client = daemon.connect()
    client.pause()
    job = make_shot(tmp_path)
    ticket = agent.call("restore", job=job)["ticket"]
    agent.wait_until_paused(ticket)
    assert agent.call("cancel", ticket=ticket) == {}
    assert agent.wait_for(ticket, "error")["code"] == "cancelled"
    assert outputs(job) == []
    assert [listed.state for listed in client.jobs()] == ["cancelled"]
    assert agent.call("attach", output=job["output"])["state"] == "cancelled"


def test_what_another_agent_runs_is_followed_and_can_be_cancelled(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    client = daemon.connect()
    client.pause()
    jobs = [make_shot(tmp_path, name, guidance=g) for name, g in (("a", 0.5), ("b", 1.0))]
    finished, cancelled = (agent.call("restore", job=job)["ticket"] for job in jobs)
    with Agent() as other:
        for job in jobs:
            daemon.wait_until(lambda job=job: other.call("attach", output=job["output"])["events"])
            assert other.call("attach", output=job["output"])["state"] == "running"
        agent.wait_until_paused(cancelled)
        assert other.call("cancel", ticket=cancelled) == {}
        assert other.wait_for(cancelled, "error")["code"] == "cancelled"
        client.resume()
        assert other.wait_for(finished, "done")["frames"] == 6
        assert sum(event["event"] == "done" for event in other.events) == 1  # attached twice
    assert (outputs(jobs[0]), outputs(jobs[1])) == (WHOLE, [])


def test_a_job_that_cannot_begin_is_refused_or_fails_with_a_sentence(
    agent: Agent, daemon: Daemon, tmp_path: Path
) -> None:
    job = make_shot(tmp_path)
    relative = refused(agent, "restore", job=job | {"source": "plate.####.png"})
    assert (relative.code, "plate.####.png" in relative.message) == ("bad_settings", True)
    unknown = refused(agent, "restore", job=job | {"guidance": 1})
    assert (unknown.code, "guidance" in unknown.message) == ("bad_params", True)
    upscale = refused(agent, "restore", job=job | {"settings": {"upscale": 5}})
    assert (upscale.code, bool(upscale.hint)) == ("bad_settings", True)

    ticket = agent.call("restore", job=job | {"source": str(tmp_path / "no.mov")})["ticket"]
    failed = agent.wait_for(ticket, "error")
    assert (failed["code"], "no.mov" in failed["message"]) == ("bad_source", True)
    assert agent.call("attach", output=job["output"])["state"] == "failed"
    assert len(daemon.processes()) == 1  # no daemon was started for it


def test_a_data_folder_that_cannot_be_made_ends_it_with_a_sentence(daemon: Daemon) -> None:
    daemon.home.write_text("a file")
    with Agent() as agent:
        assert "Cannot make the folder" in refused(agent, "hello", client="x").message
    daemon.home.unlink()


def test_what_is_printed_is_never_taken_for_an_answer(daemon: Daemon) -> None:
    program = (
        "import os; from sparkvsr_daemon import _agent_methods as a;"
        "a.Methods._hello = lambda *x: (print('noise'), os.write(1, b'{}\\n'), {})[2];"
        "from sparkvsr_daemon.cli import main; main(['agent'])"
    )
    line = b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"client": "x"}}\n'
    run = subprocess.run([sys.executable, "-c", program], input=line, capture_output=True)
    assert run.stdout == b'{"jsonrpc":"2.0","id":1,"result":{}}\n'
    assert b"noise" in run.stderr
