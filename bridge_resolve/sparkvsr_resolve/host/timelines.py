"""Timelines of the project and what lies on them, by id or name: proxies are new every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Optional, TypeVar

from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

TrackKind = Literal["video", "audio", "subtitle"]

T = TypeVar("T")

_LOOKS = 3
_LOOK_AGAIN_S = 0.25
_WHAT = "its timelines"


def all_timelines(desk: Desk) -> list[Timeline]:
    """Those of the open project.

    Raises:
        BridgeError: Resolve does not tell.
    """
    project = desk.project
    count = desk.asked(_WHAT, project.GetTimelineCount)

    def at(index: int) -> Timeline:
        return desk.asked(_WHAT, lambda: project.GetTimelineByIndex(index))

    return [at(index) for index in range(1, count + 1)]


def timeline_named(desk: Desk, name: str) -> Optional[Timeline]:
    """The timeline of a name; None when there is none."""
    return next((t for t in all_timelines(desk) if desk.asked(_WHAT, t.GetName) == name), None)


def timeline_of_id(desk: Desk, uid: str) -> Optional[Timeline]:
    """The timeline of a unique id; None when there is none."""
    return next((t for t in all_timelines(desk) if desk.asked(_WHAT, t.GetUniqueId) == uid), None)


def make_current(desk: Desk, timeline: Timeline) -> None:
    """Show a timeline.

    Raises:
        BridgeError: Resolve does not.
    """
    uid = desk.asked(_WHAT, timeline.GetUniqueId)
    if desk.timeline.GetUniqueId() == uid:
        return
    desk.change(
        "open the timeline",
        lambda: desk.project.SetCurrentTimeline(timeline),
        lambda: desk.timeline.GetUniqueId() == uid,
    )


def until_found(desk: Desk, look: Callable[[], Optional[T]]) -> Optional[T]:
    """What is found, or None after some looks: where a call fails, nothing is found either."""
    for _ in range(_LOOKS):
        found = look()
        if found:
            return found
        desk.clock.sleep(_LOOK_AGAIN_S)
    return None


def items_on(timeline: Timeline, kind: TrackKind, track: int) -> list[TimelineItem]:
    """What lies on a track; nothing of an empty one, for which Resolve gives None."""
    items: Optional[list[TimelineItem]] = timeline.GetItemListInTrack(kind, track)
    return [item for item in items or [] if item is not None]


def span_of(item: TimelineItem) -> tuple[Optional[float], Optional[float]]:
    """First frame and the one after the last, absolute."""
    # The argument that the stubs want is younger than 18.6.
    return item.GetStart(), item.GetEnd()  # type: ignore[call-arg]
