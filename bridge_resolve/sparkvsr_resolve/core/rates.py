"""Frame rates as exact fractions, whichever way Resolve writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Optional, Union

from sparkvsr_link import BridgeError

_NTSC = Fraction(1000, 1001)

RATES = tuple(
    sorted(
        [Fraction(fps) for fps in (16, 18, 24, 25, 30, 48, 50, 60, 72, 96, 100, 120)]
        + [fps * _NTSC for fps in (24, 30, 48, 60, 96, 120)]
    )
)
"""All that a timeline of Resolve can have, in frames a second, ascending."""

# Two decimals are as good as three: 23.98 means 23.976. 24 is 0.024 away.
_NEAR = Fraction(1, 200)
_TEXT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:(DF|NDF)|fps)?\s*", re.ASCII | re.IGNORECASE)

Written = Union[str, float]
"""A rate as the API gives it: text up to 21.0, a number from 21.1 on."""


@dataclass(frozen=True)
class Rate:
    """The frame rate of a timeline.

    Attributes:
        fps: frames a second, exact: 24000/1001 for 23.976.
        drop: timecode leaves out labels so that it follows the clock.
    """

    fps: Fraction
    drop: bool = False

    def __post_init__(self) -> None:
        if self.drop and not has_drop_frame(self.fps):
            raise BridgeError(
                f"There is no drop-frame timecode at {print_fps(self.fps)} frames a second.",
                "Set the timeline to 29.97, 59.94 or 119.88, or to non-drop-frame timecode.",
            )

    @classmethod
    def parse(cls, written: Written, drop_setting: object = None) -> Rate:
        """Read what Resolve calls the rate of a timeline: "23.976", "29.97 DF", 24.0.

        Args:
            drop_setting: what it gives for `timelineDropFrameTimecode`: "0", "1" or a number; other
                values are none. It counts only at rates that have drop frame: Resolve keeps it at
                others, where it means nothing.

        Raises:
            BridgeError: it is none of RATES; names it.
        """
        number, mark = _split(written)
        fps = None if number is None else _nearest(number)
        if fps is None:
            raise BridgeError(
                f"The timeline's frame rate `{written}` is not known.",
                f"Use a timeline of {', '.join(map(print_fps, RATES))} frames a second.",
            )
        asked = str(drop_setting) in ("1", "1.0", "True") and has_drop_frame(fps)
        return cls(fps, mark == "DF" or (asked and mark != "NDF"))

    @property
    def nominal(self) -> int:
        """Frames that a second of timecode counts: 24 at 23.976, 30 at 29.97."""
        return round(self.fps)

    @property
    def dropped(self) -> int:
        """Labels left out at the start of each minute but every tenth: 2, 4 or 8; 0 for none."""
        return self.nominal // 15 if self.drop else 0

    def __str__(self) -> str:
        """As Resolve writes it: `23.976`, `29.97 DF`."""
        return print_fps(self.fps) + (" DF" if self.drop else "")


def has_drop_frame(fps: Fraction) -> bool:
    """Whether a rate has drop-frame timecode: 29.97, 59.94, 119.88."""
    return fps.denominator == _NTSC.denominator and round(fps) % 30 == 0


def media_fps(written: Optional[Written]) -> Optional[Fraction]:
    """Frames a second of a clip in the media pool, as exact as its text says.

    Media may have rates that no timeline has. None when it does not say, as stills.
    """
    number, _ = _split(written)
    return _nearest(number) or number if number else None


def print_fps(fps: Fraction) -> str:
    """A rate as people write it, without zeros at its end."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")


def _split(written: Optional[Written]) -> tuple[Optional[Fraction], str]:
    """The number and the mark `DF` or `NDF`; None when it is no rate."""
    match = None if isinstance(written, bool) else _TEXT.fullmatch(str(written))
    if match is None:
        return None, ""
    return Fraction(match[1].replace(",", ".")), (match[2] or "").upper()


def _nearest(number: Fraction) -> Optional[Fraction]:
    nearest = min(RATES, key=lambda fps: abs(fps - number))
    return nearest if abs(nearest - number) <= _NEAR else None
