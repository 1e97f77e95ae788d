"""Host code against the emulated Nuke; each session imports it anew, as each start of Nuke does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from artist import Artist
from daemons import Daemon
from installed import daemon as daemon
from nuke_emulator import Session
from nuke_emulator.fixture import nuke as nuke
from nuke_emulator.fixture import nuke_host as nuke_host
from nuke_emulator.fixture import nuke_profile as nuke_profile
from sparkvsr_nuke.core import Phase, RunState

Load = Callable[[str], Any]
When = Callable[[Phase, Callable[[], object]], None]


@pytest.fixture
def load(nuke_host: Session) -> Iterator[Load]:
    """Imports a module of `sparkvsr_nuke.host` by its last name."""

    def forget() -> None:
        for name in [name for name in sys.modules if name.startswith("sparkvsr_nuke.host")]:
            del sys.modules[name]

    forget()
    yield lambda name: import_module(f"sparkvsr_nuke.host.{name}")
    forget()


@pytest.fixture
def artist(nuke_host: Session, load: Load, daemon: Daemon, tmp_path: Path) -> Iterator[Artist]:
    """An artist with a node on a plate; at the end Nuke is quit, and its agent with it."""
    person = Artist(nuke_host, load, tmp_path)
    yield person
    nuke_host.quit()
    process = load("agent").AGENT.process
    if process is not None:
        process.close()


@pytest.fixture
def when(load: Load, monkeypatch: pytest.MonkeyPatch) -> When:
    """Does something on the main thread as soon as a run has come to a phase, once."""

    def arrange(phase: Phase, do: Callable[[], object]) -> None:
        advance, on_main_thread = RunState.advance, load("main_thread").on_main_thread
        waiting = [do]

        def watched(state: RunState, to: Phase, *args: Any, **kwargs: Any) -> bool:
            result = advance(state, to, *args, **kwargs)
            if to is phase and waiting:
                on_main_thread(waiting.pop())
            return result

        monkeypatch.setattr(RunState, "advance", watched)

    return arrange
