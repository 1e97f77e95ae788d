"""What items of a timeline say of themselves, and finding them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional, Protocol

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, Place

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem


class Identified(Protocol):
    """What Resolve gives a unique id: projects, timelines, items, clips, bins."""

    def GetUniqueId(self) -> str: ...  # noqa: N802


def uid_of(thing: Identified) -> str:
    """The unique id: the only thing that two handles of one object have in common.

    Raises:
        BridgeError: Resolve does not say it.
    """
    uid: Optional[str] = thing.GetUniqueId()
    if not uid:
        raise BridgeError(
            "Resolve does not say which clip, bin or timeline this is.",
            "Try again; if that does not help, restart Resolve.",
        )
    return uid


def items_of(timeline: Timeline, track: int) -> list[TimelineItem]:
    """The items of a video track; some versions list None among them, or nothing at all."""
    found: Optional[Sequence[Optional[TimelineItem]]] = timeline.GetItemListInTrack("video", track)
    return [item for item in found or () if item is not None]


def place_of(item: TimelineItem, track: int) -> Place:
    """Where an item lies.

    Raises:
        BridgeError: Resolve does not say so.
    """
    # Arguments that the stubs want are optional, and unknown to older versions.
    start, frames = item.GetStart(), item.GetDuration()  # type: ignore[call-arg]
    if start is None or frames is None:
        raise BridgeError(
            "Resolve does not say where a clip lies on the timeline.",
            "Look whether the clip's timeline is the open one, then try again.",
        )
    return Place(int(start), int(frames), track)


def left_offset(item: TimelineItem) -> int:
    """Frames of the media before the item's first one."""
    return int(item.GetLeftOffset() or 0)  # type: ignore[call-arg]


def track_of(item: TimelineItem, timeline: Timeline, able: Capabilities) -> int:
    """The video track of an item, 1-based.

    Raises:
        BridgeError: it is on none.
    """
    if able.can("item_track"):
        found: Optional[tuple[str, int]] = item.GetTrackTypeAndIndex()
        if found and found[0] == "video":
            return int(found[1])
    uid = uid_of(item)
    for track in video_tracks(timeline):
        if any(other.GetUniqueId() == uid for other in items_of(timeline, track)):
            return track
    raise BridgeError(
        "The clip is on none of the timeline's video tracks any more.", "Undo its deletion."
    )


def video_tracks(timeline: Timeline) -> range:
    """Indices of the video tracks, 1-based.

    Raises:
        BridgeError: Resolve does not say how many there are; every timeline has one.
    """
    count: Optional[int] = timeline.GetTrackCount("video")
    if not count:
        raise BridgeError(
            "Resolve does not say which tracks the timeline has.", "Open the timeline, try again."
        )
    return range(1, count + 1)


def shown_clip(item: TimelineItem) -> str:
    """Unique id of the media pool's clip that an item shows; empty for titles and generators."""
    clip: Optional[MediaPoolItem] = item.GetMediaPoolItem()
    return uid_of(clip) if clip is not None else ""


def showing(timeline: Timeline, clip: str) -> Iterator[tuple[int, TimelineItem]]:
    """All items of the video tracks that show a clip, by its unique id, with their tracks."""
    for track in video_tracks(timeline):
        for item in items_of(timeline, track):
            if shown_clip(item) == clip:
                yield track, item


def inspector_of(item: TimelineItem) -> dict[str, Any]:
    """All properties of the Inspector."""
    found: Any = item.GetProperty()  # type: ignore[call-arg]
    return dict(found or {})
