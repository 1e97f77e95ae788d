"""The status line of a node. It is no edit of the artist's: undo and modified flag stay."""

from __future__ import annotations

from typing import Any

from .preserved import unrecorded

EMPTY = " "  # Nuke takes a text knob without any text for a divider


def set_status(node: Any, text: str) -> None:
    """Show one line; on the main thread. A node that is gone shows nothing."""
    try:
        knob = node.knob("status")
    except ValueError:  # deleted meanwhile
        return
    if knob is not None and knob.value() != (text or EMPTY):
        with unrecorded():
            knob.setValue(text or EMPTY)
