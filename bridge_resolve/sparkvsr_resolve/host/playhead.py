"""Playhead and marks of the current timeline, as the user left them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities

from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import MarkInOutType

Marks = Mapping[str, Mapping[str, int]]

_SETTLE_S = 5.0
_READINGS = 3  # the first answers after a move may be those of before


def read_playhead(desk: Desk) -> str:
    """The timecode of the playhead, on a page that has one.

    Raises:
        BridgeError: Resolve does not tell.
    """
    return desk.asked("where the playhead is", desk.timeline.GetCurrentTimecode)


def restore_playhead(desk: Desk, timecode: str) -> None:
    """Move the playhead, on a page that has one.

    Raises:
        BridgeError: it did not move.
    """
    if timecode:
        desk.change(
            f"move the playhead to {timecode}",
            lambda: desk.timeline.SetCurrentTimecode(timecode),
            lambda: all(desk.timeline.GetCurrentTimecode() == timecode for _ in range(_READINGS)),
            _SETTLE_S,
        )


def read_marks(desk: Desk, abilities: Capabilities) -> dict[str, dict[str, int]]:
    """Mark in and out by kind, counted from the timeline's start; none where Resolve cannot tell.

    Raises:
        BridgeError: it does not.
    """
    if not abilities.can("timeline_marks"):
        return {}
    found = cast("Marks", desk.asked("the marks", desk.timeline.GetMarkInOut))
    return {kind: {end: int(frame) for end, frame in ends.items()} for kind, ends in found.items()}


def restore_marks(desk: Desk, abilities: Capabilities, marks: Marks) -> None:
    """Set the marks that differ.

    Raises:
        BridgeError: they are not set; one end alone, which scripts cannot set, included.
    """
    now = read_marks(desk, abilities)
    kinds: tuple[MarkInOutType, ...] = ("video", "audio")
    for kind in kinds:
        wanted = marks.get(kind, {})
        if wanted != now.get(kind, {}):
            _set_marks(desk, abilities, kind, wanted)


def _set_marks(
    desk: Desk, abilities: Capabilities, kind: MarkInOutType, wanted: Mapping[str, int]
) -> None:
    if len(wanted) == 1:
        ((end, frame),) = wanted.items()
        raise BridgeError(
            f"the {kind} mark {end} at frame {frame} of the timeline, without the other end, "
            "cannot be set by a script"
        )

    def set_them() -> object:
        if wanted:
            return desk.timeline.SetMarkInOut(wanted["in"], wanted["out"], kind)
        return desk.timeline.ClearMarkInOut(kind)

    desk.change(
        f"set the {kind} marks",
        set_them,
        lambda: read_marks(desk, abilities).get(kind, {}) == wanted,
    )
