"""Read nodes: which file a frame is, and the caches that keep showing what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from . import exr
from .host import host
from .image import Image, OpError

ON_ERROR = ("error", "black", "checkerboard", "nearest frame")
LOCALIZATION = ("on", "from auto-localize path", "on demand", "off")
OUTSIDE = ("hold", "loop", "bounce", "black")


def fake_lut(image: Image) -> Image:
    """What reading does to colours unless `raw` is set; it does not undo what writing does."""
    return image.mapped(lambda _, plane: plane * 0.25 + 0.5)


class Cache:
    """What one Read node has seen: files by path, local copies by path."""

    def __init__(self) -> None:
        self.seen: dict[str, Image] = {}
        self.local: dict[str, Image] = {}
        self.reloads = 0

    def load(self, path: str, localized: bool) -> Image:
        if localized and path in self.local:
            return self.local[path]
        if path not in self.seen:
            self.seen[path] = exr.read(Path(path))
        if localized:
            self.local[path] = self.seen[path]
        return self.seen[path]

    def reload(self) -> None:
        self.seen.clear()
        self.reloads += 1

    def update_localization(self) -> None:
        self.local.clear()
        self.reload()


def file_frame(node: Any, frame: int) -> int | None:
    """The frame number in the file names, or None where the node shows black."""
    number = int(frame)
    offset = node._knobs["frame"]._get()
    match node._knobs["frame_mode"]._get():
        case "start at" if offset:
            number = number - int(offset) + node._knobs["origfirst"]._get_int()
        case "offset" if offset:
            number += int(offset)
        case "expression" if offset:
            raise OpError(node._full_name(), "expressions of frames are not emulated")
    first, last = (int(node._knobs[end]._get()) for end in ("first", "last"))
    if first <= number <= last:
        return number
    mode = node._knobs["before" if number < first else "after"]._get()
    length = last - first + 1
    if mode == "black":
        return None
    if mode == "loop":
        return first + (number - first) % length
    if mode == "bounce":
        step = (number - first) % (2 * length)
        return first + min(step, 2 * length - 1 - step)
    return min(max(number, first), last)


def read(node: Any, frame: int, view: str) -> Image:
    """The picture that a Read gives at a frame.

    Raises:
        OpError: no file where `on_error` is `error`, or no path at all.
    """
    number = file_frame(node, frame)
    if number is None:
        return _black(node)
    path = node._knobs["file"]._path(number, view)
    if not path:
        raise OpError(node._full_name(), "no filename specified")
    localized = node._knobs["localizationPolicy"]._get() == "on"
    try:
        image = node._cache.load(path, localized)
    except (OSError, RuntimeError) as error:
        image = _instead(node, number, view, str(error))
    return image if node._knobs["raw"]._get() else fake_lut(image)


def _instead(node: Any, frame: int, view: str, why: str) -> Image:
    match node._knobs["on_error"]._get():
        case "black":
            return _black(node)
        case "checkerboard":
            black = _black(node)
            return black.mapped(lambda _, plane: plane + np.indices(plane.shape).sum(0) % 2)
        case "nearest frame":
            first, last = (int(node._knobs[end]._get()) for end in ("first", "last"))
            for other in sorted(range(first, last + 1), key=lambda f: abs(f - frame)):
                path = node._knobs["file"]._path(other, view)
                if Path(path).is_file():
                    return exr.read(Path(path))
    raise OpError(node._full_name(), f"Read error: {why}")


def _black(node: Any) -> Image:
    form = node._knobs["format"]._value
    box = (0, 0, form.width(), form.height())
    shape = form.height(), form.width()
    names = ("red", "green", "blue", "alpha")
    return Image(form, box, {f"rgba.{name}": np.zeros(shape, np.float32) for name in names})


def proxied(image: Image) -> Image:
    """Half the size, or what the script says, while proxy is on."""
    root = host().root
    return image.scaled(root._knobs["proxy_scale"]._at()) if root._proxy() else image
