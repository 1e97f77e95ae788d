"""The playhead of a timeline, its timecode, marks and what lies under it."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pages import WITHOUT_PLAYHEAD
from .proxy import Proxy, read, write
from .rates import frames_of, timecode_of

if TYPE_CHECKING:
    from .item_api import TimelineItem

MARK_KINDS = {"video": ("video",), "audio": ("audio",), "all": ("video", "audio")}


class Playhead(Proxy):
    def _has_playhead(self) -> bool:
        host = self._host
        return host.pages.current not in WITHOUT_PLAYHEAD and host.project.current is self._of

    def _timecode(self, frame: int) -> str:
        return timecode_of(frame, self._of.rate, self._of.drop)

    @read
    def GetCurrentTimecode(self) -> str | None:
        if not self._has_playhead():
            return None
        readings = self._of.readings
        return self._timecode(readings.pop(0) if readings else self._of.playhead)

    @write
    def SetCurrentTimecode(self, timecode: str) -> bool:
        """Past the end it is taken as it is; before the start and in a wrong form it is not."""
        frame = frames_of(timecode, self._of.rate, self._of.drop)
        if not self._has_playhead() or frame is None or frame < self._of.start:
            return False
        host = self._host
        host.seated = True
        if host.unseated and host.profile.seek_sticks:
            host.unseated = False
            return True
        host.seek(self._of, frame)
        return True

    @read
    def GetCurrentVideoItem(self) -> TimelineItem | None:
        unseated = self._host.profile.item_needs_seek and not self._host.seated
        if unseated or not self._has_playhead():
            return None
        under = self._of.at(self._of.playhead)
        return self._give("TimelineItem", under[-1][1] if under else None)

    @read
    def GetStartFrame(self) -> int:
        return int(self._of.start)

    @read
    def GetEndFrame(self) -> int:
        return int(self._of.end)

    @read
    def GetStartTimecode(self) -> str:
        return self._timecode(self._of.start)

    @write
    def SetStartTimecode(self, timecode: str) -> bool:
        start = frames_of(timecode, self._of.rate, self._of.drop)
        if start is None:
            return False
        moved = start - self._of.start
        self._of.start = start
        self._of.playhead += moved
        for item in self._of.all_items():
            item.start += moved
        return True

    @read(since=(20,))
    def GetMarkInOut(self) -> dict[str, dict[str, int]]:
        return {kind: dict(marks) for kind, marks in self._of.marks.items()}

    @write(since=(20,))
    def SetMarkInOut(self, mark_in: int, mark_out: int, type: str = "all") -> bool:
        if type not in MARK_KINDS or not 0 <= mark_in <= mark_out:
            return False
        for kind in MARK_KINDS[type]:
            self._of.marks[kind] = {"in": mark_in, "out": mark_out}
        return True

    @write(since=(20,))
    def ClearMarkInOut(self, type: str = "all") -> bool:
        if type not in MARK_KINDS:
            return False
        for kind in MARK_KINDS[type]:
            self._of.marks.pop(kind, None)
        return True

    @read(since=(21, 0, 4))
    def GetSelectedClips(self) -> list[Any]:
        return self._give_all("TimelineItem", self._of.selected)
