"""Markers as values, whoever owns them, and the picture that a marker's note may name.

A note names a painted keyframe in one of two ways:

- a line `keyframe: /path/to/painted.exr`, among other lines or alone;
- nothing but the absolute path of a picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Optional

from sparkvsr_link import BridgeError

TIMELINE, CLIP = "timeline", "clip"
"""Owners of markers."""

COLORS = (
    "Blue", "Cyan", "Green", "Yellow", "Red", "Pink", "Purple", "Fuchsia",
    "Rose", "Lavender", "Sky", "Mint", "Lemon", "Sand", "Cocoa", "Cream",
)  # fmt: skip
PICTURES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
"""Extensions of pictures that can be keyframes."""

_NAMED = re.compile(r"^[ \t]*keyframe[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Marker:
    """A marker of a timeline or of a clip on it.

    Attributes:
        owner: TIMELINE or CLIP.
        frame: from the timeline's first frame, or of the clip's source.
        color: one of COLORS.
        custom_data: what scripts stored in it; nobody sees it.
    """

    owner: str
    frame: int
    color: str
    name: str = ""
    note: str = ""
    custom_data: str = ""

    @property
    def picture(self) -> Optional[str]:
        """The picture that the note names, as it is written; None when it names none."""
        named = _NAMED.search(self.note)
        if named:
            return _bare(named[1])
        alone = _bare(self.note)
        is_path = is_absolute(alone) and "\n" not in alone
        return alone if is_path and alone.lower().endswith(PICTURES) else None

    def __str__(self) -> str:
        return f"{self.owner} marker `{self.name}`" if self.name else f"{self.owner} marker"


@dataclass(frozen=True)
class MarkerFilter:
    """Which markers mean keyframes.

    Attributes:
        color: one of COLORS.
        name_prefix: how their names begin, in capitals or not. When it is set, it takes the place
            of the color.
    """

    color: str = "Cyan"
    name_prefix: str = ""

    def takes(self, marker: Marker) -> bool:
        if self.name_prefix:
            return marker.name.casefold().startswith(self.name_prefix.casefold())
        return marker.color == self.color

    def __str__(self) -> str:
        """What such markers are called in a sentence."""
        if self.name_prefix:
            return f"marker whose name begins with `{self.name_prefix}`"
        return f"{self.color} marker"


def read_markers(found: Mapping[Any, Mapping[str, Any]], owner: str) -> tuple[Marker, ...]:
    """The markers that the API gave, by frame.

    Args:
        found: frame to fields; frames may be integers or floats, in any order. A marker between two
            frames belongs to the first.

    Raises:
        BridgeError: it has another form.
    """
    try:
        markers = [
            Marker(
                owner,
                math.floor(float(frame)),
                *(str(fields.get(key) or "") for key in ("color", "name", "note", "customData")),
            )
            for frame, fields in found.items()
        ]
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise BridgeError(
            f"The {owner} markers cannot be read: {error}.",
            "Send the log to the makers of SparkVSR, with the version of Resolve.",
        ) from error
    return tuple(sorted(markers, key=lambda marker: marker.frame))


def is_absolute(path: str) -> bool:
    """Whether a path is absolute on any system."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def _bare(text: str) -> str:
    """Without blanks and quotes around it, as file managers copy paths."""
    return text.strip().strip("\"'").strip()
