"""What a grade does here and not there: a local affine change of colour for each cell of a picture.

Fitted as in a guided filter (He, Sun and Tang 2013), the source being the guide: around each cell
the change is explained by the colour, d_c = Σ_j a_cj y_j + b_c, and the slopes and offsets of
overlapping surroundings are averaged. So a change follows edges of the source, grows with the
picture's own values where a gain was made, and holds no detail of its own.

Axes: h w cells of the small picture, C channels (3), K coefficients of a cell: for each channel
three slopes and an offset (12).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cancel import Cancelled, never, stop_if
from ..motion import Map, Picture, warped

STEADY: Final = 0.003
"""Variance of colour, of the encoded range squared, below which a surrounding has no slope."""
SPOT: Final = 4.0
"""How many times the usual local deviation makes a spot: dust, a scratch, a highlight."""
USUAL: Final = 0.05
"""Of a picture's longer side: the surroundings in which a deviation is usual or not."""
LEAST_DEVIATION: Final = 1e-3
"""Of the encoded range: below, nothing is a spot."""

Field = NDArray[np.float32]
"""h w K."""
UPPER: Final = np.triu_indices(3)


def no_field(height: int, width: int) -> Field:
    return np.zeros((height, width, 12), np.float32)


def local_change(field: Field, encoded_hwC: Picture, cancelled: Cancelled = never) -> Picture:
    """The change of each pixel; a larger picture gets the field smoothly enlarged.

    Raises:
        CancelledError: `cancelled()` answered True.
    """
    height, width = encoded_hwC.shape[:2]
    change_hwC = np.empty_like(encoded_hwC)
    for channel in range(3):
        stop_if(cancelled)
        part_hwK = np.ascontiguousarray(field[..., 4 * channel : 4 * channel + 4])
        if part_hwK.shape[:2] != (height, width):
            size = (width, height)
            part_hwK = np.asarray(cv2.resize(part_hwK, size, interpolation=cv2.INTER_CUBIC))
        change_hwC[..., channel] = part_hwK[..., 3]
        for guide in range(3):
            change_hwC[..., channel] += part_hwK[..., guide] * encoded_hwC[..., guide]
    return change_hwC


def fit_field(
    encoded_hwC: Picture, change_hwC: Picture, weights_hw: Map, reach: float, unit: float
) -> Field:
    """The field that explains a change in surroundings of a reach.

    Args:
        weights_hw: 0 for cells that say nothing about the grade, 1 for ordinary ones.
        reach: standard deviation of the surroundings, in cells.
        unit: encoded range of the shot.
    """
    squares = encoded_hwC[..., UPPER[0]] * encoded_hwC[..., UPPER[1]]
    products = change_hwC[..., :, None] * encoded_hwC[..., None, :]
    shape = weights_hw.shape
    moments = np.concatenate(
        [encoded_hwC, change_hwC, squares, products.reshape(*shape, 9)], 2, dtype=np.float32
    )
    sums = blurred(moments * weights_hw[..., None], reach)
    y, d, yy, dy = np.split(sums / (blurred(weights_hw, reach) + 1e-6)[..., None], [3, 6, 12], 2)
    variance = np.empty((*shape, 3, 3), np.float32)
    variance[..., UPPER[0], UPPER[1]] = yy
    variance[..., UPPER[1], UPPER[0]] = yy
    variance -= y[..., :, None] * y[..., None, :]
    variance += np.float32(STEADY * unit**2) * np.eye(3, dtype=np.float32)
    covariance = dy.reshape(*shape, 3, 3) - d[..., :, None] * y[..., None, :]
    slopes = np.linalg.solve(variance, covariance.swapaxes(-1, -2)).swapaxes(-1, -2)
    offsets = d[..., None] - slopes @ y[..., None]
    field = np.concatenate([slopes, offsets], -1, dtype=np.float32).reshape(*shape, 12)
    return blurred(field, reach)


def spots(change_hwC: Picture, unit: float) -> Map:
    """Weights: 1 for cells that change like those around them, towards 0 for small spots.

    A change that a median of 5 × 5 cells takes away is a spot if it stands out from what that
    median takes away in the surroundings.
    """
    usual = USUAL * max(change_hwC.shape[:2])
    lost_hwC = change_hwC - cv2.medianBlur(change_hwC, 5)
    lost_hw = np.asarray(cv2.blur(np.linalg.norm(lost_hwC, axis=-1), (3, 3)), np.float32)
    threshold_hw = SPOT * blurred(lost_hw, usual) + np.float32(LEAST_DEVIATION * unit)
    return np.asarray(1 / (1 + (lost_hw / threshold_hw) ** 4), np.float32)


def moved(field: Field, flow: NDArray[np.float32]) -> Field:
    """The field with each cell taken from where the flow (h w 2, in cells) points."""
    return warped(field, flow)


def blurred(maps: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Averaged with a Gaussian; the border is repeated."""
    smooth = cv2.GaussianBlur(maps, (0, 0), max(reach, 0.5), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, np.float32).reshape(maps.shape)
