"""The status line of a node and the badge below its name.

They are no edits of the artist's: undo and modified flag stay.
"""

from __future__ import annotations

from typing import Any

from .preserved import unrecorded

EMPTY = " "  # Nuke takes a text knob without any text for a divider


def set_status(node: Any, text: str) -> None:
    """Show one line; on the main thread. A node that is gone shows nothing."""
    _set(node, "status", text or EMPTY)


def set_badge(node: Any, text: str) -> None:
    """Show a few words in the node graph; on the main thread."""
    _set(node, "badge", text)


def _set(node: Any, name: str, text: str) -> None:
    try:
        knob = node.knob(name)
    except ValueError:  # deleted meanwhile
        return
    if knob is not None and knob.value() != text:
        with unrecorded():
            knob.setValue(text)
