"""The grade of one keyframe, taken apart: colour transform, windows, detail.

Axes: H W pixels, h w cells of the small picture on which everything spatial is fitted, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..cancel import Cancelled, never, stop_if
from ..motion import Map, Picture
from ..resample import resized
from ._encoding import Encoding
from ._field import Field, fit_field, local_change, no_field, spots
from ._transform import Evidence, Transform, gather, solve

SIDE: Final = 320
"""Longer side of the small picture, in cells."""
WINDOW_REACHES: Final = (0.05, 0.0156)
"""Of the small picture's longer side: surroundings, coarse to fine, of what windows do."""
DETAIL_REACH: Final = 0.00625
"""The same for what is left then, such as the colours of things in a colourised picture."""
STRIDE: Final = 2
"""Every how many cells, along both sides, colours are taken for the transform."""


@dataclass(frozen=True)
class Pair:
    """A source frame and its keyframe, encoded and small (h w C), before anything is fitted.

    Attributes:
        weights_hw: 0 where the two differ by dust and the like, 1 elsewhere.
        evidence: of their colours.
    """

    source_hwC: Picture
    graded_hwC: Picture
    weights_hw: Map
    evidence: Evidence

    @classmethod
    def of(
        cls,
        source_HWC: Picture,
        graded_HWC: Picture,
        encoding: Encoding,
        cancelled: Cancelled = never,
    ) -> Pair:
        """The pair of two pictures of one size; asks between its steps."""
        source_hwC = small(source_HWC, encoding)
        stop_if(cancelled)
        graded_hwC = small(graded_HWC, encoding)
        stop_if(cancelled)
        every = np.s_[::STRIDE, ::STRIDE]
        weights_hw = np.ones(source_hwC.shape[:2], np.float32)

        def evidence() -> Evidence:
            return gather(source_hwC[every], graded_hwC[every], weights_hw[every], encoding)

        # Spots are what stands out from a first fit, to which they still belonged.
        first = solve(evidence(), (), encoding)
        left_hwC = graded_hwC - source_hwC - first.change(source_hwC)
        weights_hw = spots(left_hwC, encoding.unit)
        return cls(source_hwC, graded_hwC, weights_hw, evidence())


@dataclass(frozen=True)
class Grade:
    """What a keyframe does to its source: encoded, z = y + transform(y) + window(y) + detail(y).

    Attributes:
        window: smooth; stays on the screen or follows the picture.
        detail: finer; belongs to the things in the picture.
    """

    transform: Transform
    window: Field
    detail: Field


def fit_grade(pair: Pair, neighbours: Sequence[Pair], encoding: Encoding) -> Grade:
    """The grade of a keyframe; for colours it does not show, that of its neighbours."""
    transform = solve(pair.evidence, [other.evidence for other in neighbours], encoding)
    source_hwC = pair.source_hwC
    left_hwC = pair.graded_hwC - source_hwC - transform.change(source_hwC)
    side = max(source_hwC.shape[:2])
    window = no_field(*source_hwC.shape[:2])
    for reach in WINDOW_REACHES:
        field = fit_field(source_hwC, left_hwC, pair.weights_hw, reach * side, encoding.unit)
        left_hwC = left_hwC - local_change(field, source_hwC)
        window = window + field
    detail = fit_field(source_hwC, left_hwC, pair.weights_hw, DETAIL_REACH * side, encoding.unit)
    return Grade(transform, window, detail)


def small(picture_HWC: Picture, encoding: Encoding) -> Picture:
    """Encoded, and averaged to at most SIDE cells (h w C); NaN counts as 0."""
    height, width = picture_HWC.shape[:2]
    shrink = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return resized(encoding.encoded(picture_HWC), *size)
