"""The gallery, its albums and stills."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from . import stills
from .proxy import Proxy, read, write


class GalleryStill(Proxy):
    """It has no methods: albums know about it."""


class GalleryStillAlbum(Proxy):
    def _alive(self) -> bool:
        return self._of in stills.albums(self._host)

    @read
    def GetStills(self) -> list[GalleryStill]:
        return self._give_all("GalleryStill", self._of.stills)

    @read
    def GetLabel(self, galleryStill: GalleryStill) -> str:
        return str(galleryStill._of.label)

    @write
    def SetLabel(self, galleryStill: GalleryStill, label: str) -> bool:
        galleryStill._of.label = label
        return True

    @write
    def ExportStills(
        self, galleryStills: list[Any], folderPath: str, filePrefix: str, format: str
    ) -> bool:
        found = self._mine(galleryStills)
        return stills.export_album(self._host, found, folderPath, filePrefix, format)

    @write
    def DeleteStills(self, galleryStills: list[Any]) -> bool:
        found = self._mine(galleryStills)
        for still in found:
            self._of.stills.remove(still)
        return bool(found)

    def _mine(self, given: list[Any]) -> list[stills.Still]:
        found = [one._of for one in given if isinstance(one, GalleryStill)]
        return [still for still in found if still in self._of.stills]


class Gallery(Proxy):
    @read
    def GetGalleryStillAlbums(self) -> list[GalleryStillAlbum]:
        return self._give_all("GalleryStillAlbum", stills.albums(self._host))

    @read
    def GetCurrentStillAlbum(self) -> GalleryStillAlbum:
        return self._give("GalleryStillAlbum", stills.albums(self._host)[0])

    @read
    def GetAlbumName(self, galleryStillAlbum: GalleryStillAlbum) -> str:
        return str(galleryStillAlbum._of.name)
