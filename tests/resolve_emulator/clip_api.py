"""A clip of the media pool: its properties, metadata and file."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from . import clip_properties, importing
from .item_api import CLIP_COLORS
from .markers_api import Markers
from .model import PoolItem
from .proxy import read, write


class MediaPoolItem(Markers):
    _of: PoolItem

    def _alive(self) -> bool:
        return self._of in self._host.project.clips()

    def _in_bounds(self, frame: int) -> bool:
        return 0 <= frame < self._of.frames

    @read
    def GetName(self) -> str:
        return self._of.name

    @write
    def SetName(self, name: str) -> bool:
        if not name:
            return False
        self._of.name = name
        return True

    @read
    def GetUniqueId(self) -> str:
        return self._of.uid

    @read
    def GetMediaId(self) -> str:
        return f"media-{self._of.uid}"

    @read
    def GetClipProperty(self, propertyName: str = "") -> Any:
        return clip_properties.answer(self._host, self._of, propertyName)

    @write
    def SetClipProperty(self, propertyName: str, propertyValue: Any) -> bool:
        return clip_properties.change(self._host, self._of, propertyName, propertyValue)

    @read
    def GetMetadata(self, metadataType: str = "") -> Any:
        return _one_or_all(self._of.metadata, metadataType)

    @write
    def SetMetadata(self, metadataType: str | dict[str, str], metadataValue: str = "") -> bool:
        return _store(self._of.metadata, metadataType, metadataValue)

    @read
    def GetThirdPartyMetadata(self, metadataType: str = "") -> Any:
        return _one_or_all(self._of.third_party, metadataType)

    @write
    def SetThirdPartyMetadata(
        self, metadataType: str | dict[str, str], metadataValue: str = ""
    ) -> bool:
        return _store(self._of.third_party, metadataType, metadataValue)

    @read
    def GetClipColor(self) -> str:
        return self._of.color

    @write
    def SetClipColor(self, colorName: str) -> bool:
        if colorName not in CLIP_COLORS:
            return False
        self._of.color = colorName
        return True

    @write
    def ClearClipColor(self) -> bool:
        self._of.color = ""
        return True

    @write
    def ReplaceClip(self, filePath: str) -> bool:
        """Every use of it, in every timeline, shows the other file; metadata and spaces go."""
        if not importing.replace(self._host, self._of, filePath):
            return False
        self._of.first, self._of.frames = 0, self._of.media.frames if self._of.media else 0
        return True

    @write(since=(20,))
    def ReplaceClipPreserveSubClip(self, filePath: str) -> bool:
        return importing.replace(self._host, self._of, filePath)

    @read(since=(21, 0, 4))
    def GetTimeline(self) -> Any:
        known = self._of.timeline in self._host.project.timelines
        return self._give("Timeline", self._of.timeline) if known else None


def _one_or_all(found: dict[str, str], name: str) -> Any:
    return found.get(name, "") if name else dict(found)


def _store(found: dict[str, str], name: str | dict[str, str], value: str) -> bool:
    given = name if isinstance(name, dict) else {name: value}
    if not given or not all(isinstance(text, str) for pair in given.items() for text in pair):
        return False
    found.update(given)
    return True
