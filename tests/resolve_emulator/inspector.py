"""Properties of the Inspector: their defaults, their ranges, and what they do to a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import Item

DEFAULTS: dict[str, Any] = {
    "Pan": 0.0,
    "Tilt": 0.0,
    "ZoomX": 1.0,
    "ZoomY": 1.0,
    "ZoomGang": True,
    "RotationAngle": 0.0,
    "AnchorPointX": 0.0,
    "AnchorPointY": 0.0,
    "Pitch": 0.0,
    "Yaw": 0.0,
    "FlipX": False,
    "FlipY": False,
    "CropLeft": 0.0,
    "CropRight": 0.0,
    "CropTop": 0.0,
    "CropBottom": 0.0,
    "CropSoftness": 0.0,
    "CropRetain": False,
    "DynamicZoomEase": 0,
    "CompositeMode": 0,
    "Opacity": 100.0,
    "Distortion": 0.0,
    "RetimeProcess": 0,
    "MotionEstimation": 0,
    "Scaling": 0,
    "ResizeFilter": 0,
}
RANGES = {"ZoomX": (0.0, 100.0), "ZoomY": (0.0, 100.0), "Opacity": (0.0, 100.0)}


def answer(item: Item, key: str) -> Any:
    """One property, or all for the empty name; None for a name that there is not."""
    found = {**DEFAULTS, **item.properties}
    return found.get(key) if key else found


def possible(key: str, value: Any) -> bool:
    default = DEFAULTS.get(key)
    if isinstance(default, bool):
        return isinstance(value, bool)
    return default is not None and isinstance(value, int | float) and not isinstance(value, bool)


def change(item: Item, key: str, value: Any) -> bool:
    """A value out of range is taken as the end of the range."""
    if not possible(key, value):
        return False
    low, high = RANGES.get(key, (value, value))
    kind = type(DEFAULTS[key])
    item.properties[key] = kind(min(max(value, low), high))
    return True


def transformed(item: Item, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Zoom, pan, tilt and flip of a picture H W 3, in whole pixels; black where nothing is."""
    found = answer(item, "")
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    x = (x + 0.5 - width / 2 - found["Pan"]) / max(found["ZoomX"], 1e-6)
    y = (y + 0.5 - height / 2 + found["Tilt"]) / max(found["ZoomY"], 1e-6)
    x, y = (-x if found["FlipX"] else x), (-y if found["FlipY"] else y)
    column = np.floor(x + width / 2).astype(int)
    row = np.floor(y + height / 2).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    taken = picture[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.where(inside[..., None], taken, np.float32(0))
