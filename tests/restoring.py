"""A person who waits for a restoration in Resolve."""

from __future__ import annotations

from sparkvsr_resolve.core import ClipSettings

FLOW = ClipSettings(engine="flow", upscale=1.0)


class Patient:
    """A person who waits."""

    cancelled = False

    def check(self) -> None:
        """Nothing keeps them."""

    def started(self, frames: int) -> None:
        self.frames = frames

    def progressed(self, frames: int) -> None:
        self.done = frames
