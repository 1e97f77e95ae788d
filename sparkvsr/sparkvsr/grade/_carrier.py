"""Carries the grades of keyframes to every frame of a shot.

Axes: H W pixels, h w cells of the small picture, C channels.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from ..cancel import Cancelled, never, stop_if
from ..errors import KeyframeError
from ..motion import Map, Picture
from ._encoding import Encoding
from ._field import Field, local_change
from ._keyframe import Grade, Pair, fit_grade, small
from ._placing import Match, follow_share, match, placed_detail, placed_window
from ._transform import Transform, mixed

KEPT: Final = 8
"""Keyframes kept ready, and frames' grades: whoever restores windows comes back to late frames."""

SourceAt = Callable[[int], Picture]


class GradeCarrier:
    """Gives any frame of a shot the grade of its keyframes; docs/grade.md says what that means.

    Between two keyframes the colour transform goes over from one to the other in step with time.
    So do windows; they stay where they are on the screen or follow the picture, whichever makes the
    two keyframes agree, region by region. Fine detail follows the picture as far as its motion can
    be trusted. Beyond the outermost keyframes of a scene the nearest one counts; a scene without
    keyframes stays as it is.

    The same input gives the same pixels in whatever order frames are asked for. Not to be used by
    two threads at once.
    """

    def __init__(
        self,
        source_at: SourceAt,
        keyframes: Mapping[int, Picture],
        scenes: Iterable[tuple[int, int]],
        cancelled: Cancelled = never,
    ) -> None:
        """Looks at the source of every keyframe once; grades are fitted when they are needed.

        Args:
            source_at: gives the source frame (H W C float32, working space) of a 0-based index.
            keyframes: index to graded picture, of the size and in the space of the source.
            scenes: (start, stop) of each; nothing crosses from one to another.
            cancelled: asked between the steps of everything.

        Raises:
            KeyframeError: there is none, or one has another size than its source.
            CancelledError: here and wherever a frame is asked for: `cancelled()` answered True.
        """
        self._source_at = source_at
        self._keyframes = keyframes
        self._cancelled = cancelled
        self._groups = [
            (range(start, stop), sorted(k for k in keyframes if start <= k < stop))
            for start, stop in scenes
        ]
        if not keyframes:
            raise KeyframeError("There is no keyframe to take a grade from.", "Give at least one.")
        self._encoding = Encoding.of(self._checked_source(key) for key in sorted(keyframes))
        self._pair = lru_cache(KEPT)(self._make_pair)
        self._grade = lru_cache(KEPT)(self._fit_grade)
        self._follow_share = lru_cache(KEPT)(self._find_follow_share)
        self._recipe = lru_cache(KEPT)(self._make_recipe)

    def graded(self, index: int) -> Picture:
        """A frame (H W C, float32, unclamped) with the grade.

        At a keyframe it is the source under that keyframe's grade, not the keyframe's own pixels.
        """
        source_HWC = self._source_at(index)
        if not self._around(index):
            return source_HWC
        transform, field, _ = self._recipe(index)
        stop_if(self._cancelled)
        encoded_HWC = self._encoding.encoded(source_HWC)
        graded_HWC = encoded_HWC + transform.change(encoded_HWC, self._cancelled)
        stop_if(self._cancelled)
        graded_HWC += local_change(field, self._encoding.usual(encoded_HWC), self._cancelled)
        stop_if(self._cancelled)
        # So that what the grade leaves alone comes back to the bit.
        change_HWC = self._encoding.decoded(graded_HWC) - self._encoding.decoded(encoded_HWC)
        return source_HWC + change_HWC

    def trust(self, index: int) -> float:
        """How far the motion between a frame and its keyframes can be believed, on average.

        1 at a keyframe, 0 in a scene without one. Cheap right after `graded`.
        """
        return self._recipe(index)[2] if self._around(index) else 0.0

    def _around(self, index: int) -> list[int]:
        """Keyframes that a frame's grade comes from: its own, or the nearest on either side."""
        keys = next((keys for frames, keys in self._groups if index in frames), [])
        at = bisect_left(keys, index)
        return [index] if index in keys[at : at + 1] else keys[max(at - 1, 0) : at + 1]

    def _beside(self, key: int) -> list[int]:
        """The keyframes before and after a keyframe in its scene."""
        keys = next(keys for _, keys in self._groups if key in keys)
        at = keys.index(key)
        return keys[max(at - 1, 0) : at] + keys[at + 1 : at + 2]

    def _make_recipe(self, index: int) -> tuple[Transform, Field, float]:
        """Colour transform, field and trust of a frame."""
        keys = self._around(index)
        grades = [self._grade(key) for key in keys]
        if index in keys:
            return grades[0].transform, grades[0].window + grades[0].detail, 1.0
        shares = [1.0]
        if len(keys) == 2:
            shares = [abs(index - key) / (keys[1] - keys[0]) for key in reversed(keys)]
        matches = self._matches(index, keys)
        follow_hw = self._follow_share(*self._interval(keys))
        window = placed_window([grade.window for grade in grades], matches, shares, follow_hw)
        detail = placed_detail([grade.detail for grade in grades], matches, shares)
        trust = float(np.max([found.trust_hw for found in matches], axis=0).mean())
        return mixed([grade.transform for grade in grades], shares), window + detail, trust

    def _interval(self, keys: list[int]) -> tuple[int, int]:
        """The keyframes that tell how windows move; the same one twice if there is no other."""
        ends = sorted(keys + self._beside(keys[0])[: 2 - len(keys)])
        return ends[0], ends[-1]

    def _find_follow_share(self, first: int, last: int) -> Map:
        windows = [self._grade(key).window for key in (first, last)]
        if first == last:
            return np.ones(windows[0].shape[:2], np.float32)
        middle = (first + last) // 2
        matches = self._matches(middle, [first, last])
        return follow_share(windows, matches, self._small(middle), self._encoding.unit)

    def _matches(self, index: int, keys: list[int]) -> list[Match]:
        """Motion from a frame to keyframes."""
        shown = self._encoding.shown
        frame_hwC = shown(self._small(index))
        matches = []
        for key in keys:
            key_hwC = shown(self._pair(key).source_hwC)
            stop_if(self._cancelled)
            matches.append(match(frame_hwC, key_hwC))
        return matches

    def _small(self, index: int) -> Picture:
        stop_if(self._cancelled)
        return small(self._source_at(index), self._encoding)

    def _checked_source(self, key: int) -> Picture:
        """The source frame of a keyframe, which must be of its size."""
        stop_if(self._cancelled)
        source_HWC, keyframe_HWC = self._source_at(key), self._keyframes[key]
        if source_HWC.shape != keyframe_HWC.shape:
            sizes = [f"{p.shape[1]}x{p.shape[0]}" for p in (keyframe_HWC, source_HWC)]
            raise KeyframeError(
                f"The keyframe at index {key} is {sizes[0]}, its source frame {sizes[1]}.",
                "A grade is taken from a picture of the source's size; resize the keyframe.",
            )
        return source_HWC

    def _fit_grade(self, key: int) -> Grade:
        pair, *beside = [self._pair(near) for near in (key, *self._beside(key))]
        stop_if(self._cancelled)
        return fit_grade(pair, beside, self._encoding)

    def _make_pair(self, key: int) -> Pair:
        source_HWC, graded_HWC = self._source_at(key), self._keyframes[key]
        stop_if(self._cancelled)
        return Pair.of(source_HWC, graded_HWC, self._encoding, self._cancelled)
