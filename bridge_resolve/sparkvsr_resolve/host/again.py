"""Finding a clip again after a while, in which its owner went on editing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Optional

from sparkvsr_resolve.core import BridgeError, Capabilities

from .clip import Clip, look_at
from .desk import Desk
from .timelines import until_found
from .tracks import find_item

if TYPE_CHECKING:
    from fusionscript import Project, Timeline, TimelineItem

_UNDO = "Undo that and try again, or begin anew with the clip as it is now."


def find_again(desk: Desk, capabilities: Capabilities, clip: Clip) -> TimelineItem:
    """The item of a clip, which is as it was when it was looked at.

    Its timeline need not be the current one. That it has another name, or that tracks below it were
    added or deleted, is no change: ask `track_of` where it lies.

    Raises:
        BridgeError: it is not there any more, or is not the same: what has changed.
    """
    desk.gate()
    timeline = find_timeline(desk, clip)
    placed = until_found(desk, lambda: find_item(desk, timeline, clip.item))
    if placed is None:
        raise BridgeError(
            f"`{clip.name}` is not on the timeline `{timeline.GetName()}` any more: it was deleted "
            "or moved to another one.",
            _UNDO,
        )
    track, item = placed
    now = look_at(desk, capabilities, timeline, item, track)
    changes = list(_changes(clip, now))
    if changes:
        raise BridgeError(f"`{clip.name}` {' and '.join(changes)} in the meantime.", _UNDO)
    return item


def find_timeline(desk: Desk, clip: Clip) -> Timeline:
    """The timeline of a clip.

    Raises:
        BridgeError: another project is open, or the timeline is not there any more.
    """
    project = desk.project
    if desk.asked("the unique id of the project", project.GetUniqueId) != clip.project:
        raise BridgeError(
            f"The project of `{clip.name}` is not open any more.", "Open it, then try again."
        )
    found = until_found(desk, lambda: _with_id(project, clip.timeline))
    if found is None:
        raise BridgeError(f"The timeline of `{clip.name}` was deleted in the meantime.", _UNDO)
    return found


def identity_of(clip: Clip) -> str:
    """Text that stays the same while a clip shows the same frames, wherever it lies."""
    span = clip.span
    shown = (clip.item, clip.pool_item, str(span.rate), span.frames, span.left_offset)
    return repr((*shown, _speed(clip)))


def _with_id(project: Project, uid: str) -> Optional[Timeline]:
    """The current timeline is looked at first: mostly it is that one."""
    current: Optional[Timeline] = project.GetCurrentTimeline()
    if current and current.GetUniqueId() == uid:
        return current
    indices = range(1, (project.GetTimelineCount() or 0) + 1)
    timelines = (project.GetTimelineByIndex(index) for index in indices)
    return next((found for found in timelines if found and found.GetUniqueId() == uid), None)


def _changes(before: Clip, now: Clip) -> Iterator[str]:
    """What is not as it was; each completes `The clip … in the meantime`."""
    was, span = before.span, now.span
    if span.rate != was.rate:
        yield f"got a timeline of {span.rate} frames a second"
    elif span.record_in != was.record_in and span.frames == was.frames:
        yield f"was moved from {was.timecode(was.record_in)} to {span.timecode(span.record_in)}"
    elif span.record_in != was.record_in or span.frames != was.frames:
        yield f"was trimmed from {_stretch(before)} to {_stretch(now)}"
    elif span.left_offset != was.left_offset:
        yield f"was slipped by {span.left_offset - was.left_offset:+d} frames"
    if now.pool_item != before.pool_item:
        yield "was given other media"
    elif _speed(now) != _speed(before):
        yield "was retimed"


def _stretch(clip: Clip) -> str:
    first = clip.span.timecode(clip.span.record_in)
    return f"{clip.span.frames} frames at {first}"


def _speed(clip: Clip) -> tuple[Optional[float], Optional[float]]:
    seconds = clip.facts.source_seconds
    return clip.facts.speed, None if seconds is None else round(seconds, 3)
