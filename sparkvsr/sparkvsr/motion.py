"""Dense optical flow between two pictures, what it says about them, and pictures carried along it.

Axes: h w pixels, C channels; a flow is h w 2, (x, y) in pixels.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .cancel import Cancelled, never, stop_if

FLOW_SIDE: Final = 960
"""Flow is measured on pictures of at most this side; larger sources are measured smaller."""
DETAIL_SIDE: Final = 320
"""Up to this side flow is measured down to single pixels; above, where it costs most, to pairs."""
ROUND_TRIP_PIXELS: Final = 0.5
"""Forward-backward error, in source pixels, at which confidence has dropped to 1/e."""
ROUND_TRIP_SHARE: Final = 0.01
"""The same relative to the squared length of both flows (UnFlow, Meister et al. 2018)."""
MISMATCH: Final = 0.1
"""Difference of the warped source from the frame at which confidence has dropped to 1/e."""
MIN_SIDE: Final = 16
"""Pictures with a shorter side are too small for the estimator and are taken as still."""

Picture = NDArray[np.float32]
"""h w C, display range."""
Flow = NDArray[np.float32]
Map = NDArray[np.float32]
Grey = NDArray[np.uint8]


def grey(picture_hwC: Picture) -> Grey:
    """What flow is measured on: 8-bit luma of the display range."""
    luma = cv2.cvtColor(np.nan_to_num(picture_hwC), cv2.COLOR_RGB2GRAY)
    return np.asarray(np.clip(luma * 255.0, 0, 255), np.uint8)


def measure_flow(from_hw: Grey, to_hw: Grey) -> Flow:
    """Dense flow in source pixels: the content of `from` at p is found in `to` at p + flow(p)."""
    height, width = from_hw.shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    if min(size) < MIN_SIDE:
        return np.zeros((height, width, 2), np.float32)
    if scale == 1.0:
        return np.asarray(_estimator(max(size)).calc(from_hw, to_hw, None), np.float32)
    small = [
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (from_hw, to_hw)
    ]
    flow = cv2.resize(_estimator(max(size)).calc(*small, None), (width, height))
    return np.asarray(flow, np.float32) / np.float32(scale)


def confidence(
    flow: Flow,
    back_flow: Flow,
    from_hwC: Picture,
    to_hwC: Picture,
    cancelled: Cancelled = never,
) -> Map:
    """How far the flow `from`→`to` can be believed, 0 to 1 per pixel of `from`.

    Forward-backward consistency times agreement of `to`, warped, with `from`.

    Raises:
        CancelledError: `cancelled()` answered True.
    """
    back = warped(back_flow, flow)
    error = np.square(flow + back).sum(-1)
    stop_if(cancelled)
    length = np.square(flow).sum(-1) + np.square(back).sum(-1)
    stop_if(cancelled)
    seen_hwC = warped(to_hwC, flow)
    mismatch = np.asarray(cv2.blur(np.square(seen_hwC - from_hwC).mean(-1), (5, 5)), np.float32)
    exponent = error / (ROUND_TRIP_SHARE * length + ROUND_TRIP_PIXELS**2) + mismatch / MISMATCH**2
    return np.asarray(np.nan_to_num(np.exp(-exponent)), np.float32)


def warped(picture: Picture, flow: Flow, interpolation: int = cv2.INTER_LINEAR) -> Picture:
    """The picture sampled at p + flow(p); beyond its border the border is repeated."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    moved = cv2.remap(picture, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _estimator(side: int) -> Any:
    """DIS (Kroeger et al. 2016); small pictures get its finest scale and small patches."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    finest, patch, stride = (0, 6, 3) if side <= DETAIL_SIDE else (1, 8, 4)
    dis.setFinestScale(finest)
    dis.setPatchSize(patch)
    dis.setPatchStride(stride)
    return dis
