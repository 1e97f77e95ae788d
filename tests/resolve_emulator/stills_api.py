"""Stills of a project."""

# ruff: noqa: N802
from __future__ import annotations

from . import stills
from .proxy import Proxy, write


class Stills(Proxy):
    @write
    def ExportCurrentFrameAsStill(self, filePath: str) -> bool:
        return stills.export(self._host, filePath)
