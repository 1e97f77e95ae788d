"""Working on one timeline, with page, playhead and marks as they were afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities

from .desk import Desk
from .items import uid_of
from .pages import open_page
from .playhead import read_marks, read_playhead, restore_marks, restore_playhead
from .timelines import make_current, timeline_of_id
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import Timeline

# Media and Fusion have no playhead; on Fairlight no clip can be deleted.
_WORKABLE = ("edit", "cut", "color", "deliver")


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
    users = desk.timeline
    page = desk.asked("which page it shows", desk.resolve.GetCurrentPage)
    timeline = timeline_of_id(desk, uid)
    if timeline is None:
        raise BridgeError(
            "The clip's timeline is not in the project any more.",
            "Undo its deletion, or open the project that the clip is in.",
        )
    with Undo(desk, always=True) as back:
        _keep_marks(desk, able, back)  # entering Deliver changes them
        back.later(f"the page {page}", lambda: open_page(desk, page))
        if page not in _WORKABLE:
            open_page(desk, "edit")
        if uid_of(desk, users) != uid:
            back.later("the current timeline", lambda: make_current(desk, users))
            make_current(desk, timeline)
            _keep_marks(desk, able, back)
        playhead = read_playhead(desk)
        back.later("the playhead", lambda: restore_playhead(desk, playhead))
        yield timeline


def _keep_marks(desk: Desk, able: Capabilities, back: Undo) -> None:
    """Those of the current timeline."""
    marks = read_marks(desk, able)
    back.later("the marks", lambda: restore_marks(desk, able, marks))
