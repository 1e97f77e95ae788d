"""A person who uses the menu of an emulated Resolve, and an agent that does as it is told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import stub_agent
from artist import write_install
from resolve_emulator import Session
from resolve_emulator.model import Item
from sparkvsr_link import data_folder
from sparkvsr_resolve.core import ClipSettings, save_settings, settings_path
from sparkvsr_resolve.host import connect
from sparkvsr_resolve.host.running import run_action
from sparkvsr_resolve.host.voice import Voice

GAIN = (1.5, 1.0, 0.5)
MARKED = (10, 15, 21)
FAILS = {
    "result": {"ticket": "t"},
    "events": [
        {"event": "started", "frames": 12, "output_size": [64, 48]},
        {"event": "error", "code": "engine_failed", "message": "It broke.", "hint": "Buy another."},
    ],
}
WORKS = {
    "result": {"ticket": "t"},
    "events": [
        {"event": "started", "frames": 12, "output_size": [64, 48]},
        *({"event": "progress", "frames": frames} for frames in range(1, 13)),
        {"event": "done", "seconds": 1.0},
    ],
}


class Person:
    """At Resolve, with a plate that is graded and has three markers.

    Attributes:
        heard: every event that was told.
        on_event: called with each one, in the thread of the API.
    """

    def __init__(self, session: Session, plate: Item, folder: Path) -> None:
        self.session, self.plate, self.folder = session, plate, folder
        self.home = folder / "home"
        self.heard: list[dict[str, Any]] = []
        self.on_event: Callable[[dict[str, Any]], None] = lambda event: None
        session.grade(plate, 7, gain=GAIN)
        for frame in MARKED:
            session.mark(session.current, frame)
        self.settings()

    def settings(self, **settings: Any) -> None:
        """Those of the project."""
        chosen = ClipSettings(**{"engine": "flow", "upscale": 1.0, **settings})
        save_settings(settings_path(data_folder(), self.session.project.uid), chosen)

    def agent(self, **plan: Any) -> None:
        """What the agent does from now on; see `stub_agent`."""
        write_install(self.home, stub_agent.command(**plan))

    def run(self, action: str, **options: Any) -> int:
        """Do it; its exit code."""

        def hear(event: dict[str, Any]) -> None:
            self.heard.append(event)
            self.on_event(event)

        self.heard.clear()
        return run_action(action, Voice(hear, 0.0), self.session.resolve, **options)

    @property
    def last(self) -> str:
        """The last line."""
        return str(self.heard[-1]["text"])

    def texts(self, kind: str = "") -> list[str]:
        """All lines, or those of events of one kind."""
        return [event["text"] for event in self.heard if event["event"] == (kind or event["event"])]

    def versions(self) -> list[str]:
        """Version folders of the clip."""
        return sorted(path.name for path in self.session.media.glob("SparkVSR/*/*/v*"))

    def viewer(self, status: int = 0) -> Path:
        """A system whose viewer writes down what it was asked to show, and ends with a status."""
        shown = self.folder / "shown.txt"
        program = self.folder / "bin" / "xdg-open"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{shown}"\nexit {status}\n')
        program.chmod(0o755)
        return shown

    def picture(self) -> Path:
        """One that the agent can have made."""
        path = self.folder / "agent.png"
        path.write_bytes(b"a picture")
        return path

    def previews(self, guidance: float = 1.0) -> None:
        """From now on the agent answers previews with that picture."""
        answer = {"picture": str(self.picture()), "frame": 86412, "guidance": guidance}
        self.agent(preview={"result": answer})

    def job(self, version: str) -> dict[str, Any]:
        (path,) = self.session.media.glob(f"SparkVSR/*/*/{version}/job.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


@pytest.fixture
def person(
    session: Session, plate: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setattr(connect, "SystemClock", lambda: session)
    write_install(tmp_path / "home", stub_agent.command(restore=FAILS))
    found = Person(session, plate, tmp_path)
    found.viewer()
    yield found
