"""Render settings as the Deliver page shows them, presets, and the jobs of the queue."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from .model import Timeline


@dataclass
class RenderState:
    """Presets are copies of `format`, `codec`, `mode` and `settings`.

    Attributes:
        mode: 0 individual clips, 1 single clip.
        preset: the one that was loaded or saved last.
    """

    format: str = "mov"
    codec: str = "ProRes422HQ"
    mode: int = 1
    settings: dict[str, Any] = field(
        default_factory=lambda: {"SelectAllFrames": True, "ExportVideo": True, "ExportAudio": True}
    )
    preset: str = "Custom"
    presets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def snapshot(self) -> dict[str, Any]:
        names = ("format", "codec", "mode", "settings")
        return copy.deepcopy({name: getattr(self, name) for name in names})

    def load(self, name: str) -> None:
        for key, value in copy.deepcopy(self.presets[name]).items():
            setattr(self, key, value)
        self.preset = name


@dataclass(eq=False)
class RenderJob:
    """A job of the queue.

    Attributes:
        entry: as GetRenderJobList has it.
        first, last: frames, absolute, both included.
        state: a key of the table of job states.
        seconds: virtual time that it took.
        done: frames that are written.
    """

    uid: str
    timeline: Timeline
    entry: dict[str, Any]
    format: str
    codec: str
    first: int
    last: int
    size: tuple[int, int]
    video: bool
    state: str = "ready"
    percent: int = 0
    error: str = ""
    seconds: float = 0.0
    done: int = 0
