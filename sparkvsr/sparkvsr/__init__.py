"""SparkVSR: fix a few frames of a shot, get the whole shot back.

    from sparkvsr import Job, KeyframeFile, restore

    restore(Job(source="plate.mov", output="restored.mov",
                keyframes=(KeyframeFile(0, "fixed.png"),)))

This package reads and writes pictures and restores them; it knows no socket and no host. Names are
loaded when they are first used: the daemon's supervisor imports the errors and the job types, and
must not pull in decoders or a tensor library by that.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._preview import preview
    from ._restore import restore
    from .backend import Backend, KeyframePicture, Notice, Request, RestoredFrame
    from .errors import (
        CancelledError,
        DiskFullError,
        EngineError,
        InputError,
        JobError,
        KeyframeError,
        OutOfMemoryError,
        OutputError,
        SettingsError,
        SourceError,
        SparkVSRError,
        UnreachableError,
    )
    from .events import Done, Event, Failed, Notified, Previewed, Progress, Started
    from .inprocess import InProcess
    from .job import Job, KeyframeFile, Settings, Shot, load_job

__version__ = "0.1.0"

_HOME = {
    "backend": ("Backend", "KeyframePicture", "Notice", "Request", "RestoredFrame"),
    "errors": (
        "CancelledError",
        "DiskFullError",
        "EngineError",
        "InputError",
        "JobError",
        "KeyframeError",
        "OutOfMemoryError",
        "OutputError",
        "SettingsError",
        "SourceError",
        "SparkVSRError",
        "UnreachableError",
    ),
    "events": ("Done", "Event", "Failed", "Notified", "Previewed", "Progress", "Started"),
    "inprocess": ("InProcess",),
    "job": ("Job", "KeyframeFile", "Settings", "Shot", "load_job"),
    "_preview": ("preview",),
    "_restore": ("restore",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [  # noqa: RUF022 - in the order of use
    "Job",
    "KeyframeFile",
    "Settings",
    "Shot",
    "load_job",
    "restore",
    "preview",
    "Backend",
    "InProcess",
    "KeyframePicture",
    "Notice",
    "Request",
    "RestoredFrame",
    "Event",
    "Started",
    "Notified",
    "Progress",
    "Done",
    "Previewed",
    "Failed",
    "SparkVSRError",
    "InputError",
    "SourceError",
    "KeyframeError",
    "OutputError",
    "SettingsError",
    "JobError",
    "EngineError",
    "OutOfMemoryError",
    "DiskFullError",
    "CancelledError",
    "UnreachableError",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
