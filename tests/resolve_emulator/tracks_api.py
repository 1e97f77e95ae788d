"""Tracks of a timeline, and the items on them."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .model import Item, Track
from .proxy import Proxy, read, write

if TYPE_CHECKING:
    from .item_api import TimelineItem

SUB_TYPES = ("mono", "stereo", "5.1", "7.1")


class Tracks(Proxy):
    def _current(self) -> bool:
        return bool(self._host.project.current is self._of)

    def _track(self, kind: str, index: int) -> Track | None:
        tracks: list[Track] = self._of.tracks.get(kind, [])
        return tracks[index - 1] if 1 <= index <= len(tracks) else None

    @read
    def GetTrackCount(self, trackType: str) -> int:
        count = len(self._of.tracks.get(trackType, ()))
        return int(self._of.counted.get(trackType, count))

    @write
    def AddTrack(self, trackType: str, options: dict[str, Any] | str = "") -> bool:
        """On top, or where `index` says (from 19.0 on), which moves the others up."""
        tracks = self._of.tracks.get(trackType)
        if tracks is None:
            return False
        index = len(tracks) + 1
        if isinstance(options, dict):
            if self._host.profile.version < (19,) or set(options) - {"index", "audioType"}:
                return False
            index = options.get("index", index)
            if type(index) is not int or not 1 <= index <= len(tracks) + 1:
                return False
        elif options not in ("", *SUB_TYPES):
            return False
        self._keep_count(trackType)
        tracks.insert(index - 1, Track(f"{trackType.capitalize()} {len(tracks) + 1}"))
        return True

    @write
    def DeleteTrack(self, trackType: str, trackIndex: int) -> bool:
        if not self._current() or self._track(trackType, trackIndex) is None:
            return False
        if len(self._of.tracks[trackType]) == 1 and trackType == "video":
            return False
        self._keep_count(trackType)
        del self._of.tracks[trackType][trackIndex - 1]
        return True

    def _keep_count(self, kind: str) -> None:
        if self._host.profile.stale_tracks:
            self._of.counted.setdefault(kind, len(self._of.tracks[kind]))

    @read
    def GetTrackName(self, trackType: str, trackIndex: int) -> str | None:
        track = self._track(trackType, trackIndex)
        return track.name if track else None

    @write
    def SetTrackName(self, trackType: str, trackIndex: int, name: str) -> bool:
        return self._set(trackType, trackIndex, "name", name)

    @write
    def SetTrackEnable(self, trackType: str, trackIndex: int, enabled: bool) -> bool:
        return self._current() and self._set(trackType, trackIndex, "enabled", enabled)

    @read
    def GetIsTrackEnabled(self, trackType: str, trackIndex: int) -> bool:
        track = self._track(trackType, trackIndex)
        return bool(self._current() and track and track.enabled)

    @write
    def SetTrackLock(self, trackType: str, trackIndex: int, locked: bool) -> bool:
        return self._current() and self._set(trackType, trackIndex, "locked", locked)

    @read
    def GetIsTrackLocked(self, trackType: str, trackIndex: int) -> bool:
        track = self._track(trackType, trackIndex)
        return bool(self._current() and track and track.locked)

    def _set(self, kind: str, index: int, name: str, value: Any) -> bool:
        track = self._track(kind, index)
        if track is None:
            return False
        setattr(track, name, value)
        return True

    @read(blind=True)
    def GetItemListInTrack(self, trackType: str, index: int) -> list[TimelineItem] | None:
        """None for a track without items, too."""
        track = self._track(trackType, index)
        return self._give_all("TimelineItem", track.items) or None if track else None

    @write
    def DeleteClips(self, timelineItems: list[Any], ripple: bool = False) -> bool:
        """Linked sound stays. Items of locked tracks stay, too, and then nothing is deleted."""
        items = [item._of for item in timelineItems if type(item).__name__ == "TimelineItem"]
        here = {id(item) for item in self._of.all_items()}
        if self._host.pages.current == "fairlight" or not items or len(items) != len(timelineItems):
            return False
        if any(id(item) not in here or self._holder(item).locked for item in items):
            return False
        for item in items:
            self._holder(item).items.remove(item)
            self._of.selected = [found for found in self._of.selected if found is not item]
            if ripple:
                self._close_gap(item)
        return True

    def _holder(self, item: Item) -> Track:
        tracks: Iterator[Track] = (track for kind in self._of.tracks.values() for track in kind)
        return next(track for track in tracks if item in track.items)

    def _close_gap(self, gone: Item) -> None:
        for item in self._of.all_items():
            if item.start >= gone.end:
                item.start -= gone.duration
