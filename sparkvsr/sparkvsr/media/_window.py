"""Where pixels lie: data and display windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Window = tuple[int, int, int, int]
"""x, y, width, height."""


def in_window(pixels: NDArray[Any], x: int, y: int, window: Window) -> NDArray[Any]:
    """Pixels (H W …) whose corner lies at x, y, as `window` shows them: cut, and 0 around them."""
    height, width = pixels.shape[:2]
    left, top, full_width, full_height = window
    if (x, y, width, height) == window:
        return pixels
    canvas = np.zeros((full_height, full_width, *pixels.shape[2:]), pixels.dtype)
    x0, y0 = max(x, left), max(y, top)
    x1, y1 = min(x + width, left + full_width), min(y + height, top + full_height)
    if x0 < x1 and y0 < y1:
        shown = pixels[y0 - y : y1 - y, x0 - x : x1 - x]
        canvas[y0 - top : y1 - top, x0 - left : x1 - left] = shown
    return canvas
