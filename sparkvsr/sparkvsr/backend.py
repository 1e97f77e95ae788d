"""Where a restoration runs: one interface for this process and for the daemon's client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .depth import Frame
from .job import Color, Depth, Settings, Shot


class Source(Protocol):
    """The frames of a shot, read lazily and in order."""

    def frames(self) -> Iterator[Frame]:
        """Every frame of the shot once, in order; all of one shape and dtype."""
        ...


@dataclass(frozen=True)
class KeyframePicture:
    """A keyframe ready to use.

    Attributes:
        index: its frame, 0-based in the shot.
        picture: at output size; or at the source's where that is smaller: then only its look is
            carried, if a grade is carried at all.
    """

    index: int
    picture: Frame


@dataclass(frozen=True)
class Request:
    """A job without any file: what a backend needs besides the source frames.

    Attributes:
        depth: of the restored frames that come back.
        color: what the pictures are in.
        preview: index of the one frame that is wanted, quickly; None means the whole shot.
    """

    shot: Shot
    keyframes: tuple[KeyframePicture, ...]
    settings: Settings
    depth: Depth = "half"
    color: Color = field(default_factory=Color)
    preview: int | None = None


@dataclass(frozen=True)
class RestoredFrame:
    """One finished frame, in the depth that was asked for, with its trust (0 to 1)."""

    index: int
    picture: Frame
    trust: float


@dataclass(frozen=True)
class Notice:
    """Something the person should know: `kind` is `started`, `note`, `warning` or `upload`."""

    kind: Literal["started", "note", "warning", "upload"]
    text: str
    data: dict[str, Any]


OnNotice = Callable[[Notice], None]
Cancelled = Callable[[], bool]


class Backend(Protocol):
    """Runs a request; frames leave in order, as soon as they are finished."""

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        """Restore a shot, or the one frame that `request.preview` names.

        Args:
            cancelled: asked often; when it answers True the job is cancelled wherever it runs.

        Raises:
            EngineError, JobError: the work could not be finished.
            CancelledError: `cancelled()` answered True, or somebody else cancelled the job.
            UnreachableError: (daemon) nobody answers.
        """
        ...
