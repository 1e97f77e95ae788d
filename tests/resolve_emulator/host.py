"""The state of one emulated application."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from .clock import Clock
from .gate import Gate
from .model import Bin, Project, Timeline
from .pages import Pages
from .profile import Profile
from .queue import Queue
from .render_state import RenderState
from .windows import Windows

SETTINGS = {
    "timelineFrameRate": "24",
    "timelineDropFrameTimecode": "0",
    "timelineResolutionWidth": "64",
    "timelineResolutionHeight": "48",
    "timelineOutputResolutionWidth": "64",
    "timelineOutputResolutionHeight": "48",
    "timelinePixelAspectRatio": "square",
    "timelineInputResMismatchBehavior": "scaleToFit",
    "colorScienceMode": "davinciYRGB",
    "colorSpaceInput": "Rec.709 Gamma 2.4",
    "colorSpaceTimeline": "Rec.709 Gamma 2.4",
    "colorSpaceOutput": "Rec.709 Gamma 2.4",
    "colorSpaceOutputToneMapping": "None",
    "colorSpaceOutputGamutMapping": "None",
    "isAutoColorManage": "0",
    "rcmPresetMode": "Custom",
    "separateColorSpaceAndGamma": "0",
    "videoDataLevels": "Video",
    "nodeStackLayers": "1",
}


class Host:
    """One running Resolve. Code under test never sees it, only proxies.

    Attributes:
        volumes: the folders that Media Storage lists.
        modal_open: a dialog, or the Project Manager, is open.
        seated: a script has set the playhead in this session.
        unseated: the next seek moves nothing, if the profile says so.
        moved: when the playhead moved last, and where it was before.
    """

    def __init__(self, profile: Profile, folder: Path) -> None:
        self.profile, self.folder = profile, folder
        self.clock = Clock()
        self.gate = Gate(self)
        self.pages = Pages(self)
        self.violations: list[str] = []
        self.volumes = [str(folder / "media")]
        Path(self.volumes[0]).mkdir(parents=True, exist_ok=True)
        self.modal_open = self.seated = self.unseated = False
        self.moved = (-1e9, 0)
        self._numbers = itertools.count(1)
        self._serials = itertools.count(1)
        self._tries = profile.start_tries
        root = Bin(self.uid("bin"), "Master")
        self.project = Project(self.uid("project"), "Film", root, root, dict(SETTINGS))
        self.render = RenderState()
        self.queue = Queue(self)
        self.windows = Windows(self)
        self.saved = 0
        self.stills_left = {"black": profile.still_black, "missing": profile.still_missing}

    def uid(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers):06x}"

    def serial(self) -> int:
        """A small number for pictures, 1 to 255."""
        return (next(self._serials) - 1) % 255 + 1

    def violate(self, text: str) -> None:
        """Record what no script may do; the session's end fails the test."""
        self.violations.append(text)

    @property
    def rendering(self) -> bool:
        return self.queue.running is not None

    def starting(self) -> bool:
        """A call of `scriptapp` that comes too early."""
        self._tries -= 1
        return self._tries >= 0

    def page_changed(self, left: str, entered: str) -> None:
        for timeline in self.project.timelines:
            timeline.counted.clear()
        if left == "deliver":
            self.unseated = True
        if entered == "deliver" and self.profile.deliver_moves_marks and self.project.current:
            self.project.current.marks.clear()

    def seek(self, timeline: Timeline, frame: int) -> None:
        """Move the playhead, by whomever."""
        self.moved = (self.clock.now(), timeline.playhead)
        timeline.readings = [timeline.playhead] * self.profile.seek_lag
        timeline.playhead = frame

    def still_frame(self, timeline: Timeline) -> int:
        """The frame that the viewer shows: that of before, shortly after a move."""
        when, before = self.moved
        fresh = self.clock.now() - when < self.profile.still_previous
        return before if fresh else timeline.playhead

    def storable(self, path: Any) -> bool:
        """A path inside of Media Storage; only its text is looked at."""
        parts = Path(str(path)).parts
        return any(parts[: len(Path(root).parts)] == Path(root).parts for root in self.volumes)
