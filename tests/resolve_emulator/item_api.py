"""An item of a track: where it lies, what it shows of its clip, and how."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from . import inspector
from .markers_api import Markers
from .model import Item, Timeline
from .proxy import Proxy, read, write
from .takes_api import Takes
from .versions_api import Versions

if TYPE_CHECKING:
    from .pool_api import MediaPoolItem

CLIP_COLORS = {
    "Orange",
    "Apricot",
    "Yellow",
    "Lime",
    "Olive",
    "Green",
    "Teal",
    "Navy",
    "Blue",
    "Purple",
    "Violet",
    "Pink",
    "Tan",
    "Beige",
    "Brown",
    "Chocolate",
}


class Owned(Proxy):
    """An item, and the timeline that it is on."""

    _of: Item

    def _timeline(self) -> Timeline | None:
        for timeline in self._host.project.timelines:
            if any(item is self._of for item in timeline.all_items()):
                return timeline
        return None

    def _home(self) -> Timeline:
        timeline = self._timeline()
        assert timeline is not None
        return timeline

    def _alive(self) -> bool:
        return self._timeline() is not None

    def _current(self) -> bool:
        return self._timeline() is self._host.project.current


class Span(Owned):
    """Frames: of the record, and of the file."""

    def _number(self, value: int | Fraction, precise: bool) -> int | float:
        return float(value) if precise else math.floor(value)

    @read(blind=True)
    def GetStart(self, subframe_precision: bool = False) -> int | float:
        return self._number(self._of.start, subframe_precision)

    @read(blind=True)
    def GetEnd(self, subframe_precision: bool = False) -> int | float:
        return self._number(self._of.end, subframe_precision)

    @read(blind=True)
    def GetDuration(self, subframe_precision: bool = False) -> int | float | None:
        """None on a timeline that is not the current one."""
        return self._number(self._of.duration, subframe_precision) if self._current() else None

    def _retime(self) -> Fraction:
        """Record frames to frames of the file."""
        rate = self._home().rate
        assert self._of.clip is not None
        return abs(self._of.speed) * self._of.clip.rate / rate

    @read(blind=True)
    def GetLeftOffset(self, subframe_precision: bool = False) -> int | float:
        """Frames from the clip's start to the in-point: of the record, when they differ."""
        if self._of.clip is None or not self._of.speed:
            return self._number(0, subframe_precision)
        return self._number(self._of.source_in / self._retime(), subframe_precision)

    @read(blind=True)
    def GetRightOffset(self, subframe_precision: bool = False) -> int | float:
        """From 20.0 on what follows the out-point, before the out-point itself."""
        if self._of.clip is None or not self._of.speed:
            return self._number(0, subframe_precision)
        out = self._of.source_in / self._retime() + self._of.duration
        rest = self._of.clip.frames / self._retime() - out
        late = self._host.profile.version >= (20,)
        return self._number(rest if late else out, subframe_precision)

    def _source(self) -> tuple[Fraction, Fraction] | None:
        """First and end (exclusive) frame of the file; backwards the end lies before."""
        if self._of.clip is None or self._of.timeless:
            return None
        start = self._of.clip.first + self._of.source_in
        return start, start + self._of.duration * self._retime() * (-1 if self._of.speed < 0 else 1)

    @read(since=(19, 0, 2), blind=True)
    def GetSourceStartFrame(self) -> int:
        span = self._source()
        return math.floor(span[0]) if span else 0

    @read(since=(19, 0, 2), blind=True)
    def GetSourceEndFrame(self) -> int:
        span = self._source()
        if span is None:
            return 0
        rule = self._host.profile.source_end
        assert self._of.clip is not None
        equal = self._of.clip.rate == self._home().rate
        exclusive = rule == "exclusive" or (rule is None and equal)
        back = self._of.speed < 0
        return math.floor(span[1]) - (0 if exclusive else -1 if back else 1)

    @read(since=(19, 0, 2), blind=True)
    def GetSourceStartTime(self) -> float:
        return self._seconds(0)

    @read(since=(19, 0, 2), blind=True)
    def GetSourceEndTime(self) -> float:
        return self._seconds(1)

    def _seconds(self, end: int) -> float:
        """With the timecode of the file in it."""
        span, clip = self._source(), self._of.clip
        if span is None or clip is None:
            return 0.0
        return float((span[end] + (clip.media.start if clip.media else 0)) / clip.rate)

    @read(since=(21, 1), blind=True)
    def GetSpeed(self) -> dict[str, Any]:
        percent = float(self._of.speed * 100)
        return {"Percentage": percent, "PitchCorrection": False, "StretchKeyframesToFit": False}


class TimelineItem(Span, Takes, Versions, Markers):
    _of: Item

    @read(blind=True)
    def GetName(self) -> str:
        return self._of.name

    @write(since=(20, 2))
    def SetName(self, name: str) -> bool:
        if not name or set(name) & set(":/"):
            return False
        self._of.name = name
        return True

    @read(blind=True)
    def GetUniqueId(self) -> str:
        return self._of.uid

    @read(since=(21, 1), blind=True)
    def GetType(self) -> str:
        return self._of.kind

    @read(blind=True)
    def GetMediaPoolItem(self) -> MediaPoolItem | None:
        return self._give("MediaPoolItem", self._of.clip)

    @read(blind=True)
    def GetFusionCompCount(self) -> int:
        return self._of.fusion_comps

    @read(since=(18, 6), blind=True)
    def GetTrackTypeAndIndex(self) -> list[Any] | None:
        for kind in self._home().tracks:
            for index, item in self._home().items(kind):
                if item is self._of:
                    return [kind, index]
        return None

    @read(blind=True)
    def GetLinkedItems(self) -> list[TimelineItem]:
        items = self._home().all_items()
        linked = [i for i in items if i.link and i.link == self._of.link and i is not self._of]
        return self._give_all("TimelineItem", linked)

    @read(blind=True)
    def GetProperty(self, propertyKey: str = "") -> Any:
        return inspector.answer(self._of, propertyKey)

    @write
    def SetProperty(self, propertyKey: str, propertyValue: Any) -> bool:
        return inspector.change(self._of, propertyKey, propertyValue)

    @read(since=(21, 1), blind=True)
    def GetProperties(self) -> dict[str, Any]:
        return dict(inspector.answer(self._of, ""))

    @write(since=(21, 1))
    def SetProperties(self, properties: dict[str, Any]) -> bool:
        """All of them or none."""
        if not all(inspector.possible(key, value) for key, value in properties.items()):
            return False
        return all(inspector.change(self._of, key, value) for key, value in properties.items())

    @read(blind=True)
    def GetClipEnabled(self) -> bool:
        return self._of.enabled

    @write
    def SetClipEnabled(self, enabled: bool) -> bool:
        if not self._current():
            return False
        self._of.enabled = enabled
        return True

    @read(blind=True)
    def GetClipColor(self) -> str:
        return self._of.color

    @write
    def SetClipColor(self, colorName: str) -> bool:
        if colorName not in CLIP_COLORS:
            return False
        if self._of.clip is not None:  # on titles it says True and does nothing
            self._of.color = colorName
        return True

    @write
    def ClearClipColor(self) -> bool:
        self._of.color = ""
        return True
