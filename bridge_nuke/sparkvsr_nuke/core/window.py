"""The box of pixels that is handed over: what was seen of the inputs, and what fits together.

A window is a box in the plate's pixels: the format, and with overscan the bounding boxes of all
frames. Its files know nothing of the format around it; the node puts their pictures back at
`corner * scale`, where scale = width of the picture / width of the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sparkvsr_link import BridgeError

from .stamp import Hashes

MOST_OVERSCAN = 2
"""A window may be this many times the format; more is a bounding box that nobody meant."""

# With even corners every upscale of whole and half steps (1, 1.5, 2, …) gives whole pixels.
_STEP = 2


class Window(NamedTuple):
    """A box of pixels, counted from the lower left of the format; `r` and `t` lie outside."""

    x: int
    y: int
    r: int
    t: int

    @property
    def width(self) -> int:
        return self.r - self.x

    @property
    def height(self) -> int:
        return self.t - self.y


@dataclass(frozen=True)
class Look:
    """What was seen of an input at one frame.

    Attributes:
        hashes: those of everything that feeds it.
        width, height: of the format, in pixels.
        pixel_aspect: of the format, width of a pixel / its height.
        bbox: where it has pixels; may lie within, around or beside the format.
    """

    hashes: Hashes
    width: int
    height: int
    pixel_aspect: float
    bbox: Window

    @property
    def size(self) -> str:
        """The format in words."""
        aspect = "" if self.pixel_aspect == 1 else f" (pixel aspect {self.pixel_aspect:g})"
        return f"{self.width}×{self.height}{aspect}"

    @property
    def _format(self) -> tuple[int, int, float]:
        return self.width, self.height, self.pixel_aspect


def check_formats(plate: Mapping[int, Look]) -> None:
    """Refuse a plate that is not of one format.

    Args:
        plate: frame number to what was seen there.

    Raises:
        BridgeError: the format changes; names the frames on both sides of the first change.
    """
    before, *others = sorted(plate)
    for after in others:
        if plate[before]._format != plate[after]._format:
            raise BridgeError(
                f"The plate is {plate[before].size} up to frame {before} and {plate[after].size} "
                f"from {after} on.",
                "Bring it to one size with a Reformat, or restore each part with a node of its "
                "own.",
            )
        before = after


def find_window(plate: Iterable[Look], overscan: bool) -> Window:
    """What is exported of a plate of one format.

    Without overscan the format; else the smallest box around it and the bounding box of every
    frame, whose corners are even where it is larger than the format.

    Raises:
        BridgeError: with overscan it is more than `MOST_OVERSCAN` times as wide or high as the
            format.
    """
    looks = list(plate)
    first = looks[0]
    form = Window(0, 0, first.width, first.height)
    boxes = [form, *(look.bbox for look in looks)] if overscan else [form]
    window = Window(
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.r for box in boxes),
        max(box.t for box in boxes),
    )
    if window == form:
        return form
    if window.width > MOST_OVERSCAN * form.width or window.height > MOST_OVERSCAN * form.height:
        raise BridgeError(
            f"The bounding box of the plate is {window.width}×{window.height}, more than "
            f"{MOST_OVERSCAN} times its format {first.size}.",
            "Crop the plate's bounding box before the node, or switch `overscan` off.",
        )
    x, y, r, t = window
    return Window(x - x % _STEP, y - y % _STEP, r + r % _STEP, t + t % _STEP)


def check_keyframes(
    plate: Mapping[int, Look], keyframes: Mapping[int, Look], window: Window
) -> None:
    """Refuse keyframes that cannot be laid over the plate.

    A keyframe has the plate's format or an exact multiple of it in both directions, and has
    pixels wherever the plate has some within the window: what is missing there would be carried
    through the shot as if it were meant. One pixel of the plate may be missing on each side,
    because Nuke puts a black one around pictures that do not fill their format.

    Args:
        plate, keyframes: frame number to what was seen there; the plate at each keyframe's frame,
            at least.

    Raises:
        BridgeError: the first keyframe that does not fit, and why.
    """
    for frame, keyframe in sorted(keyframes.items()):
        below = plate[frame]
        _check_size(frame, keyframe, below, window)
        _check_cover(frame, keyframe, below, window)


def _check_size(frame: int, keyframe: Look, plate: Look, window: Window) -> None:
    start = f"Keyframe {frame} is {keyframe.size} and the plate {plate.size}"
    if keyframe.pixel_aspect != plate.pixel_aspect:
        raise BridgeError(f"{start}.", "Reformat the keyframe to the plate's pixel aspect.")
    uniform = keyframe.width * plate.height == keyframe.height * plate.width
    if not uniform or keyframe.width < plate.width:
        raise BridgeError(
            f"{start}: it is neither of that size nor an exact multiple of it.",
            "Bring the keyframe to the plate's format, or to 2, 3 or 4 times of it.",
        )
    if any(side * keyframe.width % plate.width for side in window):
        raise BridgeError(
            f"{start}: the plate's overscan would not end on whole pixels of it.",
            "Bring the keyframe to the plate's format, or to 2, 3 or 4 times of it; or switch "
            "`overscan` off.",
        )


def _check_cover(frame: int, keyframe: Look, plate: Look, window: Window) -> None:
    scale = keyframe.width / plate.width
    needed, found = plate.bbox, keyframe.bbox
    low = (max(needed.x, window.x) + 1, max(needed.y, window.y) + 1)
    high = (min(needed.r, window.r) - 1, min(needed.t, window.t) - 1)
    if (
        found.x > low[0] * scale
        or found.y > low[1] * scale
        or found.r < high[0] * scale
        or found.t < high[1] * scale
    ):
        raise BridgeError(
            f"Keyframe {frame} has pixels in {_box(found)} only, and the plate in "
            f"{_box(plate.bbox)}{'' if scale == 1 else f' at {1 / scale:g} of its size'}.",
            "Give the keyframe pixels wherever the plate has some; with `overscan` off only those "
            "within the format count.",
        )


def _box(box: Window) -> str:
    return f"{box.x}…{box.r} × {box.y}…{box.t}"
