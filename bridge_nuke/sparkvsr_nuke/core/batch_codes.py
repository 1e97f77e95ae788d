"""Exit codes of the farm script. 0 and 2 to 5 are those of the `sparkvsr` command."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What a render manager is told; docs/nuke.md has the same table."""

    DONE = 0
    CRASHED = 1  # Python's own, for an error that nobody foresaw
    BAD_INPUT = 2
    JOB_FAILED = 3
    CANCELLED = 4
    UNREACHABLE = 5
    NO_SCRIPT = 10
    NO_NODE = 11
    EXPORT_FAILED = 12
    BAD_RESULT = 13


MEANING = {
    ExitCode.DONE: "the result is complete",
    ExitCode.CRASHED: "an error that nobody foresaw: report it",
    ExitCode.BAD_INPUT: "a knob, a keyframe or a folder is not usable; nothing was started",
    ExitCode.JOB_FAILED: "the work was started and could not be finished",
    ExitCode.CANCELLED: "somebody cancelled it",
    ExitCode.UNREACHABLE: "SparkVSR is not installed here, or could not be started",
    ExitCode.NO_SCRIPT: "the Nuke script cannot be opened",
    ExitCode.NO_NODE: "the script has no SparkVSR node of that name",
    ExitCode.EXPORT_FAILED: "Nuke could not render the plate or a keyframe",
    ExitCode.BAD_RESULT: "frames of the result are missing, damaged or of the wrong size",
}

_UNREACHABLE = frozenset({"unreachable", "not_installed", "agent_missing", "agent_gone"})
_BAD_INPUT = frozenset({"bad_input", "bad_source", "bad_keyframe", "bad_output", "bad_settings"})


def exit_code(code: str) -> ExitCode:
    """The exit code for an error of the agent or of the link to it, by its `code`."""
    if code == "cancelled":
        return ExitCode.CANCELLED
    if code in _BAD_INPUT:
        return ExitCode.BAD_INPUT
    return ExitCode.UNREACHABLE if code in _UNREACHABLE else ExitCode.JOB_FAILED
