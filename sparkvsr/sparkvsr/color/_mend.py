"""Values that are no numbers, as a renderer's division by zero leaves them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cancel import Cancelled, never, stop_if

Picture = NDArray[np.float32]

HALF_MAX: Final = 65504.0


def mend(picture_HWC: Picture, cancelled: Cancelled = never) -> tuple[Picture, int]:
    """Replace NaN and Inf by the mean of the finite values around, channel by channel.

    Around means a square of 3 pixels, or of 5, 9, 17 and so on if that has none; a channel without
    any finite value becomes 0. Neighbours beyond what half can hold count as its largest value.

    Returns:
        The picture, the same object if there was nothing to mend; and how many pixels were mended.

    Raises:
        CancelledError: `cancelled()` answered True.
    """
    finite_HWC = np.isfinite(picture_HWC)
    if finite_HWC.all():
        return picture_HWC, 0
    mended_HWC = picture_HWC.copy()
    for channel in range(picture_HWC.shape[2]):
        mended_HWC[..., channel] = _filled(
            picture_HWC[..., channel], finite_HWC[..., channel], cancelled
        )
    return mended_HWC, int((~finite_HWC.all(axis=2)).sum())


def _filled(values_HW: Picture, known_HW: NDArray[np.bool_], cancelled: Cancelled) -> Picture:
    filled_HW = np.where(known_HW, values_HW, np.float32(0.0))
    near_HW = np.clip(filled_HW, -HALF_MAX, HALF_MAX)  # running sums lose the small beside 1e30
    missing_HW = ~known_HW
    radius = 1
    while missing_HW.any() and radius < 2 * max(values_HW.shape):
        stop_if(cancelled)
        rows, columns = np.nonzero(missing_HW)
        around = (_span(rows, radius), _span(columns, radius))
        side = (2 * radius + 1, 2 * radius + 1)
        # Only of what was finite in the source: else the first to be filled would count double.
        counts = _sums(known_HW[around], side)
        sums = _sums(near_HW[around], side)
        found = missing_HW[around] & (counts > 0.5)
        filled_HW[around][found] = (sums[found] / counts[found]).astype(np.float32)
        missing_HW[around][found] = False
        radius *= 2
    return filled_HW


def _span(positions: NDArray[np.intp], radius: int) -> slice:
    return slice(max(int(positions.min()) - radius, 0), int(positions.max()) + radius + 1)


def _sums(values_HW: NDArray[np.generic], side: tuple[int, int]) -> NDArray[np.float64]:
    """Of the square around each."""
    sums = cv2.boxFilter(
        values_HW.astype(np.float64), -1, side, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(sums, np.float64)
