"""Keeping restored windows, so that none is restored twice: what the executor asks of a keeper.

Not by this process, not by another one at the same time, not by the next one after a crash. The
executor writes and reads the files of windows; where they are, who restores which, and what is
remembered of that over a crash is the keeper's business.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from .planner import Plan


class PlanChoice(msgspec.Struct, frozen=True):
    """What a plan depends on besides its request.

    Attributes:
        window: frames seen at once, 8k+1.
        tile: largest side of a tile in output pixels; None means whole pictures.
    """

    window: int
    tile: int | None = None


class Keeper(Protocol):
    """Where the restored windows of one job are kept; somebody else may restore some of them.

    Positions are those of `Plan.windows`. A window is free, claimed or kept. All methods may raise
    `CancelledError`.
    """

    def choice(self) -> PlanChoice | None:
        """That of an earlier start of the same job, to be used again; None: choose."""
        ...

    def planned(self, choice: PlanChoice, plan: Plan) -> None:
        """The windows that there will be.

        A later call (memory ran out) takes the place of an earlier one: all of its windows are
        free, but for those that an earlier start kept under the same choice.
        """
        ...

    def claim(self, wanted: int) -> int | None:
        """The window that the caller must restore now, or None: `wanted` is kept, read it.

        It is `wanted`, or one that it depends on, or one that is wanted soon; all windows that it
        has anchors of are kept. Blocks while there is none and somebody else restores `wanted`.
        The caller may hold a claim already: on a window whose neighbour turned out to be damaged.
        """
        ...

    def path(self, position: int) -> Path:
        """Of a window's file under the current choice. The folder exists.

        Whoever is killed leaves a `*.part` beside it, which the next one to write it removes.
        """
        ...

    def kept(self, position: int, nbytes: int) -> None:
        """The file of a claimed window is whole, synced and renamed."""
        ...

    def damaged(self, position: int) -> None:
        """The file of a kept window is not what was written: the window is free again."""
        ...

    def stored(self) -> int:
        """So many finished frames of the job, from its first on, are safe on disk."""
        ...

    def drop(self, position: int) -> None:
        """Nobody needs this window any more. It may be one that is not kept: of an earlier start.

        What remains when all frames are stored is dropped by whoever owns the keeper.
        """
        ...

    def border(self) -> None:
        """Called between windows; another request may be run inside, with the same engine."""
        ...
