"""All of the Resolve bridge that calls no API: frames, plans, folders, states and decisions."""

from __future__ import annotations

from sparkvsr_link import BridgeError

from .geometry import ClipSpan
from .rates import RATES, Rate, has_drop_frame, media_fps, print_fps
from .timecode import frames_of_a_day, parse_timecode, print_timecode

__all__ = [
    "RATES",
    "BridgeError",
    "ClipSpan",
    "Rate",
    "frames_of_a_day",
    "has_drop_frame",
    "media_fps",
    "parse_timecode",
    "print_fps",
    "print_timecode",
]
