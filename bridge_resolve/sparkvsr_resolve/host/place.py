"""A result goes onto a track above its clip, and below everything that is above that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, Place, Track, TrackChoice, choose_track

from .append import Appender
from .desk import Desk
from .items import place_on
from .lanes import Lane, make_track, name_track, read_lanes
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem


def where_is(
    desk: Desk, able: Capabilities, timeline: Timeline, source: TimelineItem, frames: int
) -> Place:
    """Where a clip lies, which must be as long as its result.

    Args:
        frames: of the result.

    Raises:
        BridgeError: it is not; or it is not on the timeline any more.
    """
    place = place_on(desk, able, timeline, source)
    if place.frames != frames:
        raise BridgeError(
            f"The clip `{source.GetName()}` has {place.frames} frames now, and its result "
            f"{frames}.",
            "Undo the trim, or restore the clip again.",
        )
    return place


def place_above(
    desk: Desk,
    able: Capabilities,
    appender: Appender,
    timeline: Timeline,
    source: Place,
    clip: MediaPoolItem,
    undo: Undo,
) -> tuple[TimelineItem, Place, tuple[str, ...]]:
    """Place a result above its clip, over the same frames.

    Args:
        timeline: the current one.
        source: where the clip lies.
        clip: the result in the media pool, as long as the clip.
        undo: takes away the item, and the track if one was made.

    Returns:
        The item, where it is, and what a person should know, a sentence each.

    Raises:
        BridgeError: it could not be placed exactly there, or something else was moved by it.
    """
    lanes = read_lanes(desk, timeline, source.track)
    stretch = source.start, source.start + source.frames
    can_insert = able.can("insert_track")
    choice = choose_track(_tracks(lanes, source.track), source.track, stretch, can_insert)
    track = choice.index
    said = list(_say_covered(choice))
    if choice.make:
        track = make_track(desk, timeline, lanes, choice.index, source.track, undo)
        said += _name(desk, timeline, track)
        if track > choice.index:  # it was to be inserted, and is above what it must not hide
            said.append(f"The result is on video track {track}: move it below what it hides.")
    place = Place(source.start, source.frames, track)
    item = appender.append(timeline, clip, place, undo)
    _check_others(
        lanes, read_lanes(desk, timeline, source.track), track - source.track - 1, choice.make
    )
    return item, place, tuple(said)


def disable(desk: Desk, timeline: Timeline, track: int, item: TimelineItem, undo: Undo) -> None:
    """Disable an item of the current timeline; nothing happens where it is.

    Args:
        track: the item's.
        undo: enables it again.

    Raises:
        BridgeError: its track is locked, or it stays enabled.
    """
    if not item.GetClipEnabled():
        return
    name = item.GetName()
    if timeline.GetIsTrackLocked("video", track):
        raise BridgeError(
            f"`{name}` cannot be disabled: video track {track} is locked.",
            "Unlock it, or choose to place the result on a track only.",
        )
    undo.later(f"disabling `{name}`", lambda: _enable(desk, item, True))
    _enable(desk, item, False)


def _enable(desk: Desk, item: TimelineItem, enabled: bool) -> None:
    desk.change(
        f"{'enable' if enabled else 'disable'} `{item.GetName()}`",
        lambda: item.SetClipEnabled(enabled),
        lambda: item.GetClipEnabled() is enabled,
    )


def _tracks(lanes: tuple[Lane, ...], source: int) -> list[Track]:
    """All tracks; of those up to the source only the number counts."""
    below = [Track(index) for index in range(1, source + 1)]
    return below + [lane.as_track(index) for index, lane in enumerate(lanes, source + 1)]


def _say_covered(choice: TrackChoice) -> tuple[str, ...]:
    if not choice.covered:
        return ()
    tracks = ", ".join(map(str, choice.covered))
    return (
        f"This Resolve cannot insert a track: the result is on track {choice.index} and hides what "
        f"is on track {tracks}. Move it down by hand.",
    )


def _name(desk: Desk, timeline: Timeline, track: int) -> tuple[str, ...]:
    try:
        name_track(desk, timeline, track)
    except BridgeError as error:  # the result matters more than the track's name
        return (error.message,)
    return ()


def _check_others(before: tuple[Lane, ...], now: tuple[Lane, ...], ours: int, made: bool) -> None:
    """The items of all other tracks are what they were.

    Args:
        ours: 0-based place of our track in `now`.
    """
    was = [lane.items for place, lane in enumerate(before) if made or place != ours]
    others = [lane.items for place, lane in enumerate(now) if place != ours]
    if was != others:
        raise BridgeError(
            "Other clips above it changed while the result was placed.",
            "Try again, and leave the timeline alone meanwhile.",
        )
