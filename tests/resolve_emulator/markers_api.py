"""Markers, and their hidden data: the same for timelines, items and pool clips."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from .model import Marker
from .proxy import Proxy, read, write

COLORS = {
    "Blue",
    "Cyan",
    "Green",
    "Yellow",
    "Red",
    "Pink",
    "Purple",
    "Fuchsia",
    "Rose",
    "Lavender",
    "Sky",
    "Mint",
    "Lemon",
    "Sand",
    "Cocoa",
    "Cream",
}


class Markers(Proxy):
    """What a marker's frame counts from is the owner's affair: it is a key here."""

    def _in_bounds(self, frame: int) -> bool:
        return True

    @write
    def AddMarker(
        self,
        frameId: float,
        color: str,
        name: str,
        note: str,
        duration: float,
        customData: str = "",
    ) -> bool:
        frame = int(frameId)
        if not name or color not in COLORS or frame in self._of.markers or duration <= 0:
            return False
        if not self._in_bounds(frame):
            return False
        self._of.markers[frame] = Marker(color, name, note, float(duration), customData)
        return True

    @read(blind=True)
    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return self._shown(self._of.markers)

    @read(blind=True)
    def GetMarkerByCustomData(self, customData: str) -> dict[float, dict[str, Any]]:
        found = sorted(self._with(customData))
        return self._shown({frame: self._of.markers[frame] for frame in found[:1]})

    @write
    def UpdateMarkerCustomData(self, frameId: float, customData: str) -> bool:
        marker = self._of.markers.get(int(frameId))
        if marker is None:
            return False
        marker.custom = customData
        return True

    @read(blind=True)
    def GetMarkerCustomData(self, frameId: float) -> str:
        marker = self._of.markers.get(int(frameId))
        return marker.custom if marker else ""

    @write
    def DeleteMarkersByColor(self, color: str) -> bool:
        return self._remove([f for f, m in self._of.markers.items() if color in ("All", m.color)])

    @write
    def DeleteMarkerAtFrame(self, frameNum: float) -> bool:
        return self._remove([frame for frame in self._of.markers if frame == int(frameNum)])

    @write
    def DeleteMarkerByCustomData(self, customData: str) -> bool:
        return self._remove(sorted(self._with(customData))[:1])

    def _with(self, custom: str) -> list[int]:
        return [f for f, marker in self._of.markers.items() if custom and marker.custom == custom]

    def _remove(self, frames: list[int]) -> bool:
        for frame in frames:
            del self._of.markers[frame]
        return bool(frames)

    def _shown(self, markers: dict[int, Marker]) -> dict[float, dict[str, Any]]:
        """In the order in which they were made, which is no order of time."""
        key = self._host.profile.marker_keys
        return {
            key(frame): {
                "color": marker.color,
                "duration": marker.duration,
                "note": marker.note,
                "name": marker.name,
                "customData": marker.custom,
            }
            for frame, marker in markers.items()
        }
