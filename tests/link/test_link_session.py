"""The agent of a session: one process for all calls, and another one after its death."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import stub_agent
from artist import write_install
from daemons import wait_until
from sparkvsr_link import AgentSession, LinkError


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentSession]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    session = AgentSession("A test")
    yield session
    if session.process is not None:
        session.process.close()


def test_a_host_can_forbid_calls_where_it_must_not_wait(tmp_path: Path) -> None:
    def forbid() -> None:
        raise RuntimeError("not here")

    session = AgentSession("A test", forbid)
    with pytest.raises(RuntimeError, match="not here"):
        session.call("status")
    assert session.process is None


def test_one_process_serves_all_calls_and_another_after_its_death(
    agent: AgentSession, tmp_path: Path
) -> None:
    write_install(tmp_path / "home", stub_agent.command())
    assert agent.call("status") == {"daemon": None}
    first = agent.process
    assert first is not None
    agent.call("status")
    assert agent.process is first
    os.kill(first._process.pid, signal.SIGKILL)
    wait_until(lambda: first.ended is not None)
    assert agent.call("status") == {"daemon": None}
    assert agent.process is not first


def test_events_that_come_before_anybody_listens_are_kept(
    agent: AgentSession, tmp_path: Path
) -> None:
    told = [{"event": "progress", "frames": n} for n in range(3)]
    plan = {"result": {"ticket": "t"}, "events": told}
    write_install(tmp_path / "home", stub_agent.command(restore=plan))
    agent.call("restore")
    agent.call("status")  # answered after the events
    queue = agent.events("t")
    assert [queue.get(timeout=20)["frames"] for _ in range(3)] == [0, 1, 2]
    agent.forget("t")
    assert agent.events("t").empty()


def test_what_takes_long_can_be_left(agent: AgentSession, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command(status=None))
    checked: list[int] = []

    class LeftError(Exception):
        pass

    def check() -> None:
        checked.append(1)
        if agent.process is not None and len(checked) > 2:
            raise LeftError

    with pytest.raises(LeftError):
        agent.call_while(check, "status")


def test_what_takes_long_fails_as_any_call(agent: AgentSession, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command(preview={"die": True}))
    with pytest.raises(LinkError) as error:
        agent.call_while(lambda: None, "preview")
    assert error.value.code == "agent_gone"
