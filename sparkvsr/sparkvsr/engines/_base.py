"""What an engine is: one window (and its references) in, restored frames out.

Axes: T frames, H W pixels, C channels: always 3, RGB in model space (display-referred, nominally
[0, 1], not clamped).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..cancel import Cancelled, never

if TYPE_CHECKING:
    from ..latents import Latent

Picture = NDArray[np.float32]
"""H W C, RGB, model space."""


@dataclass(frozen=True)
class Reference:
    """A picture that the restored shot should agree with.

    Attributes:
        index: its frame, counted from the window's first; negative or ≥ T when it lies outside.
        slot: the same, snapped to a multiple of 4 (what a latent model uses).
        picture_HWC: at output size.
        source_HWC: the source frame at `index`, at source size.
        digest: names the pixels of `picture_HWC`: equal ones mean equal pictures.
        trust: 1 for a keyframe of the artist's, less for a restored frame of a neighbouring window.
    """

    index: int
    slot: int
    picture_HWC: Picture
    source_HWC: Picture
    digest: str
    trust: float = 1.0


@dataclass(frozen=True)
class Window:
    """One run of frames for an engine.

    Attributes:
        frames: T, always 8k+1 (tails repeat the last frame).
        source: gives the source frame (H W C, source size) of an index 0 ≤ i < T, one at a time:
            a window of 4K floats need not fit into memory.
        digest: names the pixels of a source frame: equal ones mean equal frames.
        inside: references whose index lies in the window.
        outside: the nearest keyframes of the same scene before and after the window, if any.
        upscale: output size over source size.
        guidance: reference-free guidance scale.
        seed: of this window's own random generator.
        cancelled: to be asked between steps, of 0.3 s at most where the engine can help it; when
            it answers True, the engine raises `CancelledError`.
    """

    frames: int
    source: Callable[[int], Picture]
    digest: Callable[[int], str]
    inside: tuple[Reference, ...]
    outside: tuple[Reference, ...]
    upscale: int
    guidance: float
    seed: int = 0
    cancelled: Cancelled = never


@dataclass(frozen=True)
class EngineFrame:
    """One restored frame: picture at output size, and how far it can be relied on (0 to 1)."""

    picture_HWC: Picture
    trust: float


class Engine(Protocol):
    """Turns a window into restored frames, in time order, exactly T of them.

    Whenever it asks for a source frame, a digest or a latent, or gives a frame, other windows may
    be restored with it before it goes on, in the same thread; neither changes the other by a bit.
    After an error, `CancelledError` included, it is as good as new.

    Attributes:
        name: as in `Settings.engine`.
        version: part of a job's identity; another one whenever pixels change.
        window, overlap: what this engine works best with.
        uses_slots: keyframes count at their slot rather than at their own frame.
        unlimited: values below 0 and above 1 come through it.
    """

    name: ClassVar[str]
    window: ClassVar[int]
    overlap: ClassVar[int]
    uses_slots: ClassVar[bool]
    unlimited: ClassVar[bool]

    @property
    def version(self) -> str: ...

    def work(self) -> dict[str, int]:
        """How often each of its models has run so far; empty for an engine without models."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Sentences for the person about how it runs on this machine."""
        ...

    def largest_tile(self, width: int, height: int, frames: int, upscale: int) -> int | None:
        """Largest side of a tile of which a whole window fits into the memory that is free now.

        Args:
            width, height: of the output, in pixels.
            frames: of a window.
            upscale: output size over source size.

        Returns:
            A multiple of 16; None if whole pictures fit.
        """
        ...

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        """Restore one window.

        Raises:
            EngineError: with the frame that failed.
            OutOfMemoryError: a smaller tile or a shorter window may do.
            CancelledError: when `window.cancelled()` says so.
        """
        ...

    def frame(self, window: Window, index: int) -> EngineFrame:
        """One frame of `restore`, the same to the bit; raises as `restore` does."""
        ...

    def preview(self, window: Window, index: int) -> EngineFrame:
        """Close to `frame`, with as little work as possible; raises as `restore` does."""
        ...


@runtime_checkable
class LatentEngine(Engine, Protocol):
    """An engine whose windows can be joined before they are decoded."""

    def latents(self, window: Window) -> Sequence[Latent]:
        """What `restore` would decode; T = 4 (L - 1) + 1. Raises as `restore` does."""
        ...

    def decode(self, window: Window, latents: Iterator[Latent]) -> Iterator[EngineFrame]:
        """Decode latents as they come; the first frames leave before the last latent is asked for.

        Args:
            window: a run of windows as a whole, of any length; its references are not looked at.
        """
        ...

    def decode_frame(
        self, window: Window, index: int, latent: Callable[[int], Latent]
    ) -> EngineFrame:
        """Close to one frame of `decode`; few latents are asked for, and little is decoded.

        Args:
            latent: gives the latent of the window (of L) at a position.
        """
        ...
