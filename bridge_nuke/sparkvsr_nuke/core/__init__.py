"""All of the Nuke bridge that needs no `nuke`: what is asked, where it goes, what it came to."""

from __future__ import annotations

from sparkvsr_link import BridgeError, job_digest

from ._errors import RenderError
from .batch_codes import MEANING, ExitCode, exit_code
from .exr_check import check_sequence
from .frames import (
    RANGE_MODES,
    FrameRange,
    add_frame,
    choose_range,
    parse_frames,
    print_frames,
    remove_frame,
)
from .group import BUTTONS, GROUP_SCHEMA, NO_VERSION, group_text
from .owners import Claim, Owner, claim, new_uid, owns, read_owner
from .records import (
    ResultRecord,
    Submission,
    read_record,
    read_submission,
    remove_submission,
    write_record,
    write_submission,
)
from .settings import NodeSettings, find_problems, job_object, job_settings, make_stamp
from .stamp import FRESH, STALE, UNSURE, Stamp, Verdict, compare
from .state import Phase, RunState
from .throttle import Throttle
from .versions import (
    VersionFolder,
    find_node_folder,
    frame_file,
    list_versions,
    make_version,
    remove_abandoned,
    remove_version,
)
from .window import Look, Window, check_formats, check_keyframes, find_window

__all__ = [
    "BUTTONS",
    "FRESH",
    "GROUP_SCHEMA",
    "MEANING",
    "NO_VERSION",
    "RANGE_MODES",
    "STALE",
    "UNSURE",
    "BridgeError",
    "Claim",
    "ExitCode",
    "FrameRange",
    "Look",
    "NodeSettings",
    "Owner",
    "Phase",
    "RenderError",
    "ResultRecord",
    "RunState",
    "Stamp",
    "Submission",
    "Throttle",
    "Verdict",
    "VersionFolder",
    "Window",
    "add_frame",
    "check_formats",
    "check_keyframes",
    "check_sequence",
    "choose_range",
    "claim",
    "compare",
    "exit_code",
    "find_node_folder",
    "find_problems",
    "find_window",
    "frame_file",
    "group_text",
    "job_digest",
    "job_object",
    "job_settings",
    "list_versions",
    "make_stamp",
    "make_version",
    "new_uid",
    "owns",
    "parse_frames",
    "print_frames",
    "read_owner",
    "read_record",
    "read_submission",
    "remove_abandoned",
    "remove_frame",
    "remove_submission",
    "remove_version",
    "write_record",
    "write_submission",
]
