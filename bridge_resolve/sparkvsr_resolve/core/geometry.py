"""Where a clip lies: its frames in each of the ways in which Resolve counts.

| space | counted from | used for |
|---|---|---|
| absolute | 00:00:00:00 at the nominal rate | starts and ends of items, render marks, placing |
| timeline | the first frame of the timeline | timeline markers, mark in and out |
| source | the first frame of the media | clip markers, offsets |
| shot | the first frame of the clip, 0 | keyframes, our own |
"""

from __future__ import annotations

from dataclasses import dataclass

from .rates import Rate
from .timecode import print_timecode

Stretch = tuple[int, int]
"""Absolute frames: the first, and the one after the last."""


@dataclass(frozen=True)
class ClipSpan:
    """A clip on the timeline. Frames of the source hold at 100 % speed and the timeline's rate.

    Attributes:
        record_in: its first frame, absolute.
        record_out: the frame after its last one, absolute.
        left_offset: source frame of its first one.
        timeline_start: first frame of the timeline, absolute.
        rate: of the timeline.
    """

    record_in: int
    record_out: int
    left_offset: int
    timeline_start: int
    rate: Rate

    def __post_init__(self) -> None:
        if not 0 <= self.record_in < self.record_out:
            raise ValueError(f"a clip cannot lie at {self.record_in} to {self.record_out}")

    @property
    def frames(self) -> int:
        """How many."""
        return self.record_out - self.record_in

    @property
    def render_marks(self) -> tuple[int, int]:
        """MarkIn and MarkOut that render all of it: absolute, both included."""
        return self.record_in, self.record_out - 1

    def holds(self, absolute: int) -> bool:
        return self.record_in <= absolute < self.record_out

    def shot_index(self, absolute: int) -> int:
        """The 0-based frame of the shot.

        Raises:
            ValueError: the clip does not hold it.
        """
        if not self.holds(absolute):
            raise ValueError(f"frame {absolute} is not in {self.record_in} to {self.record_out}")
        return absolute - self.record_in

    def absolute(self, index: int) -> int:
        """The absolute frame of a 0-based frame of the shot.

        Raises:
            ValueError: the shot has no such frame.
        """
        if not 0 <= index < self.frames:
            raise ValueError(f"frame {index} is not one of {self.frames}")
        return self.record_in + index

    def on_timeline(self, absolute: int) -> int:
        """The frame as timeline markers count, also outside of the clip."""
        return absolute - self.timeline_start

    def from_timeline(self, relative: int) -> int:
        return relative + self.timeline_start

    def source_frame(self, absolute: int) -> int:
        """The frame as clip markers count, also outside of the clip."""
        return absolute - self.record_in + self.left_offset

    def from_source(self, frame: int) -> int:
        return frame - self.left_offset + self.record_in

    def timecode(self, absolute: int) -> str:
        return print_timecode(absolute, self.rate)
