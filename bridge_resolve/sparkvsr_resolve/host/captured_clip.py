"""The clip that is to be captured, as it was described when it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Protocol

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipFacts, ClipSpan, Verdict

from .desk import Desk
from .timelines import items_on, span_of, until_found

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


class ClipToCapture(Protocol):
    """What is asked of a clip that was found on a timeline and judged."""

    @property
    def name(self) -> str: ...
    @property
    def timeline(self) -> str:
        """Unique id."""

    @property
    def pool_item(self) -> str:
        """Unique id."""

    @property
    def track(self) -> int:
        """Of the video tracks, 1-based."""

    @property
    def span(self) -> ClipSpan: ...
    @property
    def facts(self) -> ClipFacts: ...
    @property
    def verdict(self) -> Verdict: ...


def find_clip(desk: Desk, timeline: Timeline, clip: ClipToCapture) -> TimelineItem:
    """The clip where it was found, or its copy in the same place of a copied timeline.

    Raises:
        BridgeError: it is not there.
    """
    wanted = clip.span.record_in, clip.span.record_out

    def look() -> Optional[TimelineItem]:
        for item in items_on(timeline, "video", clip.track):
            media = item.GetMediaPoolItem()
            if span_of(item) == wanted and media and media.GetUniqueId() == clip.pool_item:
                return item
        return None

    found = until_found(desk, look)
    if found is None:
        raise BridgeError(
            f"`{clip.name}` is not where it was: it was moved, trimmed or deleted.",
            "Start again on the clip as it is now.",
        )
    return found
