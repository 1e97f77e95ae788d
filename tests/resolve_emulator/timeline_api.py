"""A timeline: what is not its playhead, tracks or markers."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import settings, stills
from .duplicating import duplicate
from .markers_api import Markers
from .playhead_api import Playhead
from .proxy import read, write
from .tracks_api import Tracks

if TYPE_CHECKING:
    from .gallery_api import GalleryStill
    from .graph_api import Graph
    from .pool_api import MediaPoolItem


class Timeline(Playhead, Tracks, Markers):
    def _alive(self) -> bool:
        return self._of in self._host.project.timelines

    @read
    def GetName(self) -> str:
        return str(self._of.name)

    @write
    def SetName(self, timelineName: str) -> bool:
        others = {found.name for found in self._host.project.timelines if found is not self._of}
        if not timelineName or timelineName in others or set(timelineName) & set(":/"):
            return False
        self._of.name = timelineName
        clip = self._clip()
        if clip:
            clip.name = timelineName
        return True

    @read
    def GetUniqueId(self) -> str:
        return str(self._of.uid)

    @read
    def GetSetting(self, settingName: str = "") -> Any:
        return settings.of_timeline(self._host, self._of, settingName)

    @write
    def SetSetting(self, settingName: str, settingValue: str) -> bool:
        return settings.change_timeline(self._host, self._of, settingName, settingValue)

    @read(since=(21, 1))
    def GetSettings(self) -> dict[str, Any]:
        return dict(settings.of_timeline(self._host, self._of, ""))

    @write
    def DuplicateTimeline(self, timelineName: str | None = None) -> Timeline | None:
        """A copy with new ids, in the bin of this one; None when the name is taken."""
        made = duplicate(self._host, self._of, timelineName)
        return self._give("Timeline", made)

    @read
    def GetMediaPoolItem(self) -> MediaPoolItem | None:
        return self._give("MediaPoolItem", self._clip())

    def _clip(self) -> Any:
        clips = self._host.project.clips()
        return next((clip for clip in clips if clip.timeline is self._of), None)

    @read(since=(19,))
    def GetNodeGraph(self) -> Graph:
        return self._give("Graph", [self._of.grade])

    @write
    def GrabStill(self) -> GalleryStill | None:
        return self._give("GalleryStill", stills.grab(self._host, self._of))

    @read
    def GetCurrentClipThumbnailImage(self) -> dict[str, Any] | None:
        return stills.thumbnail(self._host, self._of)
