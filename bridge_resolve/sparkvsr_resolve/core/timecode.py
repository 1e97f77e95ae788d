"""Timecode of a timeline: its text, and frames counted from 00:00:00:00 at the nominal rate.

That count is Resolve's absolute frame number: 01:00:00:00 is 86400 at 24 and at 23.976, and 107892
with drop frame at 29.97. Drop frame as in SMPTE ST 12-1.
"""

from __future__ import annotations

import re

from sparkvsr_link import BridgeError

from .rates import Rate

_TEXT = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)([:;])(\d{2,3})", re.ASCII)


def parse_timecode(text: str, rate: Rate) -> int:
    """The absolute frame of a label.

    With drop frame `:` is taken for `;`: the rate says how to count.

    Raises:
        BridgeError: it is no label of this rate: frames beyond the second, hours beyond the day, a
            label that drop frame leaves out, `;` without drop frame.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise _wrong(text, rate, "it is not of the form HH:MM:SS:FF")
    hours, minutes, seconds, frame = (int(match[group]) for group in (1, 2, 3, 5))
    if hours > 23 or frame >= rate.nominal:
        raise _wrong(text, rate, "there is no such hour or frame")
    if match[4] == ";" and not rate.drop:
        raise _wrong(text, rate, "it is drop-frame timecode")
    if seconds == 0 and minutes % 10 and frame < rate.dropped:
        raise _wrong(text, rate, "drop frame leaves this label out")
    passed = hours * 60 + minutes
    left_out = rate.dropped * (passed - passed // 10)
    return (passed * 60 + seconds) * rate.nominal + frame - left_out


def print_timecode(frame: int, rate: Rate) -> str:
    """The label of an absolute frame; midnight follows the last frame of a day.

    Raises:
        ValueError: the frame is negative.
    """
    if frame < 0:
        raise ValueError(f"frame {frame} has no timecode")
    count = frame % frames_of_a_day(rate)
    if rate.drop:  # put back the labels that were left out: every minute but each tenth
        tens, rest = divmod(count, _ten_minutes(rate))
        minutes = max(0, rest - rate.dropped) // (60 * rate.nominal - rate.dropped)
        count += rate.dropped * (9 * tens + minutes)
    seconds, count = divmod(count, rate.nominal)
    mark = ";" if rate.drop else ":"
    hour, minute = divmod(seconds // 60, 60)
    return f"{hour:02d}:{minute:02d}:{seconds % 60:02d}{mark}{count:02d}"


def frames_of_a_day(rate: Rate) -> int:
    """How many labels there are: frames of 24 hours of timecode."""
    return 144 * _ten_minutes(rate)


def _ten_minutes(rate: Rate) -> int:
    return 600 * rate.nominal - 9 * rate.dropped


def _wrong(text: str, rate: Rate, why: str) -> BridgeError:
    return BridgeError(
        f"`{text}` is no timecode at {rate} frames a second: {why}.",
        "Check frame rate and drop frame in the timeline's settings.",
    )
