"""The bridge's host side against the emulated Resolve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from artist import write_install
from daemons import Daemon
from resolve_emulator import Session
from resolve_emulator.fixture import resolve_profile as resolve_profile
from resolve_emulator.fixture import session as session
from resolve_emulator.model import Item
from sparkvsr_link import AgentSession
from sparkvsr_resolve.core import Capabilities
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.bench import Bench
from sparkvsr_resolve.host.connect import connect
from sparkvsr_resolve.host.desk import Desk


@pytest.fixture
def said() -> list[str]:
    """What a person was told."""
    return []


@pytest.fixture
def desk(session: Session, said: list[str]) -> Desk:
    """Of a menu script; its time is the session's."""
    return connect(session.resolve, session, said.append)


@pytest.fixture
def plate(session: Session) -> Item:
    """A clip on a 23.976 timeline from one hour on, trimmed on both sides, under the playhead.

    It shows frames 4 to 15 of a sequence of 24, from the timeline's frame 10 on.
    """
    clip = session.import_clip(session.sequence(frames=24, rate="23.976"))
    session.timeline(rate="23.976")
    session.park(12)
    return session.place(clip, at=10, first=4, frames=12)


@pytest.fixture
def capabilities(desk: Desk, plate: Item) -> Capabilities:
    """Probed with the plate on the timeline."""
    return Abilities().look(desk)


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A home with SparkVSR installed; whatever is started in it is stopped."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    write_install(tmp_path / "home")
    handle = Daemon(tmp_path / "home")
    try:
        yield handle
    finally:
        handle.close()


@pytest.fixture
def bench(desk: Desk, daemon: Daemon) -> Iterator[Bench]:
    agent = AgentSession("The emulated Resolve")
    yield Bench(desk, agent)
    if agent.process is not None:
        agent.process.close()
