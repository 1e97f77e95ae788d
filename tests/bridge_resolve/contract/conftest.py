"""The same tests against the emulated Resolve and, with `--live`, the one that runs here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.scene import place_plate
from sparkvsr_resolve.host.connect import connect


@dataclass
class Contract:
    """What a test may use of either: the API itself, and time for it to settle.

    Attributes:
        resolve: with an open, saved project and a timeline whose first track has a clip.
        live: it is the real one.
    """

    resolve: Any
    sleep: Callable[[float], None]
    live: bool

    @property
    def project(self) -> Any:
        return self.resolve.GetProjectManager().GetCurrentProject()

    @property
    def timeline(self) -> Any:
        return self.project.GetCurrentTimeline()

    @property
    def item(self) -> Any:
        return self.timeline.GetItemListInTrack("video", 1)[0]

    def comes_true(self, holds: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Look again for a while: changes take time to show."""
        for _ in range(round(seconds / 0.25)):
            if holds():
                return True
            self.sleep(0.25)
        return holds()


@pytest.fixture(params=[(19, 1, 3), (20, 3, 2), (21, 1, 0)], ids=lambda version: str(version[0]))
def contract(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Contract]:
    """On the Edit page; what a test makes it takes away again."""
    if request.config.getoption("--live"):
        if request.param[0] != 19:
            pytest.skip("there is one live Resolve, whatever its version")
        found = Contract(connect().resolve, time.sleep, live=True)
        assert found.project is not None and found.timeline is not None, "open a timeline"
        found.resolve.OpenPage("edit")
        yield found
        return
    with Session(Profile(version=request.param), tmp_path) as session:
        place_plate(session)
        found = Contract(connect(session.resolve, session).resolve, session.sleep, live=False)
        found.resolve.OpenPage("edit")
        yield found
