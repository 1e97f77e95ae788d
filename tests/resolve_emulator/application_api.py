"""Resolve itself, its project manager and its media storage."""

# ruff: noqa: N802
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import importing
from .pool_api import MediaPool, MediaPoolItem
from .project_api import Project
from .proxy import Proxy, read, write
from .timeline_api import Timeline

if TYPE_CHECKING:
    from .host import Host


class Resolve(Proxy):
    @read
    def Fusion(self) -> Fusion:
        return Fusion(self._host)

    @read
    def GetMediaStorage(self) -> MediaStorage:
        return MediaStorage(self._host)

    @read
    def GetProjectManager(self) -> ProjectManager:
        return ProjectManager(self._host)

    @write
    def OpenPage(self, pageName: str) -> bool:
        return self._host.pages.open(pageName)

    @read
    def GetCurrentPage(self) -> str | None:
        return self._host.pages.shown()

    @read
    def GetProductName(self) -> str:
        return "DaVinci Resolve Studio" if self._host.profile.studio else "DaVinci Resolve"

    @read
    def GetVersion(self) -> list[Any]:
        return [*self._host.profile.version, 9, ""]

    @read
    def GetVersionString(self) -> str:
        return ".".join(map(str, (*self._host.profile.version, 9)))

    @write
    def Quit(self) -> None:
        self._host.gate.gone = True

    @read(since=(21, 1))
    def IsStudio(self) -> bool:
        return self._host.profile.studio

    @read(since=(21, 1))
    def GetCurrentProject(self) -> Project:
        return Project(self._host, self._host.project)

    @read(since=(21, 1))
    def GetCurrentTimeline(self) -> Timeline | None:
        return current_timeline(self._host)

    @read(since=(21, 1))
    def GetMediaPool(self) -> MediaPool:
        return MediaPool(self._host, self._host.project)


class Fusion(Proxy):
    """What menu scripts have as `fusion`; its windows need a licence since 19.1."""

    @property
    def UIManager(self) -> Any:
        return self._host.windows


class ProjectManager(Proxy):
    @read
    def GetCurrentProject(self) -> Project:
        return Project(self._host, self._host.project)

    @write
    def SaveProject(self) -> bool:
        """False for a project that was never saved; without a window that hangs."""
        untitled = self._host.project.name.startswith("Untitled Project")
        if untitled and self._host.profile.headless:
            self._host.gate.hang()
        if untitled:
            return False
        self._host.saved += 1
        return True

    @read
    def GetCurrentDatabase(self) -> dict[str, str]:
        return {"DbType": "Disk", "DbName": "Local Database"}


class MediaStorage(Proxy):
    @read
    def GetMountedVolumeList(self) -> list[str]:
        return list(self._host.volumes)

    @write
    def AddItemListToMediaPool(
        self, items: list[Any] | str, *more: str
    ) -> list[MediaPoolItem] | None:
        given = items if isinstance(items, list) else [items, *more]
        found = importing.from_storage(self._host, given)
        return [MediaPoolItem(self._host, clip) for clip in found]


def current_timeline(host: Host) -> Timeline | None:
    current = host.project.current
    return Timeline(host, current) if current else None
