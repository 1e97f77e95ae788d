"""Items on the video tracks of a timeline."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Optional

from sparkvsr_resolve.core import TRACK_NAME, Capabilities

from .desk import Desk
from .newer import end_of, start_of

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

Placed = tuple[int, "TimelineItem"]
"""An item, and the 1-based index of its track from the bottom."""


def items_on(timeline: Timeline, track: int) -> list[TimelineItem]:
    """The items of a video track, in order of time.

    A call that failed looks like an empty track: look again before you believe that.
    """
    found: Optional[list[TimelineItem]] = timeline.GetItemListInTrack("video", track)
    return [item for item in found or () if item]


def count_tracks(desk: Desk, timeline: Timeline) -> int:
    """How many video tracks there are.

    21.1 does not count new ones until the page changes, so tracks above with items on them count.

    Raises:
        BridgeError: Resolve does not tell.
    """
    count = desk.number("its video tracks", lambda: timeline.GetTrackCount("video"))
    while items_on(timeline, count + 1):
        count += 1
    return count


def video_items(desk: Desk, timeline: Timeline) -> Iterator[Placed]:
    """All items of all video tracks, the lowest track first.

    Raises:
        BridgeError: Resolve does not tell how many tracks there are.
    """
    for track in range(1, count_tracks(desk, timeline) + 1):
        for item in items_on(timeline, track):
            yield track, item


def find_item(desk: Desk, timeline: Timeline, uid: str) -> Optional[Placed]:
    """The video item of a unique id; None when it is not there, or a call failed."""
    items = video_items(desk, timeline)
    return next(((track, item) for track, item in items if item.GetUniqueId() == uid), None)


def track_of(
    desk: Desk, capabilities: Capabilities, timeline: Timeline, item: TimelineItem
) -> Optional[int]:
    """The index of the video track of an item; None when it is on none."""
    if capabilities.can("item_track"):
        kind, index = desk.asked("on which track a clip is", item.GetTrackTypeAndIndex)
        return index if kind == "video" else None
    uid = desk.asked("the unique id of a clip", item.GetUniqueId)
    found = find_item(desk, timeline, uid)
    return found[0] if found else None


def is_ours(timeline: Timeline, track: int) -> bool:
    """Whether SparkVSR made a track, for its results."""
    return timeline.GetTrackName("video", track) == TRACK_NAME


def items_at(desk: Desk, timeline: Timeline, frame: int) -> Iterator[Placed]:
    """What can be seen at an absolute frame, the highest first: enabled, on enabled tracks."""
    for track in range(count_tracks(desk, timeline), 0, -1):
        if timeline.GetIsTrackEnabled("video", track):
            item = _item_at(desk, items_on(timeline, track), frame)
            if item and item.GetClipEnabled():
                yield track, item


def _item_at(desk: Desk, items: Sequence[TimelineItem], frame: int) -> Optional[TimelineItem]:
    """Found by halves: a reel has thousands of items, and each question takes its time."""
    place = bisect_right(_Starts(desk, items), frame) - 1
    if place < 0:
        return None
    end = desk.number("where a clip ends", lambda: end_of(items[place]))
    return items[place] if frame < end else None


class _Starts:
    """The starts of items, each asked for when it is needed."""

    def __init__(self, desk: Desk, items: Sequence[TimelineItem]) -> None:
        self._desk, self._items = desk, items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> int:
        return self._desk.number("where a clip starts", lambda: start_of(self._items[index]))
