"""The agent of a session, as host code calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stub_agent
from artist import write_install
from daemons import Daemon
from nuke_emulator import Profile

Load = Callable[[str], Any]


@pytest.fixture
def agent(load: Load, daemon: Daemon) -> Any:
    found = load("agent").AGENT
    yield found
    if found.process is not None:
        found.process.close()


def test_it_is_not_called_on_the_main_thread_of_a_window(agent: Any) -> None:
    with pytest.raises(RuntimeError, match="main thread"):
        agent.call("status")
    assert agent.process is None


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_without_a_window_it_is_called_where_the_work_is(agent: Any, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command())
    assert agent.call("status") == {"daemon": None}
