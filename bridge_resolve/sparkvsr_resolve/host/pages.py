"""Which page Resolve shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import PageName

WITH_PLAYHEAD = ("cut", "edit", "color", "fairlight", "deliver")
"""Pages on which the playhead can be read and moved."""

_SETTLE_S = 3.0


def open_page(desk: Desk, page: str) -> None:
    """Show a page, unless it is shown.

    Raises:
        BridgeError: Resolve does not.
    """
    if desk.resolve.GetCurrentPage() == page:
        return
    desk.change(
        f"open the {page.capitalize()} page",
        lambda: desk.resolve.OpenPage(cast("PageName", page)),
        lambda: desk.resolve.GetCurrentPage() == page,
        _SETTLE_S,
    )
