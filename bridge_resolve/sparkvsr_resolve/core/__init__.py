"""All of the Resolve bridge that calls no API: frames, plans, folders, states and decisions."""

from __future__ import annotations

from sparkvsr_link import BridgeError, job_digest

from .capabilities import ABILITIES, Ability, Capabilities, check_edition, describe, says_studio
from .clip import ClipFacts, judge_clip
from .colour import Colour, read_colour
from .crash_file import PREFIX, ScriptLock, Snapshot, is_temporary, temporary_name
from .exr_pixels import is_black, pixel_digest
from .frames_check import file_sizes, find_black, find_equal, find_faults, is_settled
from .geometry import ClipSpan, Stretch
from .job import Source, Spaces, job_object, job_settings
from .markers import CLIP, COLORS, TIMELINE, Marker, MarkerFilter, read_markers
from .placement import (
    TRACK_NAME,
    EndFrame,
    Place,
    Track,
    TrackChoice,
    choose_track,
    compare_places,
    end_frame,
    inspector_of_result,
    learn_convention,
)
from .plan import Keyframe, LeftOut, Plan, Reason, build_plan
from .plan_table import PLAN_HEAD, left_out_lines, plan_rows, print_plan
from .rates import RATES, Rate, has_drop_frame, media_fps, print_fps
from .rerun import Changes, find_changes, keyframe_digest
from .run_file import Run, read_run, remove_run, run_path, write_run
from .settings import ClipSettings, find_problems
from .settings_file import load_settings, save_settings, settings_path
from .state import STATE_MARKER_NAME, ClipState, choose_carrier, find_state, read_state
from .timecode import frames_of_a_day, parse_timecode, print_timecode
from .verdict import Finding, Kind, Level, Verdict
from .workplace import (
    BASE_NAME,
    KEY_NAME,
    VersionFolder,
    choose_root,
    clip_folder,
    is_inside,
    list_versions,
    make_version,
    remove_version,
    safe_name,
)

__all__ = [
    "ABILITIES",
    "BASE_NAME",
    "CLIP",
    "COLORS",
    "KEY_NAME",
    "PLAN_HEAD",
    "PREFIX",
    "RATES",
    "STATE_MARKER_NAME",
    "TIMELINE",
    "TRACK_NAME",
    "Ability",
    "BridgeError",
    "Capabilities",
    "Changes",
    "ClipFacts",
    "ClipSettings",
    "ClipSpan",
    "ClipState",
    "Colour",
    "EndFrame",
    "Finding",
    "Keyframe",
    "Kind",
    "LeftOut",
    "Level",
    "Marker",
    "MarkerFilter",
    "Place",
    "Plan",
    "Rate",
    "Reason",
    "Run",
    "ScriptLock",
    "Snapshot",
    "Source",
    "Spaces",
    "Stretch",
    "Track",
    "TrackChoice",
    "Verdict",
    "VersionFolder",
    "build_plan",
    "check_edition",
    "choose_carrier",
    "choose_root",
    "choose_track",
    "clip_folder",
    "compare_places",
    "describe",
    "end_frame",
    "file_sizes",
    "find_black",
    "find_changes",
    "find_equal",
    "find_faults",
    "find_problems",
    "find_state",
    "frames_of_a_day",
    "has_drop_frame",
    "inspector_of_result",
    "is_black",
    "is_inside",
    "is_settled",
    "is_temporary",
    "job_digest",
    "job_object",
    "job_settings",
    "judge_clip",
    "keyframe_digest",
    "learn_convention",
    "left_out_lines",
    "list_versions",
    "load_settings",
    "make_version",
    "media_fps",
    "parse_timecode",
    "pixel_digest",
    "plan_rows",
    "print_fps",
    "print_plan",
    "print_timecode",
    "read_colour",
    "read_markers",
    "read_run",
    "read_state",
    "remove_run",
    "remove_version",
    "run_path",
    "safe_name",
    "save_settings",
    "says_studio",
    "settings_path",
    "temporary_name",
    "write_run",
]
