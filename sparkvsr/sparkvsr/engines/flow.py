"""The flow engine: carries keyframes through a shot along optical flow. CPU, no weights.

It propagates; it does not restore what no keyframe shows. Where the flow cannot be trusted the
upscaled source stays.

For each frame t and the nearest keyframe k on either side:

1. Dense flow t→k and k→t on the source (DIS), at source resolution.
2. Confidence per pixel: forward-backward consistency times agreement of the warped source with t.
3. The keyframe's picture, warped to t; both sides are mixed by confidence over distance.
4. Above upscale 1, back-projection (Irani and Peleg 1991): downscaled, the result must equal the
   source plus the change that the keyframe makes at source resolution (a grade, a paint-out).

Axes: H W pixels at output size, h w pixels at source size, C channels; a flow is h w 2, (x, y) in
source pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import CancelledError
from ._base import EngineFrame, Picture, Reference, Window

REACH: Final = 32
"""Frames over which flow is measured directly; beyond, a restored neighbour is the better guide."""
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
FLOWS_A_FRAME: Final = 4
"""To and from a keyframe on either side; they are measured at the same time."""
MIN_SIDE: Final = 16
"""Pictures with a shorter side are too small for the estimator and are taken as still."""

Flow = NDArray[np.float32]
Map = NDArray[np.float32]
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class _Guide:
    """A reference made ready: its index in the window, pictures, and its change at source size."""

    index: int
    trust: float
    picture_HWC: Picture
    source_hwC: Picture
    grey_hw: Grey
    change_hwC: Picture


class FlowEngine:
    """Warps the nearest keyframes to every frame; see the module's text."""

    name: ClassVar[str] = "flow"
    version: ClassVar[str] = "1"
    window: ClassVar[int] = 17
    overlap: ClassVar[int] = 1  # frames do not depend on their window, so there is nothing to fade
    uses_slots: ClassVar[bool] = False

    def work(self) -> dict[str, int]:
        """It has no models."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """It runs the same everywhere."""
        return ()

    def largest_tile(self, width: int, height: int, frames: int, upscale: int) -> int | None:
        """It sees one frame at a time."""
        return None

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        """Yield T restored frames; trust is the mean confidence, 1 at keyframes."""
        return self._frames(window, range(window.frames))

    def frame(self, window: Window, index: int) -> EngineFrame:
        """One frame; no other is looked at but the keyframes beside it."""
        return next(self._frames(window, range(index, index + 1)))

    def preview(self, window: Window, index: int) -> EngineFrame:
        """The frame itself: it is as fast."""
        return self.frame(window, index)

    def _frames(self, window: Window, indices: range) -> Iterator[EngineFrame]:
        guides: dict[int, _Guide] = {}
        with ThreadPoolExecutor(FLOWS_A_FRAME, "flow") as pool:
            for t in indices:
                if window.cancelled():
                    raise CancelledError("The job was cancelled.")
                near = _nearest(t, window)
                guides = {r.index: guides.get(r.index) or _guide(r) for r in near}
                yield _restore(t, window, list(guides.values()), pool)


def _nearest(t: int, window: Window) -> list[Reference]:
    """The closest keyframe up to t and the closest after it; an anchor where none is in reach."""
    keyframes = [r for r in (*window.inside, *window.outside) if r.trust >= 1.0]
    anchors = [r for r in window.inside if r.trust < 1.0]
    chosen = []
    for after in (False, True):
        sides = [[r for r in pool if (r.index > t) == after] for pool in (keyframes, anchors)]
        near = [r for r in sides[0] if abs(r.index - t) <= REACH]
        pool = near or sides[0] + sides[1]
        chosen += sorted(pool, key=lambda r: abs(r.index - t))[:1]
    return chosen


def _guide(reference: Reference) -> _Guide:
    height, width = reference.source_HWC.shape[:2]
    small_hwC = _fitted(reference.picture_HWC, width, height)
    return _Guide(
        reference.index,
        reference.trust,
        reference.picture_HWC,
        reference.source_HWC,
        _grey(reference.source_HWC),
        small_hwC - reference.source_HWC,
    )


def _restore(t: int, window: Window, guides: list[_Guide], pool: Executor) -> EngineFrame:
    source_hwC = window.source(t)
    upscaled_HWC = _resized(source_hwC, window.upscale)
    strength = np.float32(window.guidance)
    exact = next((g for g in guides if g.index == t), None)
    if exact is not None:
        if window.guidance == 1.0:
            return EngineFrame(exact.picture_HWC, exact.trust)
        picture_HWC = upscaled_HWC + strength * (exact.picture_HWC - upscaled_HWC)
        return EngineFrame(picture_HWC, exact.trust)
    upscale = window.upscale
    grey_hw = _grey(source_hwC)
    picture_HWC, target_hwC = upscaled_HWC, source_hwC
    confidence_hw = np.zeros(source_hwC.shape[:2], np.float32)
    if window.guidance == 0.0:
        guides = []
    there = pool.map(lambda guide: _flow(grey_hw, guide.grey_hw), guides)
    back = pool.map(lambda guide: _flow(guide.grey_hw, grey_hw), guides)
    carried = []
    for guide, flow, back_flow in zip(guides, there, back, strict=True):
        sure_hw = np.float32(guide.trust) * _confidence(guide, flow, back_flow, source_hwC)
        confidence_hw = np.maximum(confidence_hw, sure_hw)
        carried.append((guide, flow, sure_hw / np.float32(abs(guide.index - t))))
    total_hw = np.float32(1e-6) + np.sum([weight_hw for *_, weight_hw in carried], axis=0)
    for guide, flow, weight_hw in carried:
        share_hw = strength * confidence_hw * weight_hw / total_hw
        flow_HW2 = _resized(flow, upscale, cv2.INTER_LINEAR) * np.float32(upscale)
        change_HWC = _warped(guide.picture_HWC, flow_HW2, cv2.INTER_CUBIC) - upscaled_HWC
        share_HW = _resized(share_hw, upscale, cv2.INTER_LINEAR)
        picture_HWC = picture_HWC + share_HW[..., None] * change_HWC
        target_hwC = target_hwC + share_hw[..., None] * _warped(guide.change_hwC, flow)
    if upscale > 1:
        picture_HWC = _back_projected(picture_HWC, target_hwC, upscale)
    return EngineFrame(picture_HWC, float(confidence_hw.mean()))


def _confidence(guide: _Guide, flow: Flow, back_flow: Flow, source_hwC: Picture) -> Map:
    """How far the flow t→guide can be believed, 0 to 1 per source pixel."""
    back = _warped(back_flow, flow)
    error = np.square(flow + back).sum(-1)
    length = np.square(flow).sum(-1) + np.square(back).sum(-1)
    seen_hwC = _warped(guide.source_hwC, flow)
    mismatch = np.asarray(cv2.blur(np.square(seen_hwC - source_hwC).mean(-1), (5, 5)), np.float32)
    exponent = error / (ROUND_TRIP_SHARE * length + ROUND_TRIP_PIXELS**2) + mismatch / MISMATCH**2
    return np.asarray(np.nan_to_num(np.exp(-exponent)), np.float32)


def _back_projected(picture_HWC: Picture, target_hwC: Picture, upscale: int) -> Picture:
    """Add what the downscaled picture lacks of the target; more than one round amplifies noise."""
    height, width = target_hwC.shape[:2]
    small_hwC = _fitted(picture_HWC, width, height)
    return picture_HWC + _resized(target_hwC - small_hwC, upscale)


def _grey(picture_hwC: Picture) -> Grey:
    """What flow is measured on: 8-bit luma of the display range."""
    luma = cv2.cvtColor(np.nan_to_num(picture_hwC), cv2.COLOR_RGB2GRAY)
    return np.asarray(np.clip(luma * 255.0, 0, 255), np.uint8)


def _flow(from_hw: Grey, to_hw: Grey) -> Flow:
    """Dense flow in source pixels: the content of `from` at p is found in `to` at p + flow(p)."""
    height, width = from_hw.shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    if min(size) < MIN_SIDE:
        return np.zeros((height, width, 2), np.float32)
    if scale == 1.0:
        return np.asarray(_estimator(max(size)).calc(from_hw, to_hw, None), np.float32)
    small = [cv2.resize(grey, size, interpolation=cv2.INTER_AREA) for grey in (from_hw, to_hw)]
    flow = cv2.resize(_estimator(max(size)).calc(*small, None), (width, height))
    return np.asarray(flow, np.float32) / np.float32(scale)


def _estimator(side: int) -> Any:
    """DIS (Kroeger et al. 2016); small pictures get its finest scale and small patches."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    finest, patch, stride = (0, 6, 3) if side <= DETAIL_SIDE else (1, 8, 4)
    dis.setFinestScale(finest)
    dis.setPatchSize(patch)
    dis.setPatchStride(stride)
    return dis


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    """The picture averaged down to a size."""
    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32
    )


def _resized(picture: Picture, factor: int, interpolation: int = cv2.INTER_CUBIC) -> Picture:
    if factor == 1:
        return picture
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=interpolation)
    return np.asarray(large, np.float32)


def _warped(picture: Picture, flow: Flow, interpolation: int = cv2.INTER_LINEAR) -> Picture:
    """The picture sampled at p + flow(p); beyond its border the border is repeated."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    warped = cv2.remap(picture, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)
