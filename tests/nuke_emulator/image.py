"""Pictures as nodes pass them on, and plates whose pixels say where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .formats import Format

Array = NDArray[Any]
Box = tuple[int, int, int, int]  # x, y, r, t: r and t are outside, y counts from below
RGB = ("rgba.red", "rgba.green", "rgba.blue")


class OpError(Exception):
    """A node cannot give a frame: `node` is its full name."""

    def __init__(self, node: str, text: str) -> None:
        super().__init__(f"{node}: {text}")


@dataclass(frozen=True)
class Image:
    """One frame of one view.

    Attributes:
        planes: channel name (`rgba.red`, `depth.Z`) to float32 H W over `bbox`, lowest row first.
        bordered: the outermost pixels of the box are only there to be black.
    """

    format: Format
    bbox: Box
    planes: Mapping[str, Array]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    bordered: bool = False

    def over(self, box: Box) -> Image:
        """The same picture on another box, black where there was nothing."""
        x, y, r, t = box
        ox, oy, ort, ot = self.bbox
        left, low, right, top = max(x, ox), max(y, oy), min(r, ort), min(t, ot)
        planes = {}
        for name, plane in self.planes.items():
            made = np.zeros((t - y, r - x), np.float32)
            if right > left and top > low:
                made[low - y : top - y, left - x : right - x] = plane[
                    low - oy : top - oy, left - ox : right - ox
                ]
            planes[name] = made
        return replace(self, bbox=box, planes=planes)

    def mapped(self, change: Callable[[str, Array], Array]) -> Image:
        """Every plane of red, green and blue changed."""
        planes = {n: change(n, p) if n in RGB else p for n, p in self.planes.items()}
        return replace(self, planes={n: p.astype(np.float32) for n, p in planes.items()})

    def scaled(self, x: float, y: float | None = None, to: Format | None = None) -> Image:
        """Resized by the nearest pixel: values stay what they were."""
        y = x if y is None else y
        w, h = self.format.width(), self.format.height()
        made = to or Format(
            max(1, round(w * x)), max(1, round(h * y)), self.format.pixelAspect(), ""
        )
        box = (
            round(self.bbox[0] * x),
            round(self.bbox[1] * y),
            round(self.bbox[2] * x),
            round(self.bbox[3] * y),
        )
        box = (*box[:2], max(box[2], box[0] + 1), max(box[3], box[1] + 1))
        height, width = self.bbox[3] - self.bbox[1], self.bbox[2] - self.bbox[0]
        rows = ((np.arange(box[3] - box[1]) + 0.5) * height / (box[3] - box[1])).astype(int)
        columns = ((np.arange(box[2] - box[0]) + 0.5) * width / (box[2] - box[0])).astype(int)
        planes = {n: p[np.ix_(rows, columns)] for n, p in self.planes.items()}
        return replace(self, format=made, bbox=box, planes=planes)


Painter = Callable[[int, Array, Array], Mapping[str, Array]]


@dataclass
class Plate:
    """What a synthetic plate shows.

    Red is frame / 1024, green 2 * branch + x / 64 (superwhite from branch 1 on),
    blue -(y + 1) / 64, alpha a quarter to one: all exact in half floats for frames below 2048 and
    sizes below 64.

    Attributes:
        branch: which plate it is, 0 to 3.
        overscan: pixels beyond the format on every side.
        painter: frame, x H W, y H W to planes, instead of the code above.
        sizes: frames at which the format is another.
        errors: frames that fail, with the message.
    """

    branch: int = 0
    first: int = 1001
    last: int = 1010
    size: tuple[int, int] = (16, 12)
    aspect: float = 1.0
    overscan: int = 0
    layers: tuple[str, ...] = ()
    painter: Painter | None = None
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def image(self, frame: int) -> Image:
        width, height = self.sizes.get(frame, self.size)
        o = self.overscan
        box = (-o, -o, width + o, height + o)
        y, x = np.mgrid[-o : height + o, -o : width + o].astype(np.float32)
        planes = dict((self.painter or self.code)(frame, x, y))
        for index, layer in enumerate(self.layers):
            planes[layer] = np.full_like(x, frame / 1024 + index + 1)
        made = {n: np.asarray(p, np.float32) for n, p in planes.items()}
        metadata = {"input/frame_rate": 24.0, "input/frame": frame, **self.metadata}
        return Image(Format(width, height, self.aspect), box, made, metadata)

    def code(self, frame: int, x: Array, y: Array) -> dict[str, Array]:
        return {
            "rgba.red": np.full_like(x, frame / 1024),
            "rgba.green": 2 * self.branch + x / 64,
            "rgba.blue": -(y + 1) / 64,
            "rgba.alpha": ((x + y) % 4 + 1) / 4,
        }


def decode(red: Any, green: Any) -> tuple[int, int]:
    """Frame number and branch of a pixel of a plate."""
    return round(float(red) * 1024), round((float(green)) // 2)
