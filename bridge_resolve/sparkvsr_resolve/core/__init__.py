"""All of the Resolve bridge that calls no API: frames, plans, folders, states and decisions."""

from __future__ import annotations

from sparkvsr_link import BridgeError

from .clip import ClipFacts, judge_clip
from .geometry import ClipSpan
from .markers import CLIP, COLORS, TIMELINE, Marker, MarkerFilter, read_markers
from .plan import Keyframe, LeftOut, Plan, Reason, Stretch, build_plan
from .plan_table import print_plan
from .rates import RATES, Rate, has_drop_frame, media_fps, print_fps
from .timecode import frames_of_a_day, parse_timecode, print_timecode
from .verdict import Finding, Kind, Level, Verdict

__all__ = [
    "CLIP",
    "COLORS",
    "RATES",
    "TIMELINE",
    "BridgeError",
    "ClipFacts",
    "ClipSpan",
    "Finding",
    "Keyframe",
    "Kind",
    "LeftOut",
    "Level",
    "Marker",
    "MarkerFilter",
    "Plan",
    "Rate",
    "Reason",
    "Stretch",
    "Verdict",
    "build_plan",
    "frames_of_a_day",
    "has_drop_frame",
    "judge_clip",
    "media_fps",
    "parse_timecode",
    "print_fps",
    "print_plan",
    "print_timecode",
    "read_markers",
]
