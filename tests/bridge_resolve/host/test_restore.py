"""A clip from its markers to the result above it, with the real agent and daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artist import write_install
from daemons import Daemon
from resolve_emulator import Session
from resolve_emulator.model import Item
from resolve_emulator.renderer import composite
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


def pictures(session: Session) -> list[Any]:
    """What the timeline shows where the plate is, without the corner that tells frames."""
    timeline = session.current
    return [composite(session, timeline, timeline.start + at)[0][16:] for at in range(10, 22)]


def test_graded_keyframes_are_carried_to_the_frames_between(
    session: Session, plate: Item, bench: Bench
) -> None:
    ungraded = pictures(session)
    session.grade(plate, 7, gain=GAIN)
    graded = pictures(session)
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    before = session.state()
    looked = look(bench, FLOW)
    assert [key.index for key in looked.plan.keyframes] == [0, 5, 11]
    prepared = prepare(bench, looked, FLOW)
    assert session.state() == before
    returned = restore(bench, prepared, Patient())
    assert (returned.place.start, returned.place.frames, returned.place.track) == (86410, 12, 2)
    shown = pictures(session)
    for index, (was, wanted, got) in enumerate(zip(ungraded, graded, shown, strict=True)):
        off = np.abs(got - wanted).mean()
        assert off < (0.001 if index in (0, 5, 11) else 0.005) < np.abs(was - wanted).mean() / 20
    after = session.state()
    assert {key for key in before if before[key] != after[key]} == {"timelines", "bins"}
    edit = session.current.uid
    assert [t["name"] for t in after["timelines"][edit]["tracks"]["video"]] == [
        "Video 1",
        "SparkVSR",
    ]
    for state in (before, after):
        state["timelines"][edit]["tracks"]["video"][1:] = []
        for marker in state["timelines"][edit]["markers"].values():
            marker["custom"] = ""  # where the result is remembered
        state["bins"]["bins"].clear()
    assert after == before
