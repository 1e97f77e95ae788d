"""The bridge's host side against the emulated Resolve."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemons import Daemon
from installed import daemon as daemon
from resolve_emulator import Session
from resolve_emulator.fixture import resolve_profile as resolve_profile
from resolve_emulator.fixture import session as session
from resolve_emulator.model import Item
from resolve_emulator.scene import place_plate
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
    return place_plate(session)


@pytest.fixture
def capabilities(desk: Desk, plate: Item) -> Capabilities:
    """Probed with the plate on the timeline."""
    return Abilities().look(desk)


@pytest.fixture
def bench(desk: Desk, daemon: Daemon) -> Iterator[Bench]:
    agent = AgentSession("The emulated Resolve")
    yield Bench(desk, agent)
    if agent.process is not None:
        agent.process.close()
