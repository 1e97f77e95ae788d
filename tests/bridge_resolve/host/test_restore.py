"""A clip from its markers to the result above it, with the real agent and daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from artist import write_install
from daemons import Daemon
from resolve_emulator import Session
from resolve_emulator.model import Item
from resolve_emulator.renderer import alone, composite
from sparkvsr_link import AgentSession
from sparkvsr_resolve.core import ClipSettings
from sparkvsr_resolve.host.bench import Bench, look
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.restore import prepare
from sparkvsr_resolve.host.under_way import restore

GAIN = (1.5, 1.0, 0.5)
FLOW = ClipSettings(engine="flow", upscale=1.0)


class Patient:
    """A person who waits."""

    cancelled = False

    def check(self) -> None:
        """Nothing keeps them."""

    def started(self, frames: int) -> None:
        self.frames = frames

    def progressed(self, frames: int) -> None:
        self.done = frames


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


def test_graded_keyframes_are_carried_to_the_frames_between(
    session: Session, plate: Item, bench: Bench, said: list[str]
) -> None:
    session.grade(plate, 7, gain=GAIN)
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    before = session.state()
    looked = look(bench, FLOW)
    assert [key.index for key in looked.plan.keyframes] == [0, 5, 11]
    prepared = prepare(bench, looked, FLOW)
    assert session.state() == before
    returned = restore(bench, prepared, Patient())
    print(returned, said, prepared.warnings)
    timeline = session.current
    for frame in range(10, 22):
        shown, told = composite(session, timeline, frame)
        graded, _ = alone(session, timeline, frame) or (None, None)
        assert graded is not None
        difference = np.abs(shown - graded)[16:, 16:]
        print(frame, told, difference.mean(), difference.max())
