"""A plate with a moving subject for the emulated Nuke, and keyframes of it with a dab of colour."""

from __future__ import annotations

from typing import Any

import numpy as np

from nuke_emulator import Plate

SIZE = (48, 32)
CORNER = 6  # the code of frame and branch fills so many pixels, lower left
DAB = (1.5, -0.25, 4.0)  # what the keyframes add on the subject, in red, green, blue


def moving_plate(first: int = 1001, last: int = 1006, dab: bool = False, **more: Any) -> Plate:
    """A gradient from below 0 to above 1, a square moving over it, and a code in the corner.

    The code is that of `Plate`, for `nuke_emulator.decode`; branch 2 where there is a dab.
    """

    def paint(frame: int, x: Any, y: Any) -> dict[str, Any]:
        left = 12 + 3 * (frame - first)
        subject = (x >= left) & (x < left + 10) & (y >= 12) & (y < 22)
        texture = ((x - left) * 7 + y * 3) % 5 / 8
        planes = {
            "rgba.red": np.where(subject, 0.25 + texture, x / 32 - 0.25),
            "rgba.green": np.where(subject, 0.75 - texture, y / 16),
            "rgba.blue": np.where(subject, 2.0 + texture, -(x + y) / 64),
            "rgba.alpha": ((x + y + frame) % 4 + 1) / 4,
        }
        if dab:
            for plane, added in zip(list(planes)[:3], DAB, strict=True):
                planes[plane] = planes[plane] + np.where(subject, added, 0)
        code = (x < CORNER) & (y < CORNER)
        planes["rgba.red"] = np.where(code, frame / 1024, planes["rgba.red"])
        planes["rgba.green"] = np.where(code, 2.5, planes["rgba.green"])
        return planes

    return Plate(first=first, last=last, size=SIZE, painter=paint, layers=("depth.Z",), **more)


def subject(frame: int, first: int = 1001) -> tuple[slice, slice]:
    """Rows and columns well inside of the square."""
    left = 12 + 3 * (frame - first)
    return slice(14, 20), slice(left + 2, left + 8)
