"""Pictures at another size. Axes: H W pixels, C channels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]


def resized(picture_HWC: Picture, width: int, height: int) -> Picture:
    """Averaged over areas where it gets smaller, bicubic where it gets larger; not clamped."""
    if picture_HWC.shape[:2] == (height, width):
        return picture_HWC
    smaller = picture_HWC.shape[1] > width
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    resized_HWC = cv2.resize(picture_HWC, (width, height), interpolation=interpolation)
    return np.asarray(resized_HWC, np.float32)
