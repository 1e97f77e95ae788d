"""A person at the panel in an emulated Resolve: looks at it, presses, types, closes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from resolve_emulator import Session
from resolve_emulator.environment import script_globals
from resolve_emulator.model import Item
from sparkvsr_resolve.host.bench import Bench
from sparkvsr_resolve.host.connect import connect
from sparkvsr_resolve.host.panel import open_panel
from sparkvsr_resolve.host.panel_window import WINDOW

Doing = Generator[Callable[[], object], None, None]
"""What a person does; each `yield` gives what they wait for."""

_LOOK_S = 0.05
_PATIENCE_S = 40.0  # real ones


class Person:
    """Acts from time to time while the panel's loop runs.

    Attributes:
        said: every status line so far.
        ticks: how often the window could have answered.
    """

    def __init__(self, session: Session, agent: Any, folder: Path) -> None:
        self.session, self.agent, self.folder = session, agent, folder
        self.said: list[str] = []
        self.ticks = 0
        self._window: Any = None
        self.failed: AssertionError | None = None

    def open(self, doing: Doing, made: Callable[[Bench], object] = id) -> None:
        """Sit at a new panel, in a new process of scripts, until it is closed."""
        desk = connect(self.session.resolve, self.session, self.said.append)
        bench = Bench(desk, self.agent, folder=self.folder)
        made(bench)
        found = script_globals(self.session)
        end = time.monotonic() + _PATIENCE_S
        self.over = False
        waits_for = [self._nothing]

        def act() -> None:
            self._see()
            if self.over:
                return
            self.session.at(_LOOK_S, act)
            try:
                if waits_for[-1]():
                    waits_for.append(next(doing, self._never))
                assert time.monotonic() < end, f"waited in vain at: {self.status}"
            except AssertionError as error:
                self.failed = error
                self.over = True
                self.close()

        self.session.at(_LOOK_S, act)
        try:
            open_panel(bench, found["fusion"], found["bmd"])
        finally:
            self.over = True
            self._see()
            windows = self.session.windows  # those of a script go with its process
            windows._open[:] = [window for window in windows._open if window.shown]
        if self.failed is not None:
            raise self.failed
        assert next(doing, None) is None, "the panel was closed before the person had finished"

    def _nothing(self) -> object:
        return True

    def _never(self) -> object:
        return False

    def _see(self) -> None:
        self.ticks += 1
        self._window = self.session.windows.FindWindow(WINDOW) or self._window
        if self._window is not None:
            status = self.status
            if status and (not self.said or self.said[-1] != status):
                self.said.append(status)

    # What they see.

    def find(self, name: str) -> Any:
        return self._window.Find(name)

    def text(self, name: str) -> str:
        return str(self.find(name).Text)

    @property
    def status(self) -> str:
        return self.text("Status")

    @property
    def warnings(self) -> list[str]:
        return self.text("Warnings").splitlines()

    def table(self) -> list[tuple[str, ...]]:
        tree = self.find("Keyframes")
        rows = (tree.TopLevelItem(index) for index in range(tree.TopLevelItemCount()))
        return [tuple(row.Text[column] for column in range(5)) for row in rows]

    def can_press(self, name: str) -> bool:
        found = self.find(name)
        return bool(found.Enabled and found.Visible)

    def sees(self, text: str) -> Callable[[], bool]:
        """Whether the status holds this, and the panel waits for them again."""
        return lambda: text in self.status and self.idle

    def reads(self, text: str) -> Callable[[], bool]:
        """Whether the status holds this, while something is done."""
        return lambda: text in self.status

    @property
    def idle(self) -> bool:
        return not self.can_press("Cancel")

    # What they do.

    def press(self, name: str) -> None:
        assert self.can_press(name), f"{name} cannot be pressed"
        self.session.windows.click(name)

    def set(self, name: str, value: Any) -> None:
        self.session.windows.enter(name, value)

    def close(self) -> None:
        self.session.windows.close(WINDOW)


def placed(session: Session) -> list[Item]:
    tracks = session.current.tracks["video"]
    return [item for track in tracks[1:] for item in track.items]


def restoring(person: Person) -> Doing:
    """Until the agent has begun."""
    yield person.sees("Ready")
    person.press("Restore")
    yield lambda: person.agent.jobs
    person.agent.start()
    yield lambda: "0 of 12 frames" in person.text("Progress")


def work_files(session: Session) -> list[str]:
    """Of all that was captured or made."""
    return [path.name for path in session.media.glob("SparkVSR/**/v*/**/*") if path.is_file()]
