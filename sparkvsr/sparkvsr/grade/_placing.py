"""Where the fields of keyframes go on another frame: along the motion, or where they are.

Axes: h w cells of the small picture, C channels. Lists have one entry for each keyframe around the
frame, one or two; `shares` sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..motion import Flow, Map, Picture, confidence, grey, measure_flow, warped
from ._field import Field, blurred, local_change

CALM: Final = 0.05
"""Of the longer side: surroundings over which the motion of windows is averaged."""
LEAST_TRUST: Final = 0.02
"""Of a frame's mean motion, where hardly any flow nearby can be trusted."""
LEAST_WINDOW: Final = 0.05
"""Of a window that comes along motion that cannot be trusted."""
REGION: Final = 0.08
"""Of the longer side: regions in which a window is found to stay or to follow."""
LEAST_REGION: Final = 0.05
"""Of the picture as a whole in what a region decides."""
DECISION: Final = 4
"""Power of the ratio of squared errors: how decided a decision is."""
TIE: Final = 1e-3
"""Of the encoded range: disagreement that decides nothing."""


@dataclass(frozen=True)
class Match:
    """Motion from a frame to a keyframe.

    Attributes:
        flow: of each cell.
        trust_hw: how far it can be believed, 0 to 1.
        calm: trusted motion of the surroundings; 0 where nothing can be trusted.
        calm_trust_hw: trust of the surroundings.
    """

    flow: Flow
    trust_hw: Map
    calm: Flow
    calm_trust_hw: Map


def match(frame_hwC: Picture, key_hwC: Picture) -> Match:
    """Lay a keyframe's source on a frame; both as a display shows them."""
    frame_hw, key_hw = grey(frame_hwC), grey(key_hwC)
    flow, back = measure_flow(frame_hw, key_hw), measure_flow(key_hw, frame_hw)
    trust_hw = confidence(flow, back, frame_hwC, key_hwC)
    sure = trust_hw[..., None] * flow
    mean = sure.sum((0, 1)) / (trust_hw.sum() + 1)
    reach = CALM * max(trust_hw.shape)
    calm_trust_hw = blurred(trust_hw, reach)
    calm = (blurred(sure, reach) + LEAST_TRUST * mean) / (calm_trust_hw + LEAST_TRUST)[..., None]
    return Match(flow, trust_hw, np.asarray(calm, np.float32), calm_trust_hw)


def placed_window(
    windows: Sequence[Field],
    matches: Sequence[Match],
    shares: Sequence[float],
    follow_hw: Map,
) -> Field:
    """Windows on a frame; `follow_hw` (0 to 1) says how far they follow the picture."""
    staying = np.sum([s * window for s, window in zip(shares, windows, strict=True)], axis=0)
    moved = [warped(window, found.calm) for window, found in zip(windows, matches, strict=True)]
    weights = [
        share * (found.calm_trust_hw + np.float32(LEAST_WINDOW))
        for share, found in zip(shares, matches, strict=True)
    ]
    following = _sum(moved, weights) / np.sum(weights, axis=0)[..., None]
    return np.asarray(staying + follow_hw[..., None] * (following - staying), np.float32)


def placed_detail(
    details: Sequence[Field], matches: Sequence[Match], shares: Sequence[float]
) -> Field:
    """Detail on a frame, along the flow and as far as that can be trusted."""
    moved = [warped(detail, found.flow) for detail, found in zip(details, matches, strict=True)]
    weights = [share * found.trust_hw for share, found in zip(shares, matches, strict=True)]
    most_hw = np.max([found.trust_hw for found in matches], axis=0)
    fade_hw = most_hw / (np.sum(weights, axis=0) + np.float32(1e-3))
    return _sum(moved, [weight * fade_hw for weight in weights])


def follow_share(
    windows: Sequence[Field], matches: Sequence[Match], source_hwC: Picture, unit: float
) -> Map:
    """How far the windows of two keyframes follow the picture between them, 0 to 1 (h w).

    Both are laid on a frame in the middle, once where they stand and once along the motion; the way
    on which they agree is the way they went. Regions judge for themselves where they can trust the
    motion, the others like the picture as a whole.

    Args:
        matches: motion from the frame in the middle to each.
        source_hwC: that frame, encoded.
        unit: encoded range of the shot.
    """
    trust_hw = np.prod([found.trust_hw for found in matches], axis=0)
    reach = REGION * max(trust_hw.shape)
    moved = [warped(window, found.calm) for window, found in zip(windows, matches, strict=True)]
    errors = []
    for one, other in (windows, moved):
        error_hw = np.square(local_change(one - other, source_hwC)).sum(-1) + (TIE * unit) ** 2
        all_over = (trust_hw * error_hw).sum() / (trust_hw.sum() + 1e-6)
        near_hw = blurred(trust_hw * error_hw, reach) + LEAST_REGION * all_over
        errors.append(near_hw / (blurred(trust_hw, reach) + LEAST_REGION))
    return np.asarray(1 / (1 + (errors[1] / errors[0]) ** DECISION), np.float32)


def _sum(fields: Sequence[Field], weights: Sequence[Map]) -> Field:
    weighted = [field * weight[..., None] for field, weight in zip(fields, weights, strict=True)]
    return np.asarray(np.sum(weighted, axis=0), np.float32)
