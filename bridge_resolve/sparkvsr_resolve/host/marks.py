"""Markers of a clip: keyframes out of them, and what one remembers of the last result."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from sparkvsr_resolve.core import (
    CLIP,
    STATE_MARKER_NAME,
    TIMELINE,
    Capabilities,
    ClipState,
    Marker,
    MarkerFilter,
    Plan,
    Stretch,
    build_plan,
    choose_carrier,
    find_state,
    read_markers,
)

from .again import find_again, find_timeline
from .clip import Clip
from .desk import Desk
from .newer import end_of, item_type, start_of
from .tracks import items_on, track_of

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

Owner = Union["Timeline", "TimelineItem"]

_COLOR: Literal["Sand"] = "Sand"
_NOTE = "Remembers how SparkVSR restored this clip. Without it, the next run renders everything."


def read_plan(
    desk: Desk,
    capabilities: Capabilities,
    clip: Clip,
    chosen: MarkerFilter,
    painted_only: bool = False,
) -> Plan:
    """The keyframes of a clip, out of the markers of its timeline and its own.

    Args:
        painted_only: only markers whose notes name a picture count.

    Raises:
        BridgeError: the clip is not as it was, or Resolve does not tell its markers.
    """
    item = find_again(desk, capabilities, clip)
    timeline = find_timeline(desk, clip)
    return build_plan(
        clip.span,
        [one for one in _markers(desk, timeline, item) if one.name != STATE_MARKER_NAME],
        chosen,
        clip.verdict.clip_markers,
        painted_only,
        read_transitions(desk, capabilities, timeline, item),
    )


def read_transitions(
    desk: Desk, capabilities: Capabilities, timeline: Timeline, item: TimelineItem
) -> tuple[Stretch, ...]:
    """All transitions on the track of an item; nothing where Resolve does not list them."""
    track = track_of(desk, capabilities, timeline, item)
    if track is None or not capabilities.can("item_type"):
        return ()
    found = (other for other in items_on(timeline, track) if item_type(other) == "transition")
    return tuple(_stretch(desk, transition) for transition in found)


def read_state(desk: Desk, capabilities: Capabilities, clip: Clip) -> Optional[ClipState]:
    """What was remembered of the clip's last result; None when there is nothing.

    Raises:
        BridgeError: see `read_plan`.
    """
    item = find_again(desk, capabilities, clip)
    found = find_state(_markers(desk, find_timeline(desk, clip), item), clip.item)
    return found[1] if found else None


def write_state(
    desk: Desk, capabilities: Capabilities, clip: Clip, plan: Plan, state: ClipState
) -> None:
    """Remember a result in a marker, for the next run.

    It is the marker that did so before, else that of a keyframe, else one that is made for it. What
    other scripts keep in markers stays.

    Raises:
        BridgeError: the clip is not as it was, or Resolve did not keep it.
    """
    item = find_again(desk, capabilities, clip)
    timeline = find_timeline(desk, clip)
    markers = _markers(desk, timeline, item)
    carrier = choose_carrier(_possible(markers, plan, clip), clip.item)
    if carrier is None:
        _make_carrier(desk, item, clip, markers, state.to_text())
        return
    owner: Owner = item if carrier.owner == CLIP else timeline
    _store(desk, owner, carrier.frame, state.to_text())


def _markers(desk: Desk, timeline: Timeline, item: TimelineItem) -> tuple[Marker, ...]:
    return _markers_of(desk, timeline, TIMELINE) + _markers_of(desk, item, CLIP)


def _markers_of(desk: Desk, owner: Owner, kind: str) -> tuple[Marker, ...]:
    found: Any = desk.asked(
        f"which markers there are on the {kind}",
        owner.GetMarkers,
        lambda answer: isinstance(answer, dict),
    )
    return read_markers(found, kind)


def _possible(markers: Iterable[Marker], plan: Plan, clip: Clip) -> list[Marker]:
    """Markers that may remember: the one that does, those of the plan, and those made for it."""
    keyframes = {(key.marker.owner, key.marker.frame) for key in plan.keyframes}
    markers = list(markers)
    kept = find_state(markers, clip.item)
    return [
        one
        for one in markers
        if (one.owner, one.frame) in keyframes
        or (one.owner == CLIP and one.name == STATE_MARKER_NAME)
        or (kept is not None and one == kept[0])
    ]


def _make_carrier(
    desk: Desk, item: TimelineItem, clip: Clip, markers: Iterable[Marker], text: str
) -> None:
    """On the clip, with which it moves; a frame takes one marker only."""
    used = {marker.frame for marker in markers if marker.owner == CLIP}
    frame = next(at for at in itertools.count(clip.span.left_offset) if at not in used)
    desk.change(
        f"keep what SparkVSR knows of `{clip.name}`",
        lambda: item.AddMarker(frame, _COLOR, STATE_MARKER_NAME, _NOTE, 1, text),
        lambda: item.GetMarkerCustomData(frame) == text,
    )


def _store(desk: Desk, owner: Owner, frame: int, text: str) -> None:
    desk.change(
        "keep what SparkVSR knows of a clip",
        lambda: owner.UpdateMarkerCustomData(frame, text),
        lambda: owner.GetMarkerCustomData(frame) == text,
    )


def _stretch(desk: Desk, item: TimelineItem) -> Stretch:
    start = desk.number("where a transition starts", lambda: start_of(item))
    return start, desk.number("where it ends", lambda: end_of(item))
