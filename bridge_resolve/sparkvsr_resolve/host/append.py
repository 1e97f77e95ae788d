"""A clip of the media pool goes onto a track of the current timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    Capabilities,
    EndFrame,
    Place,
    compare_places,
    end_frame,
    learn_convention,
)

from .desk import Desk
from .items import place_of, showing, shown_clip, uid_of
from .newer import left_offset_of
from .tracks import items_on
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import MediaPool, MediaPoolClipInfo, MediaPoolItem, Timeline, TimelineItem

_VIDEO_ONLY = 1


class Appender:
    """Places clips, and remembers for the session what this Resolve takes `endFrame` for.

    Args:
        convention: what is tried first; whether it held is told from the length that was placed.
    """

    def __init__(
        self, desk: Desk, able: Capabilities, convention: EndFrame = EndFrame.EXCLUSIVE
    ) -> None:
        self._desk, self._able = desk, able
        self.convention = convention

    def append(
        self, timeline: Timeline, clip: MediaPoolItem, place: Place, undo: Undo
    ) -> TimelineItem:
        """Place all of a clip, its pictures only, and look where it is.

        Args:
            timeline: the current one.
            clip: of as many frames as the place.
            undo: takes the item away.

        Raises:
            BridgeError: it is not placed, or not exactly there.
        """
        desk = self._desk
        uid = uid_of(desk, clip)
        before = frozenset(uid_of(desk, item) for _, item in showing(desk, timeline, uid))
        undo.later("the placed clip", lambda: self._remove(timeline, uid, before))
        item = self._place(timeline, clip, place, before)
        frames = place_of(desk, item, place.track).frames
        learned = learn_convention(self.convention, place.frames, frames)
        if learned not in (None, self.convention):
            self._remove(timeline, uid, before)
            self.convention = learned
            item = self._place(timeline, clip, place, before)
        faults = list(compare_places(place, place_of(desk, item, place.track)))
        skipped = desk.number("where a clip begins in its media", lambda: left_offset_of(item))
        if skipped:
            faults.append(f"it begins {skipped} frames after the result's first one")
        if faults:
            raise BridgeError(
                f"Resolve did not place the result where it belongs: {', '.join(faults)}.",
                f"Place `{clip.GetName()}` by hand on video track {place.track}.",
            )
        return item

    def _place(
        self, timeline: Timeline, clip: MediaPoolItem, place: Place, before: frozenset[str]
    ) -> TimelineItem:
        desk = self._desk
        pool, uid, there = desk.pool, uid_of(desk, clip), uid_of(desk, timeline)
        info = cast(
            "MediaPoolClipInfo",
            {
                "mediaPoolItem": clip,
                "startFrame": 0,
                "endFrame": end_frame(place.frames, self.convention),
                "mediaType": _VIDEO_ONLY,
                "trackIndex": place.track,
                "recordFrame": place.start,
            },
        )

        def placed() -> Optional[TimelineItem]:
            # Looked for: what an append gives may have no id, be None, or not be on the track.
            for item in items_on(timeline, place.track):
                if shown_clip(desk, item) == uid and uid_of(desk, item) not in before:
                    return item
            return None

        def append() -> None:
            if uid_of(desk, desk.timeline) != there:
                raise BridgeError(
                    "Another timeline was opened while the result was placed.",
                    "Wait until SparkVSR says that it is done, then open it.",
                )
            if not _append(pool, info) and self._select(pool, clip):
                _append(pool, info)

        desk.change(
            f"place the result on video track {place.track}",
            append,
            lambda: placed() is not None,
            hint=f"Look whether the track is free and unlocked, or place `{clip.GetName()}` by "
            "hand.",
        )
        return desk.asked("where the placed result is", placed)

    def _select(self, pool: MediaPool, clip: MediaPoolItem) -> bool:
        """Select the clip where nothing is: some versions append nothing then."""
        if not self._able.can("pool_selection") or pool.GetSelectedClips():
            return False
        return bool(pool.SetSelectedClip(clip))

    def _remove(self, timeline: Timeline, clip: str, before: frozenset[str]) -> None:
        """Delete what was placed, on whichever track it went."""
        desk = self._desk

        def placed() -> list[TimelineItem]:
            return [
                item
                for _, item in showing(desk, timeline, clip)
                if uid_of(desk, item) not in before
            ]

        if placed():
            desk.change(
                "take the result off the timeline",
                lambda: timeline.DeleteClips(placed(), False),
                lambda: not placed(),
            )


def _append(pool: MediaPool, info: MediaPoolClipInfo) -> bool:
    """Whether Resolve gave an item for it."""
    # What the stubs say that this form gives is no type, so that they do not know the form.
    items: Any = pool.AppendToTimeline([info])  # type: ignore[arg-type]
    return bool(items) and any(item is not None for item in items)
