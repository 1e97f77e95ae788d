"""The agent of a session, as host code calls it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stub_agent
from artist import write_install
from daemons import Daemon
from nuke_emulator import Profile, Session
from sparkvsr_link import LinkError

Load = Callable[[str], Any]


@pytest.fixture
def agent(load: Load, daemon: Daemon) -> Any:
    found = load("agent").AGENT
    yield found
    if found.process is not None:
        found.process.close()


def in_worker(session: Session, call: Callable[[], Any]) -> Any:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:
            results.append(error)

    threading.Thread(target=run, daemon=True).start()
    session.queue.pump_until(lambda: bool(results))
    return results[0]


def test_it_is_not_called_on_the_main_thread_of_a_window(agent: Any) -> None:
    with pytest.raises(RuntimeError, match="main thread"):
        agent.call("status")
    assert agent.process is None


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_without_a_window_it_is_called_where_the_work_is(agent: Any, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command())
    assert agent.call("status") == {"daemon": None}


def test_one_process_serves_all_calls_and_another_after_its_death(
    agent: Any, nuke_host: Session, tmp_path: Path
) -> None:
    write_install(tmp_path / "home", stub_agent.command())
    assert in_worker(nuke_host, lambda: agent.call("status")) == {"daemon": None}
    first = agent.process
    in_worker(nuke_host, lambda: agent.call("status"))
    assert agent.process is first
    os.kill(first._process.pid, signal.SIGKILL)
    Daemon.wait_until(lambda: first.ended is not None)
    assert in_worker(nuke_host, lambda: agent.call("status")) == {"daemon": None}
    assert agent.process is not first


def test_events_that_come_before_anybody_listens_are_kept(
    agent: Any, nuke_host: Session, tmp_path: Path
) -> None:
    told = [{"event": "progress", "frames": n} for n in range(3)]
    plan = {"result": {"ticket": "t"}, "events": told}
    write_install(tmp_path / "home", stub_agent.command(restore=plan))
    in_worker(nuke_host, lambda: agent.call("restore"))
    in_worker(nuke_host, lambda: agent.call("status"))  # answered after the events
    queue = agent.events("t")
    assert [queue.get(timeout=20)["frames"] for _ in range(3)] == [0, 1, 2]
    agent.forget("t")
    assert agent.events("t").empty()


def test_what_takes_long_can_be_left(agent: Any, nuke_host: Session, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command(status=None))
    checked: list[int] = []

    class LeftError(Exception):
        pass

    def check() -> None:
        checked.append(1)
        if agent.process is not None and len(checked) > 2:
            raise LeftError

    assert isinstance(in_worker(nuke_host, lambda: agent.call_while(check, "status")), LeftError)


def test_what_takes_long_fails_as_any_call(agent: Any, nuke_host: Session, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command(preview={"die": True}))
    error = in_worker(nuke_host, lambda: agent.call_while(lambda: None, "preview"))
    assert isinstance(error, LinkError)
    assert error.code == "agent_gone"
