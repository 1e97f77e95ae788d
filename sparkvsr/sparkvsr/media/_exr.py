"""EXR files through OpenEXR itself: their attributes, and writing.

OpenImageIO, which reads the pixels, can neither write 32-bit integers nor keep attributes of a type
that it does not know; OpenEXR does both.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR  # type: ignore[import-not-found]

from ._extras import Plane
from ._info import ColourTags
from ._timecode import Timecode

# Attributes that describe how the source is laid out, or that `header` sets or leaves out itself.
_NOT_KEPT = frozenset(
    {
        "acesImageContainerFlag",
        "channels",
        "chromaticities",
        "chunkCount",
        "colorInteropID",
        "compression",
        "dataWindow",
        "displayWindow",
        "dwaCompressionLevel",
        "framesPerSecond",
        "lineOrder",
        "maxSamplesPerPixel",
        "name",
        "pixelAspectRatio",
        "preview",
        "tiles",
        "type",
        "version",
    }
)


def attributes(path: Path, part: int) -> dict[str, Any]:
    """The attributes of a part that are kept, of a file that has been read before."""
    header = OpenEXR.File(str(path), header_only=True).parts[part].header
    return {name: value for name, value in header.items() if name not in _NOT_KEPT}


def header(
    kept: Mapping[str, Any],
    pixel_aspect: Fraction,
    rate: Fraction | None,
    timecode: Timecode | None,
    colour: ColourTags,
) -> dict[str, Any]:
    """The attributes of a file: those of the source, and over them what is known of the output."""
    made: dict[str, Any] = {
        **kept,
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "pixelAspectRatio": float(pixel_aspect),
    }
    if rate:
        made["framesPerSecond"] = rate
    if timecode:
        *label, drop, field = timecode.fields
        made["timeCode"] = OpenEXR.TimeCode(*label, drop, 0, field, *[0] * 11)
    if colour.chromaticities:
        made["chromaticities"] = colour.chromaticities
    if colour.space:
        made["colorInteropID"] = colour.space
    return made


def write(path: Path, frame: Plane, channels: Mapping[str, Plane], header: dict[str, Any]) -> str:
    """Write H W 3 RGB and other channels of the same size; why it failed, or an empty string."""
    planes = {name: np.ascontiguousarray(frame[..., c]) for c, name in enumerate("RGB")}
    try:
        OpenEXR.File(header, {**planes, **channels}).write(str(path))
    except (RuntimeError, ValueError, TypeError) as error:
        return str(error).rstrip(".")
    return ""
