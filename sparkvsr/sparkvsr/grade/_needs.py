"""Whether a keyframe carries a grade, or only repairs its frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..motion import Picture
from ..resample import resized
from ._encoding import sound

BLOCKS: Final = 32
"""Along the longer side; detail and noise vanish in their means."""
LEAST_CHANGE: Final = 0.1
"""Of a block's colour: the model was trained with colour changes of its references up to this."""
LEAST_SHARE: Final = 0.15
"""Of the picture that must have changed: things painted out are smaller."""
PEDESTAL: Final = 0.05
"""Added to a block's level, so that little in the black is no large change."""


def needs_grade(source_HWC: Picture, keyframe_HWC: Picture) -> bool:
    """Whether a keyframe differs in colour from its source by more than the model was trained for.

    Sharpness, noise, dust, and things painted out on less than a seventh of the picture do not
    count.

    Args:
        source_HWC, keyframe_HWC: of one size, display-referred (model space), not clamped.
    """
    height, width = source_HWC.shape[:2]
    shrink = min(1.0, BLOCKS / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    before, after = (resized(sound(p), *size) for p in (source_HWC, keyframe_HWC))
    level = np.maximum(np.abs(before).mean(-1), np.abs(after).mean(-1)) + PEDESTAL
    change = np.abs(after - before).max(-1) / level
    return float(np.mean(change > LEAST_CHANGE)) > LEAST_SHARE
