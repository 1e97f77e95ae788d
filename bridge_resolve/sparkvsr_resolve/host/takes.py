"""A result as a take of an item: the other one stays, and a person chooses between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .desk import Desk
from .items import shown_clip, uid_of
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, TimelineItem


def show_as_take(desk: Desk, item: TimelineItem, clip: MediaPoolItem, undo: Undo) -> None:
    """Add all of a clip as a take of an item, and select it.

    The item keeps its grade, its Inspector and its markers. The selector is not finalized, so that
    what was there can be chosen again.

    Args:
        clip: of as many frames as the item.
        undo: selects the take of before and deletes this one.

    Raises:
        BridgeError: it is not added, or not shown.
    """
    uid = uid_of(desk, clip)
    count, selected = item.GetTakesCount() or 0, item.GetSelectedTakeIndex() or 0
    hint = "Unlock its track, or choose to place the result on a track."

    undo.later("the take", lambda: _remove(desk, item, count, selected))
    desk.change(
        "add the result as a take",
        # Arguments that the stubs want are optional: without a range all of the clip is the take.
        lambda: item.AddTake(clip),  # type: ignore[call-arg]
        lambda: (item.GetTakesCount() or 0) > count,
        hint=hint,
    )
    desk.change(
        "select the take of the result",
        lambda: item.SelectTakeByIndex(item.GetTakesCount()),
        lambda: shown_clip(desk, item) == uid,
        hint=hint,
    )


def _remove(desk: Desk, item: TimelineItem, count: int, selected: int) -> None:
    """Back to so many takes; without a selector of before, to the only one that is left."""
    if (item.GetTakesCount() or 0) <= count:
        return
    before = selected or 1
    desk.change(
        "select the take of before",
        lambda: item.SelectTakeByIndex(before),
        lambda: item.GetSelectedTakeIndex() == before,
    )

    def delete() -> None:
        last = item.GetTakesCount() or 0
        if last > max(count, 1):
            item.DeleteTakeByIndex(last)

    desk.change("delete the take", delete, lambda: (item.GetTakesCount() or 0) <= max(count, 1))
