"""The colours in which grades are fitted: linear near black, logarithmic above, unclamped.

Axes: H W pixels, C channels (3, RGB of the working space).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..motion import Picture

LEAST_SCALE: Final = 1e-3
"""Of pictures that are black all over."""
TAIL: Final = 0.001
"""Share of the values at either end that the usual range may leave out."""
TINY: Final = np.float32(1e-6)
"""Of the scale: a size for black, too."""
MARGIN: Final = 0.15
"""Of the usual range, on either side: how far beyond it transforms still go on straight."""
STRIDE: Final = 4
"""Every how many pixels, along both sides, values are looked at for scale and range."""


def sound(picture_HWC: Picture) -> Picture:
    """The picture with 0 for what is no finite number."""
    return np.nan_to_num(picture_HWC, nan=0.0, posinf=0.0, neginf=0.0)


@dataclass(frozen=True)
class Encoding:
    """A colour of size m (root mean square of its channels) is scaled to size s · asinh(m / s).

    Far below s nothing changes, far above it sizes are coded like stops. With s near a picture's
    middle value, display-referred and log pictures are hardly bent, while a scene-linear one of 0
    to 100 is evened out. A colour keeps the ratios of its channels: a channel may go through zero
    without a jump, however bright the colour is, and every finite colour finds its way back.

    Attributes:
        scale: s, in values of the working space.
        low, high: encoded values between which nearly all of the shot lies, taken as greys.
    """

    scale: float
    low: float
    high: float

    @classmethod
    def of(cls, pictures: Iterable[Picture]) -> Encoding:
        """The encoding for a shot, from a few of its frames (H W C, taken one at a time)."""
        middles, lows, highs = [], [], []
        for picture_HWC in pictures:
            values = sound(picture_HWC[::STRIDE, ::STRIDE])
            middles.append(np.median(np.abs(values)))
            lows.append(np.quantile(values, TAIL))
            highs.append(np.quantile(values, 1 - TAIL))
        scale = max(2 * float(np.mean(middles)), LEAST_SCALE)
        low, high = (scale * float(np.arcsinh(end / scale)) for end in (min(lows), max(highs)))
        return cls(scale, low, max(high, low + LEAST_SCALE))

    @property
    def unit(self) -> float:
        """What differences of encoded values are measured by."""
        return self.high - self.low

    def encoded(self, picture_HWC: Picture) -> Picture:
        """What is no finite number counts as 0."""
        return self._bent(sound(picture_HWC), np.arcsinh)

    def decoded(self, encoded_HWC: Picture) -> Picture:
        return self._bent(encoded_HWC, np.sinh)

    def _bent(self, picture_HWC: Picture, curve: np.ufunc) -> Picture:
        size_HW1 = np.sqrt(np.square(picture_HWC).mean(-1, keepdims=True))
        size_HW1 = np.maximum(size_HW1 / np.float32(self.scale), TINY)
        return np.asarray(picture_HWC * (curve(size_HW1) / size_HW1), np.float32)

    def usual(self, encoded_HWC: Picture) -> Picture:
        """Clipped to the usual range and a little more."""
        margin = MARGIN * self.unit
        return np.clip(encoded_HWC, np.float32(self.low - margin), np.float32(self.high + margin))

    def shown(self, encoded_HWC: Picture) -> Picture:
        """Encoded values as a display would show them, the usual range as 0 to 1: for flow."""
        return (encoded_HWC - np.float32(self.low)) / np.float32(self.unit)
