"""The panel with the real agent and daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from artist import write_install
from daemons import Daemon
from panel_person import Doing, Person
from resolve_emulator import Session
from resolve_emulator.model import Item
from resolve_emulator.renderer import composite
from resolve_emulator.stamp import read_stamp
from sparkvsr_link import AgentSession


@pytest.fixture
def person(
    session: Session, plate: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    write_install(tmp_path / "home")
    daemon, agent = Daemon(tmp_path / "home"), AgentSession("The emulated Resolve")
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    try:
        yield Person(session, agent, tmp_path / "home" / "resolve")
    finally:
        if agent.process is not None:
            agent.process.close()
        daemon.close()


def test_a_clip_is_restored_and_previewed(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.set("engine", "identity")
        person.set("upscale", "1")
        person.press("Restore")
        ticks = person.ticks
        yield person.reads("Restoring")
        yield person.sees("is on video track 2")
        assert person.ticks > ticks + 10
        assert person.can_press("Report")
        person.press("Preview")
        yield person.sees("Preview of 01:00:00:12 at guidance 1.")
        picture = Path(person.find("Picture").Icon.File)
        assert picture.read_bytes().startswith(b"\x89PNG")
        person.close()

    person.open(doing())
    (item,) = session.current.tracks["video"][1].items
    assert (item.start, item.end) == (86410, 86422)
    for frame in range(10, 22):
        picture, _ = composite(session, session.current, 86400 + frame)
        assert read_stamp(picture).source_frame == frame - 6


def test_a_job_outlives_the_panel(person: Person, session: Session) -> None:
    """Closed as soon as the agent has it; the next panel, with another agent, places the result."""

    def leaving() -> Doing:
        yield person.sees("Ready")
        person.set("engine", "identity")
        person.set("upscale", "1")
        person.press("Restore")
        yield person.reads("Restoring")
        person.close()

    def coming_back() -> Doing:
        yield person.sees("is on video track 2")
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(leaving())
    assert len(session.current.tracks["video"]) == 1
    person.open(coming_back())
    assert len(session.current.tracks["video"][1].items) == 1
