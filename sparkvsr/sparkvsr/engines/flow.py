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
from typing import ClassVar, Final

import cv2
import numpy as np

from ..cancel import stop_if
from ..motion import Grey, confidence, grey, measure_flow, warped
from ..resample import resized
from ._base import EngineFrame, Picture, Reference, Window

REACH: Final = 32
"""Frames over which flow is measured directly; beyond, a restored neighbour is the better guide."""
FLOWS_A_FRAME: Final = 4
"""To and from a keyframe on either side; they are measured at the same time."""


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
    unlimited: ClassVar[bool] = True

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
                near = _nearest(t, window)
                guides = {r.index: guides.get(r.index) or _guide(r, window) for r in near}
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


def _guide(reference: Reference, window: Window) -> _Guide:
    stop_if(window.cancelled)
    height, width = reference.source_HWC.shape[:2]
    small_hwC = resized(reference.picture_HWC, width, height)
    return _Guide(
        reference.index,
        reference.trust,
        reference.picture_HWC,
        reference.source_HWC,
        grey(reference.source_HWC),
        small_hwC - reference.source_HWC,
    )


def _restore(t: int, window: Window, guides: list[_Guide], pool: Executor) -> EngineFrame:
    stop_if(window.cancelled)
    source_hwC = window.source(t)
    stop_if(window.cancelled)
    upscaled_HWC = _enlarged(source_hwC, window.upscale)
    strength = np.float32(window.guidance)
    exact = next((g for g in guides if g.index == t), None)
    if exact is not None:
        if window.guidance == 1.0:
            return EngineFrame(exact.picture_HWC, exact.trust)
        picture_HWC = upscaled_HWC + strength * (exact.picture_HWC - upscaled_HWC)
        return EngineFrame(picture_HWC, exact.trust)
    upscale = window.upscale
    grey_hw = grey(source_hwC)
    picture_HWC, target_hwC = upscaled_HWC, source_hwC
    confidence_hw = np.zeros(source_hwC.shape[:2], np.float32)
    if window.guidance == 0.0:
        guides = []
    there = pool.map(lambda guide: measure_flow(grey_hw, guide.grey_hw), guides)
    back = pool.map(lambda guide: measure_flow(guide.grey_hw, grey_hw), guides)
    carried = []
    for guide, flow, back_flow in zip(guides, there, back, strict=True):
        stop_if(window.cancelled)
        sure_hw = np.float32(guide.trust) * confidence(
            flow, back_flow, source_hwC, guide.source_hwC, window.cancelled
        )
        confidence_hw = np.maximum(confidence_hw, sure_hw)
        carried.append((guide, flow, sure_hw / np.float32(abs(guide.index - t))))
    total_hw = np.float32(1e-6) + np.sum([weight_hw for *_, weight_hw in carried], axis=0)
    for guide, flow, weight_hw in carried:
        stop_if(window.cancelled)
        share_hw = strength * confidence_hw * weight_hw / total_hw
        flow_HW2 = _enlarged(flow, upscale, cv2.INTER_LINEAR) * np.float32(upscale)
        change_HWC = warped(guide.picture_HWC, flow_HW2, cv2.INTER_CUBIC) - upscaled_HWC
        stop_if(window.cancelled)
        share_HW = _enlarged(share_hw, upscale, cv2.INTER_LINEAR)
        picture_HWC = picture_HWC + share_HW[..., None] * change_HWC
        target_hwC = target_hwC + share_hw[..., None] * warped(guide.change_hwC, flow)
    if upscale > 1:
        stop_if(window.cancelled)
        picture_HWC = _back_projected(picture_HWC, target_hwC, upscale)
    return EngineFrame(picture_HWC, float(confidence_hw.mean()))


def _back_projected(picture_HWC: Picture, target_hwC: Picture, upscale: int) -> Picture:
    """Add what the downscaled picture lacks of the target; more than one round amplifies noise."""
    height, width = target_hwC.shape[:2]
    small_hwC = resized(picture_HWC, width, height)
    return picture_HWC + _enlarged(target_hwC - small_hwC, upscale)


def _enlarged(picture: Picture, factor: int, interpolation: int = cv2.INTER_CUBIC) -> Picture:
    if factor == 1:
        return picture
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=interpolation)
    return np.asarray(large, np.float32)
