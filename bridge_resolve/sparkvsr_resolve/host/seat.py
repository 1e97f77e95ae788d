"""Working on one timeline, with page, playhead and marks as they were afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities

from .desk import Desk
from .items import uid_of
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import PageName, Project, Timeline
    from fusionscript.fusionscript import MarkInOutSet, MarkInOutValues

# All kinds of marks that a timeline has.
_KINDS: tuple[Literal["video", "audio"], ...] = ("video", "audio")

# Media and Fusion have no playhead; on Fairlight no clip can be deleted.
_WORKABLE = ("edit", "cut", "color", "deliver")

_READINGS = 3  # of the timecode: the first ones after a move may still be of before


@contextmanager
def seated(desk: Desk, able: Capabilities, uid: str) -> Iterator[Timeline]:
    """Make a timeline the current one, on a page where its clips can be changed.

    Afterwards the page, the timeline, the playhead, and the marks are the user's again.

    Args:
        uid: unique id of the timeline.

    Raises:
        BridgeError: it is not in the project any more, or Resolve does not show it.
    """
    desk.gate()
    project, users = desk.project, desk.timeline
    page: PageName = desk.gained("say which page it shows", desk.resolve.GetCurrentPage)
    timeline = users if users.GetUniqueId() == uid else _find_timeline(project, uid)
    with Undo(desk, always=True) as back:
        if able.can("timeline_marks"):  # entering Deliver changes them
            for one in (users, timeline):
                _keep_marks(desk, one, back)
        back.later(f"the page {page}", lambda: open_page(desk, page))
        if page not in _WORKABLE:
            open_page(desk, "edit")
        back.later("the current timeline", lambda: show_timeline(desk, project, users))
        show_timeline(desk, project, timeline)
        playhead = desk.gained("say where the playhead is", timeline.GetCurrentTimecode)
        back.later("the playhead", lambda: _move_playhead(desk, timeline, playhead))
        yield timeline


def open_page(desk: Desk, page: PageName) -> None:
    """Show a page; nothing happens where it is shown already.

    Raises:
        BridgeError: Resolve does not show it.
    """
    if desk.resolve.GetCurrentPage() != page:
        desk.change(
            f"show the {page} page",
            lambda: desk.resolve.OpenPage(page),
            lambda: desk.resolve.GetCurrentPage() == page,
        )


def show_timeline(desk: Desk, project: Project, timeline: Timeline) -> None:
    """Make a timeline the current one; nothing happens where it is.

    Raises:
        BridgeError: it does not become it.
    """
    uid = uid_of(timeline)
    if current_timeline(project) != uid:
        desk.change(
            f"show the timeline `{timeline.GetName()}`",
            lambda: project.SetCurrentTimeline(timeline),
            lambda: current_timeline(project) == uid,
        )


def current_timeline(project: Project) -> str:
    """Unique id of the current timeline; empty when there is none."""
    timeline: Optional[Timeline] = project.GetCurrentTimeline()
    return timeline.GetUniqueId() if timeline is not None else ""


def _find_timeline(project: Project, uid: str) -> Timeline:
    for index in range(1, (project.GetTimelineCount() or 0) + 1):
        timeline: Optional[Timeline] = project.GetTimelineByIndex(index)
        if timeline is not None and timeline.GetUniqueId() == uid:
            return timeline
    raise BridgeError(
        "The clip's timeline is not in the project any more.",
        "Undo its deletion, or open the project that the clip is in.",
    )


def _move_playhead(desk: Desk, timeline: Timeline, timecode: str) -> None:
    desk.change(
        f"move the playhead to {timecode}",
        lambda: timeline.SetCurrentTimecode(timecode),
        lambda: all(timeline.GetCurrentTimecode() == timecode for _ in range(_READINGS)),
    )


def _keep_marks(desk: Desk, timeline: Timeline, back: Undo) -> None:
    marks = _marks(timeline)

    def restore() -> None:
        for kind in _KINDS:
            ends = marks.get(kind)
            if ends and _marks(timeline).get(kind) != ends:
                _set_marks(desk, timeline, kind, ends)

    back.later("the marks", restore)


def _set_marks(
    desk: Desk, timeline: Timeline, kind: Literal["video", "audio"], ends: MarkInOutValues
) -> None:
    desk.change(
        "set the marks again",
        lambda: timeline.SetMarkInOut(ends["in"], ends["out"], kind),
        lambda: _marks(timeline).get(kind) == ends,
    )


def _marks(timeline: Timeline) -> MarkInOutSet:
    """Mark in and out of each kind that has some."""
    marks: Optional[MarkInOutSet] = timeline.GetMarkInOut()
    return marks or {}
