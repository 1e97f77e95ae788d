"""Puts the artist's own pictures back on their frames, and leads over to the frames beside them.

Axes: H W pixels at output size, h w pixels at source size, C channels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import cos, pi
from typing import Final, Literal

import cv2
import numpy as np

from ..cancel import Cancelled, never, stop_if
from ..motion import Grey, Picture, confidence, grey, measure_flow, warped
from ._encoding import Encoding

FEATHER: Final = 4
"""Frames on either side of a keyframe that still take something of it; none beyond."""
NEAR: Final = np.ones((3, 3), np.uint8)
STRENGTH: Final = {"exact": 1.0, "blend": 0.5}

Pinning = Literal["exact", "blend", "off"]


@dataclass(frozen=True)
class _Pin:
    """A keyframe that frames around it are led over to.

    Attributes:
        frames: that it reaches.
        keyframe_HWC: encoded.
        lacking_HWC: what the restored frame lacks of it, encoded.
        shown_hwC, grey_hw: its frame's source, for measuring motion.
    """

    index: int
    frames: range
    keyframe_HWC: Picture
    lacking_HWC: Picture
    shown_hwC: Picture
    grey_hw: Grey


def pinned(
    restored: Iterable[Picture],
    keyframes: Mapping[int, Picture],
    source_at: Callable[[int], Picture],
    scenes: Iterable[tuple[int, int]],
    pinning: Pinning,
    first: int = 0,
    cancelled: Cancelled = never,
) -> Iterator[Picture]:
    """The restored frames of a shot in order, with its keyframes in their places.

    `exact` gives a keyframe's own picture (the array itself). What the restored frame lacks of it
    is carried along the motion into the frames beside it and fades out within FEATHER frames. It
    only goes where the source looks the same, so dust of one frame makes no hole in the next.
    `blend` does half of that, at the keyframe too; `off` does nothing. At most FEATHER frames wait.

    Args:
        restored: every frame of the shot from `max(first - FEATHER, 0)` on (H W C, working space,
            not clamped): those before `first` only serve the pins that reach beyond it.
        keyframes: index to picture, at output size.
        source_at: gives the source frame (h w C) of an index, in the same space.
        scenes: (start, stop) of each; nothing crosses from one to another.
        first: index of the first frame to be given.
        cancelled: asked between the steps of a frame.

    Raises:
        CancelledError: `cancelled()` answered True.
    """
    start = max(first - FEATHER, 0)
    if pinning == "off" or not keyframes:
        yield from islice(restored, first - start, None)
        return
    encoding = Encoding.of(source_at(index) for index in sorted(keyframes))
    ranges = [range(start, stop) for start, stop in scenes]
    waiting: deque[Picture] = deque()
    pins: list[_Pin] = []
    done = first

    def finished() -> Picture:
        picture_HWC = waiting.popleft()
        if pinning == "exact" and done in keyframes:
            return keyframes[done]
        near = [pin for pin in pins if done in pin.frames]
        if not near:
            return picture_HWC
        source_hwC, strength = source_at(done), STRENGTH[pinning]
        return _led_over(picture_HWC, done, source_hwC, near, strength, encoding, cancelled)

    for index, picture_HWC in enumerate(restored, start):
        if index >= first:
            waiting.append(picture_HWC)
        if index in keyframes:
            scene = next(frames for frames in ranges if index in frames)
            keyframe_HWC = keyframes[index]
            if not np.array_equal(keyframe_HWC, picture_HWC):
                source_hwC = source_at(index)
                pin = _pin(index, picture_HWC, keyframe_HWC, source_hwC, scene, encoding, cancelled)
                pins.append(pin)
        if len(waiting) > FEATHER:
            yield finished()
            done += 1
            pins = [pin for pin in pins if pin.frames.stop > done]
    while waiting:
        yield finished()
        done += 1


def _pin(
    index: int,
    restored_HWC: Picture,
    keyframe_HWC: Picture,
    source_hwC: Picture,
    scene: range,
    encoding: Encoding,
    cancelled: Cancelled,
) -> _Pin:
    stop_if(cancelled)
    shown_hwC = encoding.shown(encoding.encoded(source_hwC))
    frames = range(max(index - FEATHER, scene.start), min(index + FEATHER + 1, scene.stop))
    encoded_HWC = encoding.encoded(keyframe_HWC)
    stop_if(cancelled)
    lacking_HWC = encoded_HWC - encoding.encoded(restored_HWC)
    return _Pin(index, frames, encoded_HWC, lacking_HWC, shown_hwC, grey(shown_hwC))


def _led_over(
    picture_HWC: Picture,
    index: int,
    source_hwC: Picture,
    pins: list[_Pin],
    strength: float,
    encoding: Encoding,
    cancelled: Cancelled,
) -> Picture:
    """A frame with what the keyframes near it have and it has not."""
    shares = [0.5 + 0.5 * cos(pi * (pin.index - index) / (FEATHER + 1)) for pin in pins]
    # Two keyframes close together do not add up to more than one.
    scale = strength / max(1.0, sum(shares))
    shown_hwC = encoding.shown(encoding.encoded(source_hwC))
    stop_if(cancelled)
    encoded_HWC = encoding.encoded(picture_HWC)
    nearer_HWC = encoded_HWC.copy()
    for pin, share in zip(pins, shares, strict=True):
        carried_HWC = _carried(pin, index, shown_hwC, encoded_HWC, cancelled)
        stop_if(cancelled)
        nearer_HWC += np.float32(scale * share) * carried_HWC
    stop_if(cancelled)
    return picture_HWC + (encoding.decoded(nearer_HWC) - encoding.decoded(encoded_HWC))


def _carried(
    pin: _Pin, index: int, shown_hwC: Picture, encoded_HWC: Picture, cancelled: Cancelled
) -> Picture:
    """What a frame lacks of a keyframe, as far as the motion between them can be trusted."""
    if index == pin.index:
        return pin.lacking_HWC
    stop_if(cancelled)
    frame_hw = grey(shown_hwC)
    flow, back = measure_flow(frame_hw, pin.grey_hw), measure_flow(pin.grey_hw, frame_hw)
    trust_hw = confidence(flow, back, shown_hwC, pin.shown_hwC, cancelled)
    stop_if(cancelled)
    height, width = encoded_HWC.shape[:2]
    enlarged = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    flow_HW2 = np.asarray(cv2.resize(flow, (width, height)), np.float32) * enlarged
    trust_HW = np.asarray(cv2.resize(trust_hw, (width, height)), np.float32)
    lacking_HWC = trust_HW[..., None] * warped(pin.lacking_HWC, flow_HW2)
    stop_if(cancelled)
    # Nothing is led beyond what the keyframe shows around there: no hole where it lost dust.
    keyframe_HWC = warped(pin.keyframe_HWC, flow_HW2)
    least, most = cv2.erode(keyframe_HWC, NEAR), cv2.dilate(keyframe_HWC, NEAR)
    stop_if(cancelled)
    down_HWC = np.minimum(np.asarray(least, np.float32) - encoded_HWC, 0)
    up_HWC = np.maximum(np.asarray(most, np.float32) - encoded_HWC, 0)
    return np.asarray(np.clip(lacking_HWC, down_HWC, up_HWC), np.float32)
