"""The result comes back: into the media pool, and onto the timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, ClipSettings, Place

from .append import Appender
from .cancelling import check_cancelled
from .desk import Desk
from .importing import Result, import_result
from .interpret import Interpretation, interpret, note_job
from .items import shown_clip, uid_of
from .look import copy_grade, copy_inspector, find_blending
from .place import disable, place_above, where_is
from .rerun import find_earlier, say_left
from .seat import seated
from .takes import show_as_take
from .timelines import make_current
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem


@dataclass(frozen=True)
class Delivery:
    """What comes back, and how.

    Attributes:
        timeline: unique id of the clip's.
        settings: `placement` and `deliver` count.
        earlier: file of the clip's earlier result, or its pattern; empty for none.
        note: what the result was made from, for its metadata.
    """

    timeline: str
    result: Result
    settings: ClipSettings
    interpretation: Interpretation = field(default_factory=Interpretation)
    earlier: str = ""
    note: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """Where a result is.

    Attributes:
        item: unique id of the item that shows it.
        clip: unique id of its clip in the media pool.
        warnings: what a person should know, a sentence each.
    """

    item: str
    clip: str
    place: Place
    warnings: tuple[str, ...]


def bring_back(
    desk: Desk,
    able: Capabilities,
    appender: Appender,
    delivery: Delivery,
    find_item: Callable[[], TimelineItem],
) -> Returned:
    """Import a result and place it. What fails leaves nothing behind in Resolve.

    Args:
        appender: the session's.
        find_item: the clip as it is now; called with its timeline open. Raises BridgeError when it
            was deleted or changed.

    Raises:
        BridgeError: the clip is not what the result was made from any more, Resolve refused a step,
            or (CancelledError) the person cancelled. The result's file is untouched.
    """
    if (delivery.settings.placement, delivery.settings.deliver) == ("take", "graded"):
        raise ValueError("a graded result as a take would be graded twice")
    with seated(desk, able, delivery.timeline) as timeline:
        where_is(desk, able, timeline, find_item(), delivery.result.frames)
        with Undo(desk, prepare=lambda: make_current(desk, timeline)) as undo:
            work = _Work(desk, able, appender, timeline, delivery, undo)
            return _bring(work, find_item)


@dataclass(frozen=True)
class _Work:
    desk: Desk
    able: Capabilities
    appender: Appender
    timeline: Timeline
    delivery: Delivery
    undo: Undo


def _bring(work: _Work, find_item: Callable[[], TimelineItem]) -> Returned:
    desk, able, timeline, delivery = work.desk, work.able, work.timeline, work.delivery
    name = desk.asked("what the timeline is called", timeline.GetName)
    clip = import_result(desk, delivery.result, name, work.undo)
    check_cancelled(desk)
    source = find_item()  # an import takes a while, and people go on working
    place = where_is(desk, able, timeline, source, delivery.result.frames)
    item, at, said = _place(work, source, place, clip)
    if delivery.settings.placement == "replace":
        disable(desk, timeline, place.track, source, work.undo)
    said += interpret(desk, clip, delivery.interpretation)
    if delivery.note:
        said += note_job(desk, clip, delivery.note)
    uid = uid_of(desk, clip)
    if shown_clip(desk, item) != uid or where_is(desk, able, timeline, source, at.frames) != place:
        raise BridgeError(
            "The clip or its result was moved while the result was placed.",
            "Try again, and leave the timeline alone meanwhile.",
        )
    return Returned(uid_of(desk, item), uid, at, said)


def _place(
    work: _Work, source: TimelineItem, place: Place, clip: MediaPoolItem
) -> tuple[TimelineItem, Place, tuple[str, ...]]:
    """As the settings say; in the stead of an earlier result where there is one."""
    desk, undo, settings = work.desk, work.undo, work.delivery.settings
    if settings.placement == "take":
        show_as_take(desk, source, clip, undo)
        return source, place, ()
    said: tuple[str, ...] = ()
    earlier = work.delivery.earlier
    found = find_earlier(desk, work.timeline, earlier, place) if earlier else None
    if found is not None and found.in_place:
        show_as_take(desk, found.item, clip, undo)
        return found.item, found.place, ()
    if found is not None:
        said += (say_left(found),)
    item, at, more = place_above(desk, work.able, work.appender, work.timeline, place, clip, undo)
    said += more + copy_inspector(desk, source, item)
    if settings.deliver == "ungraded":
        said += copy_grade(desk, work.able, source, item)
    if settings.placement == "track":
        said += find_blending(source)
    return item, at, said
