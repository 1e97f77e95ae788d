"""The identity engine: frames unchanged. It proves colour, timing and transport round trips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..cancel import stop_if
from ._base import EngineFrame, Window


class IdentityEngine:
    """Gives every source pixel back bit by bit, as a block of equal ones above upscale 1."""

    name: ClassVar[str] = "identity"
    version: ClassVar[str] = "1"
    window: ClassVar[int] = 33
    overlap: ClassVar[int] = 9
    uses_slots: ClassVar[bool] = False
    unlimited: ClassVar[bool] = True

    def work(self) -> dict[str, int]:
        """It has no models."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """It runs the same everywhere."""
        return ()

    def largest_tile(self, width: int, height: int, frames: int, upscale: int) -> int | None:
        """It sees one frame at a time."""
        return None

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        """Yield the T source frames of the window; trust is always 1."""
        return (self.frame(window, index) for index in range(window.frames))

    def frame(self, window: Window, index: int) -> EngineFrame:
        """One source frame of the window."""
        stop_if(window.cancelled)
        picture = window.source(index)
        if window.upscale > 1:
            picture = picture.repeat(window.upscale, axis=0).repeat(window.upscale, axis=1)
        return EngineFrame(picture, 1.0)

    def preview(self, window: Window, index: int) -> EngineFrame:
        """The same: it is as fast."""
        return self.frame(window, index)
