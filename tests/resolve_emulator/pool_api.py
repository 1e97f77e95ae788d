"""The media pool: bins, imports, timelines that come and go."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import duplicating, importing, placing
from .clip_api import MediaPoolItem as MediaPoolItem
from .model import Bin, PoolItem, Timeline, Track
from .proxy import Proxy, read, write
from .rates import frames_of

if TYPE_CHECKING:
    from .timeline_api import Timeline as TimelineProxy


class MediaPool(Proxy):
    @read
    def GetRootFolder(self) -> Folder:
        return self._give("Folder", self._of.root)

    @read
    def GetCurrentFolder(self) -> Folder:
        return self._give("Folder", self._of.folder)

    @write
    def SetCurrentFolder(self, folder: Folder) -> bool:
        if not folder._alive():
            return False
        self._of.folder = folder._of
        return True

    @write
    def AddSubFolder(self, folder: Folder, name: str) -> Folder | None:
        """It becomes the current bin. None when there is one of this name."""
        taken = {found.name for found in folder._of.bins}
        if not folder._alive() or not name or name in taken:
            return None
        made = Bin(self._host.uid("bin"), name, folder._of)
        folder._of.bins.append(made)
        self._of.folder = made
        return self._give("Folder", made)

    @write
    def DeleteFolders(self, subfolders: list[Any]) -> bool:
        found = [folder._of for folder in subfolders if isinstance(folder, Folder)]
        if not found or any(one.parent is None or one not in one.parent.bins for one in found):
            return False
        for one in found:
            for clip in [clip for inner in one.all() for clip in inner.clips]:
                self._forget(clip)
            one.parent.bins.remove(one)
            if self._of.folder in one.all():
                self._of.folder = self._of.root
        return True

    @write
    def ImportMedia(self, items: list[Any]) -> list[MediaPoolItem] | None:
        found = importing.imported(self._host, items)
        return None if found is None else self._give_all("MediaPoolItem", found)

    @write
    def AppendToTimeline(self, clips: list[Any] | MediaPoolItem, *more: MediaPoolItem) -> Any:
        given = clips if isinstance(clips, list) else [clips, *more]
        return placing.append(self._host, given, lambda item: self._give("TimelineItem", item))

    @write
    def CreateEmptyTimeline(self, name: str) -> TimelineProxy | None:
        """With the settings of the project, whatever other timelines have."""
        if not name or name in {found.name for found in self._of.timelines}:
            return None
        made = empty_timeline(self._host, name)
        duplicating.add(self._host, made, self._of.folder)
        self._of.current = made
        return self._give("Timeline", made)

    @write
    def DeleteTimelines(self, timeline: list[Any]) -> bool:
        """Not the current one, and then none."""
        found = [one._of for one in timeline if type(one).__name__ == "Timeline"]
        if not found or any(one not in self._of.timelines for one in found):
            return False
        if self._of.current in found:
            return False
        for one in found:
            for clip in [clip for clip in self._of.clips() if clip.timeline is one]:
                self._take_out(clip)
            self._of.timelines.remove(one)
        return True

    @write
    def DeleteClips(self, clips: list[Any]) -> bool:
        """Items that show them go with them."""
        found = [clip._of for clip in clips if isinstance(clip, MediaPoolItem)]
        if not found or any(clip not in self._of.clips() for clip in found):
            return False
        if any(clip.timeline is self._of.current and clip.timeline for clip in found):
            return False
        for clip in found:
            self._take_out(clip)
            self._forget(clip)
        return True

    def _take_out(self, clip: PoolItem) -> None:
        assert clip.bin is not None
        clip.bin.clips.remove(clip)

    def _forget(self, clip: PoolItem) -> None:
        if clip.timeline in self._of.timelines:
            self._of.timelines.remove(clip.timeline)
        self._of.selected = [found for found in self._of.selected if found is not clip]
        for timeline in self._of.timelines:
            for track in (track for tracks in timeline.tracks.values() for track in tracks):
                track.items = [item for item in track.items if item.clip is not clip]

    @write
    def MoveClips(self, clips: list[Any], targetFolder: Folder) -> bool:
        found = [clip._of for clip in clips if isinstance(clip, MediaPoolItem)]
        if not found or not targetFolder._alive():
            return False
        for clip in found:
            self._take_out(clip)
            targetFolder._of.clips.append(clip)
            clip.bin = targetFolder._of
        return True

    @read
    def GetSelectedClips(self) -> list[MediaPoolItem]:
        return self._give_all("MediaPoolItem", self._of.selected)

    @write
    def SetSelectedClip(self, mediaPoolItem: MediaPoolItem) -> bool:
        if not mediaPoolItem._alive():
            return False
        self._of.selected = [mediaPoolItem._of]
        return True

    @read
    def GetUniqueId(self) -> str:
        return f"pool-{self._of.uid}"


class Folder(Proxy):
    def _alive(self) -> bool:
        return self._of in self._host.project.root.all()

    @read
    def GetName(self) -> str:
        return str(self._of.name)

    @read
    def GetUniqueId(self) -> str:
        return str(self._of.uid)

    @read
    def GetClipList(self) -> list[MediaPoolItem]:
        return self._give_all("MediaPoolItem", self._of.clips)

    @read
    def GetSubFolderList(self) -> list[Folder]:
        return self._give_all("Folder", self._of.bins)

    @read
    def GetIsFolderStale(self) -> bool:
        return False


def empty_timeline(host: Any, name: str) -> Timeline:
    """With one track of each kind, starting at one hour."""
    settings = {**host.project.settings, "useCustomSettings": "0"}
    timeline = Timeline(host.uid("timeline"), host.serial(), name, 0, settings)
    timeline.tracks = {kind: [Track(f"{kind.capitalize()} 1")] for kind in ("video", "audio")}
    timeline.tracks["subtitle"] = []
    start = "01:00:00;00" if timeline.drop else "01:00:00:00"
    timeline.start = timeline.playhead = frames_of(start, timeline.rate, timeline.drop) or 0
    return timeline
