"""EXR files as Nuke's reader and writer treat them, through OpenEXR."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR  # type: ignore[import-not-found]

from .formats import Format
from .image import Image

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION,
    "Zip (1 scanline)": OpenEXR.ZIPS_COMPRESSION,
    "Zip (16 scanlines)": OpenEXR.ZIP_COMPRESSION,
    "PIZ Wavelet (32 scanlines)": OpenEXR.PIZ_COMPRESSION,
    "RLE": OpenEXR.RLE_COMPRESSION,
    "B44": OpenEXR.B44_COMPRESSION,
    "B44A": OpenEXR.B44A_COMPRESSION,
    "DWAA": OpenEXR.DWAA_COMPRESSION,
    "DWAB": OpenEXR.DWAB_COMPRESSION,
}
LETTERS = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}
INTERLEAVE = ("channels, layers and views", "channels and layers", "channels")
METADATA = (
    "no metadata",
    "default metadata",
    "default metadata and exr/*",
    "all metadata except input/*",
    "all metadata",
)


def file_name(channel: str) -> str:
    """`rgba.red` is R in a file, other layers keep their full names."""
    layer, _, name = channel.partition(".")
    return LETTERS[name] if layer == "rgba" else channel


def node_name(channel: str) -> str:
    names = {letter: name for name, letter in LETTERS.items()}
    return f"rgba.{names[channel]}" if channel in names else channel


def kept_metadata(metadata: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """The attributes that a mode writes; keys without a place of their own get `nuke/`."""
    if mode == "no metadata":
        return {}
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        default = key in {"input/timecode", "input/frame_rate"}
        ours = {
            "default metadata": default,
            "default metadata and exr/*": default or key.startswith("exr/"),
            "all metadata except input/*": not key.startswith("input/"),
            "all metadata": True,
        }[mode]
        if ours:
            if key.startswith("exr/"):  # came from a file, and goes as what it was
                found[key.removeprefix("exr/")] = value
            else:
                found[f"nuke/{key}"] = str(value)
    return found


def trimmed(image: Image) -> Image:
    """Without the border that is only there to be black."""
    x, y, r, t = image.bbox
    if not image.bordered or r - x < 3 or t - y < 3:
        return image
    return image.over((x + 1, y + 1, r - 1, t - 1))


def write(
    path: Path,
    views: Mapping[str, Image],
    half: bool,
    compression: str,
    metadata: Mapping[str, Any],
    interleave: str,
) -> None:
    """Write one frame under a temporary name and rename it.

    The data window is the box, the display window the format; views other than the first get their
    name before their channels. Values beyond half's range become infinite, as a bare cast does.
    """
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    header: dict[str, Any] = {}
    for index, (view, image) in enumerate(views.items()):
        image = trimmed(image)
        x, y, r, t = image.bbox
        width, height = image.format.width(), image.format.height()
        window = np.array([x, height - t], np.int32), np.array([r - 1, height - y - 1], np.int32)
        header = {
            **metadata,
            "compression": COMPRESSIONS[compression],
            "type": OpenEXR.scanlineimage,
            "displayWindow": (np.zeros(2, np.int32), np.array([width - 1, height - 1], np.int32)),
            "dataWindow": window,
            "pixelAspectRatio": image.format.pixelAspect(),
        }
        for name, plane in image.planes.items():
            key = ("" if interleave == INTERLEAVE[0] else view, "")
            if interleave == INTERLEAVE[2]:
                key = (view, name.partition(".")[0])
            channel = file_name(name) if not index else f"{view}.{file_name(name)}"
            with np.errstate(over="ignore"):
                stored = plane[::-1].astype(np.float16 if half else np.float32)
            groups.setdefault(key, {})[channel] = np.ascontiguousarray(stored)
    if len(views) > 1:
        header["multiView"] = list(views)
    partial = path.with_name(f"{path.name}.tmp")
    if len(groups) == 1:
        made = OpenEXR.File(header, next(iter(groups.values())))
    else:
        parts = [
            OpenEXR.Part({**header, "name": " ".join(filter(None, key))}, channels, "".join(key))
            for key, channels in groups.items()
        ]
        made = OpenEXR.File(parts)
    made.write(str(partial))
    partial.replace(path)


def _order(name: str) -> tuple[int, str]:
    return ("RGBA".find(name) if name in LETTERS.values() else len(LETTERS), name)


def read(path: Path) -> Image:
    """A file as the reader gives it: a box that is not the format grows by a black pixel.

    Raises:
        OSError, RuntimeError: it is missing or damaged; parts that do not agree.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file or directory")
    # Taken whole: numbers must not change under an image that is held.
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    header = parts[0].header
    window = header["dataWindow"]
    if any(not np.array_equal(part.header["dataWindow"], window) for part in parts):
        raise RuntimeError("Multipart data window size must be consistent")
    (left, top), (right, bottom) = window
    (dx, dy), (dr, db) = header["displayWindow"]
    width, height = int(dr - dx + 1), int(db - dy + 1)
    x, t = int(left - dx), height - int(top - dy)
    box = (x, t - int(bottom - top + 1), x + int(right - left + 1), t)
    planes = {
        node_name(name): np.array(channel.pixels, np.float32)[::-1]
        for part in parts
        for name, channel in sorted(part.channels.items(), key=lambda c: _order(c[0]))
    }
    metadata = {
        f"exr/{name}": value for name, value in header.items() if isinstance(value, str | float)
    }
    aspect = float(header.get("pixelAspectRatio", 1.0))
    image = Image(Format(width, height, aspect), box, planes, metadata)
    if box == (0, 0, width, height):
        return image
    grown = image.over((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1))
    return Image(grown.format, grown.bbox, grown.planes, metadata, bordered=True)
