"""SMPTE timecode (ST 12-1) with and without drop frame: its text, and what EXR and DPX hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Self

from ..errors import SettingsError
from ._rate import spoken

_TEXT = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)([:;.,])(\d{2,3})")
_NTSC = Fraction(1000, 1001)


class Fields(NamedTuple):
    """A timecode as pictures hold it: above 30 frames a second `frame` counts pairs of frames, and
    `field` tells which of the two it is."""

    hours: int
    minutes: int
    seconds: int
    frame: int
    drop: bool
    field: bool


@dataclass(frozen=True)
class Timecode:
    """The timecode of one frame.

    Attributes:
        frames: since midnight, 0 … frames of a day − 1.
        fps: frames that a second counts: 24 for a rate of 23.976, 30 for 29.97.
        drop: labels are left out so that the label follows the clock at 29.97 or 59.94.
    """

    frames: int
    fps: int
    drop: bool = False

    @classmethod
    def parse(cls, text: str, rate: Fraction) -> Self | None:
        """Read `HH:MM:SS:FF`, with `;` (or `,` `.`) before the frames for drop frame.

        None when it is no label of a clip of this rate: frames beyond the second, a label that
        drop frame leaves out, drop frame at a rate that has none, a rate without timecode.
        """
        match = _TEXT.fullmatch(text.strip())
        fps = _counted(rate)
        if not match or not fps:
            return None
        hours, minutes, seconds, frame = (int(match[group]) for group in (1, 2, 3, 5))
        drop = match[4] != ":"
        if hours > 23 or frame >= fps or (drop and (fps % 30 or rate == fps)):
            return None
        skipped = _dropped(fps) if drop else 0
        if seconds == 0 and minutes % 10 and frame < skipped:
            return None
        passed = hours * 60 + minutes
        frames = (passed * 60 + seconds) * fps + frame - skipped * (passed - passed // 10)
        return cls(frames, fps, drop)

    @classmethod
    def from_word(cls, word: int, rate: Fraction) -> Self | None:
        """Read the word of EXR and DPX; None as for `parse`."""
        frame, seconds, minutes, hours = (
            10 * (word >> shift + 4 & tens) + (word >> shift & 15)
            for shift, tens in ((0, 3), (8, 7), (16, 7), (24, 3))
        )
        if (_counted(rate) or 0) > 30:
            frame = 2 * frame + (word >> 15 & 1)
        mark = ";" if word >> 6 & 1 else ":"
        return cls.parse(f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frame:02d}", rate)

    def __add__(self, frames: int) -> Timecode:
        """The timecode so many frames later; midnight follows the last frame of the day."""
        return Timecode((self.frames + frames) % (144 * self._ten_minutes), self.fps, self.drop)

    def __str__(self) -> str:
        """`HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop frame."""
        hours, minutes, seconds, frame = self._label()
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if self.drop else ':'}{frame:02d}"

    @property
    def fields(self) -> Fields:
        """As pictures hold it."""
        hours, minutes, seconds, frame = self._label()
        pairs = self.fps > 30
        return Fields(
            hours,
            minutes,
            seconds,
            frame // 2 if pairs else frame,
            self.drop,
            pairs and frame % 2 == 1,
        )

    @property
    def word(self) -> int:
        """As EXR and DPX store it: binary coded decimals, drop frame in bit 6, field in bit 15."""
        hours, minutes, seconds, frame, drop, field = self.fields
        word = 0
        for value in (hours, minutes, seconds, frame):
            word = word << 8 | value // 10 << 4 | value % 10
        return word | drop << 6 | field << 15

    @property
    def _ten_minutes(self) -> int:
        return 600 * self.fps - (9 * _dropped(self.fps) if self.drop else 0)

    def _label(self) -> tuple[int, int, int, int]:
        count = self.frames
        if self.drop:  # put the left-out labels back: every minute but each tenth
            skipped = _dropped(self.fps)
            tens, rest = divmod(count, self._ten_minutes)
            minutes = max(0, rest - skipped) // (60 * self.fps - skipped)
            count += skipped * (9 * tens + minutes)
        seconds, frame = divmod(count, self.fps)
        return seconds // 3600, seconds // 60 % 60, seconds % 60, frame


def told_timecode(text: str, rate: Fraction) -> Timecode:
    """The timecode that a person or a host tells of a clip of this rate.

    Raises:
        SettingsError: it is no label of such a clip.
    """
    timecode = Timecode.parse(text, rate)
    if timecode is None:
        raise SettingsError(
            f'timecode "{text}" is not possible at {spoken(rate)}.',
            "Write HH:MM:SS:FF, or HH:MM:SS;FF for drop frame at 29.97 and 59.94, and tell the "
            "rate where the files do not.",
        )
    return timecode


def _dropped(fps: int) -> int:
    """How many labels a minute leaves out."""
    return fps // 15


def _counted(rate: Fraction) -> int | None:
    """Frames that a second of timecode counts at a rate; None where SMPTE defines none."""
    fps = round(rate)
    return fps if rate in (fps, fps * _NTSC) and fps > 0 else None
