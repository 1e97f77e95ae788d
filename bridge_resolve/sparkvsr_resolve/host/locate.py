"""Which clip a person means: a selected one where Resolve can tell, else the one in the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sparkvsr_resolve.core import BridgeError, Capabilities, parse_timecode

from .clip import Clip, look_at, read_rate
from .desk import Desk
from .facts import pool_item_of
from .newer import item_type, selected_items
from .tracks import Placed, is_ours, items_at, track_of

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

_SEAT_TRIES = 3
_SEAT_S = 0.25
_PARK = "Go to the Edit or the Color page and park the playhead on the clip, then try again."


def find_clips(desk: Desk, capabilities: Capabilities) -> tuple[Clip, ...]:
    """The selected clips of the current timeline, in order of time; else the one at the playhead.

    Results of SparkVSR are not meant: below one lies the clip that it came from. Whether a clip can
    be restored is for its verdict to say.

    Raises:
        BridgeError: there is none, or Resolve does not tell.
    """
    timeline = desk.timeline
    placed = _selected(desk, capabilities, timeline) if capabilities.can("selection") else []
    placed = placed or [_at_playhead(desk, capabilities, timeline)]
    clips = [look_at(desk, capabilities, timeline, item, track) for track, item in placed]
    return tuple(sorted(clips, key=lambda clip: (clip.span.record_in, clip.track)))


def _selected(desk: Desk, capabilities: Capabilities, timeline: Timeline) -> list[Placed]:
    found = []
    for item in selected_items(timeline):
        if capabilities.can("item_type") and item_type(item) == "transition":
            continue
        track = track_of(desk, capabilities, timeline, item)
        if track is not None and not is_ours(timeline, track):
            found.append((track, item))
    return found


def _at_playhead(desk: Desk, capabilities: Capabilities, timeline: Timeline) -> Placed:
    """What the viewer shows; a clip below it when that is a title or a result of ours."""
    timecode: Optional[str] = timeline.GetCurrentTimecode()
    if not timecode:
        page = desk.resolve.GetCurrentPage()
        where = f"Resolve's {page} page" if page else "Resolve, as it is now,"
        raise BridgeError(f"{where} has no playhead, so no clip can be found.", _PARK)
    shown = timeline.GetCurrentVideoItem() or _seated(desk, timeline, timecode)
    if not shown:
        raise BridgeError(f"There is no clip at the playhead, {timecode}.", _PARK)
    track = track_of(desk, capabilities, timeline, shown)
    if track is None:
        raise BridgeError(f"Resolve does not tell on which track the clip at {timecode} is.", _PARK)
    if pool_item_of(shown) and not is_ours(timeline, track):
        return track, shown
    frame = parse_timecode(timecode, read_rate(desk, timeline))
    below = (
        (track, item)
        for track, item in items_at(desk, timeline, frame)
        if pool_item_of(item) and not is_ours(timeline, track)
    )
    return next(below, (track, shown))


def _seated(desk: Desk, timeline: Timeline, timecode: str) -> Optional[TimelineItem]:
    """What the viewer shows, once the playhead was put where it is.

    21.1 knows of no clip at it until a script has done so.
    """
    for _ in range(_SEAT_TRIES):
        desk.change(
            "leave the playhead where it is",
            lambda: timeline.SetCurrentTimecode(timecode),
            lambda: timeline.GetCurrentTimecode() == timecode,
        )
        shown: Optional[TimelineItem] = timeline.GetCurrentVideoItem()
        if shown:
            return shown
        desk.clock.sleep(_SEAT_S)
    return None
