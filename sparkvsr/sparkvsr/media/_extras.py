"""What a frame holds beside R, G and B: alpha, other channels, and the header of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..depth import Frame, as_picture

Plane = NDArray[Any]
"""H W of one channel; uint8 and uint16 (their maximum stands for 1.0), uint32, float16, float32."""

ALPHA = "A"
_IDS = re.compile(r"crypto|(^|[._]|object|material|asset|instance)id($|[._])", re.IGNORECASE)
_PICTURE = frozenset({"R", "G", "B", "A", "Y"})


@dataclass(frozen=True)
class Extras:
    """Of one frame.

    Attributes:
        channels: by name, in the picture's size (of EXR: its display window).
        header: attributes of an EXR file by name, for an EXR file; as the OpenEXR package has them.
    """

    channels: Mapping[str, Plane] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)

    def fitted(self, names: Iterable[str], width: int, height: int) -> Extras:
        """The channels `names` alone, resampled to a size."""
        return Extras(
            {n: resampled(n, self.channels[n], width, height) for n in names}, self.header
        )


def resampled(name: str, plane: Plane, width: int, height: int) -> Plane:
    """A channel in another size; in its own size it comes back as it is.

    Integers of 32 bits and channels that name objects (`id`, `objectId`, `crypto…`) keep their
    values: nearest. Of the rest, R, G, B, A and Y of any layer are pictures: cubic, within their
    own range. All others are data (depth, motion, normals): linear, which invents no value that is
    nearer, faster or steeper than its neighbours. All but ids are averaged where they shrink.
    """
    if plane.shape == (height, width):
        return plane
    if plane.dtype == np.uint32 or _IDS.search(name):
        rows = (np.arange(height) * 2 + 1) * plane.shape[0] // (2 * height)
        columns = (np.arange(width) * 2 + 1) * plane.shape[1] // (2 * width)
        return np.ascontiguousarray(plane[rows[:, None], columns])
    is_picture = name.rpartition(".")[2] in _PICTURE
    larger = cv2.INTER_CUBIC if is_picture else cv2.INTER_LINEAR
    shrinks = height < plane.shape[0] or width < plane.shape[1]
    values = plane.astype(np.float32)
    resized = cv2.resize(
        values, (width, height), interpolation=cv2.INTER_AREA if shrinks else larger
    )
    within = np.clip(resized, np.fmin.reduce(values, None), np.fmax.reduce(values, None))
    if plane.dtype.kind == "u":
        within = np.rint(within)
    return within.astype(plane.dtype)


def associated(frame: Frame, alpha: Plane, *, multiply: bool) -> Frame:
    """Colours multiplied by their alpha, or divided by it where it is above 0; H W 3 float32."""
    picture = as_picture(frame)
    coverage = as_picture(alpha)[..., None]
    if multiply:
        return picture * coverage
    return np.divide(picture, coverage, out=picture.copy(), where=coverage > 0)
