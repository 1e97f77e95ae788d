"""What items of a timeline say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, Place

from .desk import Desk
from .facts import pool_item_of
from .newer import start_of
from .tracks import Placed, track_of, video_items

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


class Identified(Protocol):
    """What Resolve gives a unique id: projects, timelines, items, clips, bins."""

    def GetUniqueId(self) -> str: ...  # noqa: N802


def uid_of(desk: Desk, thing: Identified) -> str:
    """The unique id: the only thing that two handles of one object have in common.

    Raises:
        BridgeError: Resolve does not tell.
    """
    return desk.asked("which clip, bin or timeline this is", thing.GetUniqueId)


def place_of(desk: Desk, item: TimelineItem, track: int) -> Place:
    """Where an item lies; its timeline must be the current one.

    Raises:
        BridgeError: Resolve does not tell.
    """
    start = desk.number("where a clip starts", lambda: start_of(item))
    # The argument of the stubs is not known to early versions.
    frames = desk.number("how long a clip is", lambda: item.GetDuration())  # type: ignore[call-arg]
    return Place(start, frames, track)


def place_on(desk: Desk, able: Capabilities, timeline: Timeline, item: TimelineItem) -> Place:
    """Where an item of the current timeline lies.

    Raises:
        BridgeError: it is on none of its video tracks, or Resolve does not tell.
    """
    track = track_of(desk, able, timeline, item)
    if track is None:
        raise BridgeError(
            "The clip is on none of the timeline's video tracks any more.", "Undo its deletion."
        )
    return place_of(desk, item, track)


def shown_clip(desk: Desk, item: TimelineItem) -> str:
    """Unique id of the media pool's clip that an item shows; empty for titles and generators."""
    clip = pool_item_of(item)
    return uid_of(desk, clip) if clip is not None else ""


def showing(desk: Desk, timeline: Timeline, clip: str) -> Iterator[Placed]:
    """All items of the video tracks that show a clip, by its unique id, with their tracks."""
    for track, item in video_items(desk, timeline):
        if shown_clip(desk, item) == clip:
            yield track, item


def inspector_of(item: TimelineItem) -> dict[str, Any]:
    """All properties of the Inspector."""
    found: Any = item.GetProperty()  # type: ignore[call-arg]
    return dict(found or {})
