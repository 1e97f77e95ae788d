"""The second result of a clip takes the place of the first one.

It becomes a take of the item that shows the earlier result, and is selected. So whatever a person
did to that item since stays: its grade, its Inspector, its track; the earlier version can be
chosen again, and taking the change back loses nothing. Deleting the item and placing a new one
would lose all that. `ReplaceClip` would change every other use of the earlier clip, forget its
colour space and metadata, and take the earlier version out of the bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from sparkvsr_resolve.core import Place

from .desk import Desk
from .facts import pool_item_of
from .importing import is_media
from .items import place_of
from .tracks import video_items

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


@dataclass(frozen=True)
class Earlier:
    """An item that shows an earlier result.

    Attributes:
        in_place: it covers the frames of the clip, above it. If not, a person moved or trimmed it,
            and it is left as it is.
    """

    item: TimelineItem
    place: Place
    in_place: bool


def find_earlier(desk: Desk, timeline: Timeline, result: str, source: Place) -> Optional[Earlier]:
    """The item of an earlier result; None when there is none on the timeline.

    Args:
        result: its file, or the pattern of its pictures, as `ClipState.result` has it.
        source: where the clip lies now.

    Raises:
        BridgeError: Resolve does not say where it lies.
    """
    found = []
    for track, item in video_items(desk, timeline):
        clip = pool_item_of(item)
        if clip is not None and track != source.track and is_media(clip, result):
            place = place_of(desk, item, track)
            over = (place.start, place.frames) == (source.start, source.frames)
            found.append(Earlier(item, place, over and track > source.track))
    return max(found, key=lambda earlier: earlier.in_place, default=None)


def say_left(earlier: Earlier) -> str:
    """What a person should know of an earlier result that is left where it is."""
    return (
        f"The earlier result on video track {earlier.place.track} was moved or trimmed: it is left "
        "as it is, and hides the new one where it lies above it."
    )
