"""Every error a person can meet, in one tree.

    SparkVSRError
    ├── InputError            exit 2: something given to us is not usable; nothing was started
    │   ├── SourceError       the plate is missing, unreadable, cut short, empty or of variable rate
    │   ├── KeyframeError     a keyframe does not fit the shot, or is no picture
    │   ├── OutputError       the output exists, or its folder cannot be written
    │   └── SettingsError     a setting, a job file or an option is not valid
    ├── JobError              exit 3: the work was started and could not be finished
    │   ├── EngineError       an engine is missing, or failed on a frame
    │   │   ├── OutOfMemoryError  a window does not fit into memory
    │   │   └── DeviceError       the GPU has failed; only a new process can use it again
    │   └── DiskFullError     no room left while writing
    ├── CancelledError        exit 4: somebody asked for it
    └── UnreachableError      exit 5: no daemon could be reached or started (raised by the client)

Each carries a sentence (what happened, to which file or frame) and a hint (what to do now).
`code` is what crosses the wire and stands in JSON events; it never changes once published.
"""

from __future__ import annotations

import errno
from typing import ClassVar, Final

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The system's own ways of saying that a disk, or the person's share of it, is full."""


class SparkVSRError(Exception):
    """Base of the tree.

    Args:
        message: one sentence, naming the file or the frame.
        hint: what the person can do about it; may be empty.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(SparkVSRError):
    """Something given to us is not usable; nothing was started."""

    code = "bad_input"
    exit_code = 2


class SourceError(InputError):
    """The plate is missing, unreadable, truncated, empty or of variable rate."""

    code = "bad_source"


class KeyframeError(InputError):
    """A keyframe does not fit the shot, or is no picture."""

    code = "bad_keyframe"


class OutputError(InputError):
    """The output exists already, or cannot be written where it was asked for."""

    code = "bad_output"


class SettingsError(InputError):
    """A setting, a job file or an option is not valid."""

    code = "bad_settings"


class JobError(SparkVSRError):
    """The work was started and could not be finished."""

    code = "job_failed"


class EngineError(JobError):
    """An engine is missing, or failed on a frame."""

    code = "engine_failed"


class OutOfMemoryError(EngineError):
    """A window does not fit into memory."""

    code = "out_of_memory"


class DeviceError(EngineError):
    """The GPU has failed: only a new process can use it again."""

    code = "device_failed"


class DiskFullError(JobError):
    """No room left on the disk while writing."""

    code = "disk_full"


class CancelledError(SparkVSRError):
    """The job was cancelled."""

    code = "cancelled"
    exit_code = 4


class UnreachableError(SparkVSRError):
    """No daemon could be reached or started."""

    code = "unreachable"
    exit_code = 5


def _tree(root: type[SparkVSRError]) -> dict[str, type[SparkVSRError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


def error_from_code(code: str, message: str, hint: str = "") -> SparkVSRError:
    """Rebuild an error that crossed a process border; an unknown code gives a `JobError`."""
    return _tree(SparkVSRError).get(code, JobError)(message, hint)
