"""A project: its timelines, settings and colour groups. Rendering and stills are parts of it."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from . import settings
from .gallery_api import Gallery
from .grades import ColorGroup as GroupModel
from .graph_api import ColorGroup
from .pool_api import MediaPool
from .proxy import Proxy, read, write
from .render_api import Rendering
from .stills_api import Stills
from .timeline_api import Timeline


class Project(Rendering, Stills, Proxy):
    def _alive(self) -> bool:
        return self._host.project is self._of

    @read
    def GetMediaPool(self) -> MediaPool:
        return MediaPool(self._host, self._of)

    @read
    def GetTimelineCount(self) -> int:
        return len(self._of.timelines)

    @read
    def GetTimelineByIndex(self, idx: int) -> Timeline | None:
        if not 1 <= idx <= len(self._of.timelines):
            return None
        return Timeline(self._host, self._of.timelines[idx - 1])

    @read
    def GetCurrentTimeline(self) -> Timeline | None:
        return Timeline(self._host, self._of.current) if self._of.current else None

    @write
    def SetCurrentTimeline(self, timeline: Timeline) -> bool:
        if timeline._of not in self._of.timelines:
            return False
        self._of.current = timeline._of
        return True

    @read
    def GetGallery(self) -> Gallery:
        return Gallery(self._host, self._of)

    @read
    def GetName(self) -> str:
        return str(self._of.name)

    @read
    def GetUniqueId(self) -> str:
        return str(self._of.uid)

    @read
    def GetSetting(self, settingName: str = "") -> Any:
        return settings.answer(self._host, self._of.settings, settingName)

    @write
    def SetSetting(self, settingName: str, settingValue: str) -> bool:
        return settings.change(self._host, self._of.settings, settingName, settingValue)

    @read(since=(21, 1))
    def GetSettings(self) -> dict[str, Any]:
        return dict(settings.answer(self._host, self._of.settings, ""))

    @read
    def GetColorGroupsList(self) -> list[ColorGroup]:
        return [ColorGroup(self._host, group) for group in self._of.groups]

    @write
    def AddColorGroup(self, groupName: str) -> ColorGroup | None:
        if not groupName or groupName in {group.name for group in self._of.groups}:
            return None
        made = GroupModel(self._host.uid("group"), groupName)
        self._of.groups.append(made)
        return ColorGroup(self._host, made)

    @write
    def DeleteColorGroup(self, colorGroup: ColorGroup) -> bool:
        group = colorGroup._of
        if group not in self._of.groups:
            return False
        self._of.groups.remove(group)
        for timeline in self._of.timelines:
            for item in timeline.all_items():
                item.group = None if item.group is group else item.group
        return True
