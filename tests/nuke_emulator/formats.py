"""Small value classes: formats, boxes, frame ranges."""

# ruff: noqa: N802
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .host import api, api_class

_ROOT_FORMAT = (64, 48, 1.0, "emulator_64")


@api_class
class Format:
    """Size and pixel aspect: `Format(width, height, aspect)`."""

    def __init__(self, width: int, height: int, pixelAspect: float = 1.0, name: str = "") -> None:
        self._width, self._height = int(width), int(height)
        self._aspect, self._name = float(pixelAspect), name

    def width(self) -> int:
        return self._width

    def height(self) -> int:
        return self._height

    def pixelAspect(self) -> float:
        return self._aspect

    def name(self) -> str:
        return self._name

    def x(self) -> int:
        return 0

    def y(self) -> int:
        return 0

    def r(self) -> int:
        return self._width

    def t(self) -> int:
        return self._height

    def _text(self) -> str:
        return f"{self._width} {self._height} 0 0 {self._width} {self._height} {self._aspect:g}" + (
            f" {self._name}" if self._name else ""
        )


def parse_format(text: str) -> Format:
    """`w h [x y r t] aspect name` as addFormat and scripts write it."""
    numbers, name = [], ""
    for word in text.split():
        try:
            numbers.append(float(word))
        except ValueError:
            name = word
    if len(numbers) not in {2, 3, 7}:
        raise RuntimeError(f"bad format {text!r}")
    aspect = numbers[-1] if len(numbers) in {3, 7} else 1.0
    return Format(int(numbers[0]), int(numbers[1]), aspect, name)


def default_format() -> Format:
    return Format(*_ROOT_FORMAT)


@api
def addFormat(s: str) -> Format:
    return parse_format(s)


@api_class
class Info:
    """What `Node.bbox` returns: x, y, w, h."""

    def __init__(self, x: int, y: int, r: int, t: int) -> None:
        self._box = (x, y, r - x, t - y)

    def x(self) -> int:
        return self._box[0]

    def y(self) -> int:
        return self._box[1]

    def w(self) -> int:
        return self._box[2]

    def h(self) -> int:
        return self._box[3]


@api_class
class FrameRange:
    """`FrameRange(first, last, incr)` or `FrameRange("1-10x2")`."""

    def __init__(self, *args: Any) -> None:
        match args:
            case [str(text)]:
                self._first, self._last, self._step = _parse_range(text)
            case [int(first), int(last)]:
                self._first, self._last, self._step = first, last, 1
            case [int(first), int(last), int(step)]:
                self._first, self._last, self._step = first, last, step
            case _:
                raise TypeError(f"FrameRange{args}")
        if self._first > self._last or self._step < 1:
            raise ValueError(f"Frame Range invalid ({self._first}-{self._last}x{self._step})")

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self._last

    def increment(self) -> int:
        return self._step

    def minFrame(self) -> int:
        return self._first

    def maxFrame(self) -> int:
        return max(self._frames())

    def frames(self) -> int:
        return len(self._frames())

    def isInRange(self, n: int) -> bool:
        return n in self._frames()

    def _frames(self) -> range:
        return range(self._first, self._last + 1, self._step)

    def __iter__(self) -> Iterator[int]:
        return iter(self._frames())

    def __str__(self) -> str:
        return f"{self._first}-{self._last}" + (f"x{self._step}" if self._step > 1 else "")


def _parse_range(text: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"(-?\d+)(?:-(-?\d+)(?:x(\d+))?)?", text)
    if not found:
        raise ValueError(f"Frame Range invalid ({text})")
    first, last, step = found.groups()
    return int(first), int(first if last is None else last), int(step or 1)


@api_class
class FrameRanges:
    """Several ranges: a list of texts or ranges, or one text."""

    def __init__(self, ranges: Any = ()) -> None:
        parts = ranges.split() if isinstance(ranges, str) else ranges
        self._ranges = [r if isinstance(r, FrameRange) else FrameRange(r) for r in parts]

    def add(self, r: FrameRange) -> None:
        self._ranges.append(r)

    def size(self) -> int:
        return len(self._ranges)

    def minFrame(self) -> int:
        return min(r.minFrame() for r in self._ranges)

    def maxFrame(self) -> int:
        return max(r.maxFrame() for r in self._ranges)

    def toFrameList(self) -> list[int]:
        return [frame for r in self._ranges for frame in r]

    def __iter__(self) -> Iterator[FrameRange]:
        return iter(self._ranges)
