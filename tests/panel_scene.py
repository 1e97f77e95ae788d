"""The fixture of the panel's tests: `from panel_scene import person as person`."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel_agent import PanelAgent
from panel_person import Person
from resolve_emulator import Session
from resolve_emulator.model import Item

MARKED = (10, 15, 21)  # of the timeline; the plate lies from 10 to 21


@pytest.fixture
def person(
    session: Session, plate: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Person:
    """In front of a timeline with a clip that has three markers."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    for frame in MARKED:
        session.mark(session.current, frame)
    agent = PanelAgent(tmp_path, size=session.current.size)
    return Person(session, agent, tmp_path / "home" / "resolve")
