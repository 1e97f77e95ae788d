"""Video tracks: what lies on them, and one of ours.

How many there are is stale after a track was added or deleted, in some versions until the page
changes. So no track is added or deleted twice because it does not show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import TRACK_NAME, Track

from .desk import Desk
from .items import place_of, uid_of
from .pages import open_page
from .tracks import count_tracks, items_on
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import Timeline
    from fusionscript.fusionscript import NewTrackOptions

_GIVEN_NAME = re.compile(r".*\d")  # `Video 3`, in any language: Resolve numbers them anew


@dataclass(frozen=True)
class Lane:
    """A video track as it is.

    Attributes:
        items: unique id, first frame and the frame after the last one of each.
    """

    name: str
    locked: bool
    items: tuple[tuple[str, int, int], ...]

    def as_track(self, index: int) -> Track:
        spans = tuple((first, end) for _, first, end in self.items)
        return Track(index, self.name == TRACK_NAME, self.locked, spans)

    def is_like(self, other: Lane) -> bool:
        """Whether it may be the same track; names that Resolve gives do not count."""
        named = not (_GIVEN_NAME.fullmatch(self.name) and _GIVEN_NAME.fullmatch(other.name))
        return self.items == other.items and (self.name == other.name or not named)


def read_lanes(desk: Desk, timeline: Timeline, above: int) -> tuple[Lane, ...]:
    """The video tracks above one, from the bottom.

    Raises:
        BridgeError: Resolve does not say what lies where.
    """
    return tuple(
        _read_lane(desk, timeline, track)
        for track in range(above + 1, count_tracks(desk, timeline) + 1)
    )


def make_track(
    desk: Desk,
    timeline: Timeline,
    before: tuple[Lane, ...],
    index: int,
    source: int,
    undo: Undo,
) -> int:
    """Add a track of ours above the source's, with nothing on it.

    Args:
        before: the tracks above the source's.
        index: where it should be; above all others where this Resolve cannot insert.
        source: the track of the clip.
        undo: takes it away if it is empty then.

    Returns:
        Its index.

    Raises:
        BridgeError: it cannot be added, or the tracks are not what they were.
    """
    if (
        read_lanes(desk, timeline, source) != before
    ):  # what was read was wrong, or is not true any more
        raise BridgeError("The timeline's tracks changed meanwhile.", "Try again.")

    def made() -> Optional[int]:
        return _find_new(before, read_lanes(desk, timeline, source), source, index)

    def add() -> None:
        if len(read_lanes(desk, timeline, source)) == len(before):
            _add(timeline, index, source + len(before))

    def appears() -> bool:
        if made() is None:
            _change_pages(desk)
        return made() is not None

    undo.later("the video track", lambda: _remove(desk, timeline, source, before, index))
    desk.change("add a video track", add, appears, settle_s=0)  # each look changes the page
    return desk.asked("where the new video track is", made)


def name_track(desk: Desk, timeline: Timeline, track: int) -> None:
    """Name a track that was made as ours.

    Raises:
        BridgeError: it keeps its name.
    """
    desk.change(
        f"name video track {track}",
        lambda: timeline.SetTrackName("video", track, TRACK_NAME),
        lambda: timeline.GetTrackName("video", track) == TRACK_NAME,
    )


def _read_lane(desk: Desk, timeline: Timeline, track: int) -> Lane:
    places = ((item, place_of(desk, item, track)) for item in items_on(timeline, track))
    return Lane(
        desk.asked("what a track is called", lambda: timeline.GetTrackName("video", track)),
        bool(timeline.GetIsTrackLocked("video", track)),
        tuple((uid_of(desk, item), at.start, at.start + at.frames) for item, at in places),
    )


def _add(timeline: Timeline, index: int, count: int) -> None:
    if index <= count:
        timeline.AddTrack("video", cast("NewTrackOptions", {"index": index}))
    else:
        timeline.AddTrack("video")  # type: ignore[call-overload]  # the rest is optional


def _remove(
    desk: Desk, timeline: Timeline, source: int, before: Sequence[Lane], index: int
) -> None:
    """Delete the track that was added, if it was and has no items."""
    _change_pages(desk)

    def is_gone() -> bool:
        return len(read_lanes(desk, timeline, source)) == len(before)

    def delete() -> None:
        made = _find_new(before, read_lanes(desk, timeline, source), source, index)
        if made is not None:
            timeline.DeleteTrack("video", made)
            _change_pages(desk)

    if not is_gone():
        desk.change("remove the video track", delete, is_gone, settle_s=0)


def _find_new(
    before: Sequence[Lane], now: Sequence[Lane], source: int, wanted: int
) -> Optional[int]:
    """The index of the empty track that is there in addition; None when there is none.

    Args:
        before, now: the tracks above the source's.
        wanted: the index that is taken if others could be it, too.
    """
    if len(now) != len(before) + 1:
        return None
    found = [
        source + 1 + place
        for place, lane in enumerate(now)
        if not lane.items and all(map(Lane.is_like, before, [*now[:place], *now[place + 1 :]]))
    ]
    return wanted if wanted in found else (found[-1] if found else None)


def _change_pages(desk: Desk) -> None:
    """Leave the page and come back: what Resolve remembers of tracks is right then."""
    page = desk.asked("which page it shows", desk.resolve.GetCurrentPage)
    open_page(desk, "media" if page == "edit" else "edit")
    open_page(desk, page)
