"""Knobs that tell of this session only: no script keeps them.

Nuke does not save the value of a knob with the flag DO_NOT_WRITE. The flag itself is not known to
be saved, so it is set again on every node that is loaded or pasted.
"""

from __future__ import annotations

import nuke

UNSAVED = ("status", "preview_file", "preview_frame", "preview_ready")
NO_STATUS = " "  # Nuke takes a text knob without any text for a divider


def mark_unsaved(node: nuke.Node) -> None:
    """Keep what the session's knobs of a SparkVSR node hold out of scripts and of the clipboard."""
    for name in UNSAVED:
        node[name].setFlag(nuke.DO_NOT_WRITE)


def is_sparkvsr(node: nuke.Node) -> bool:
    return node.knob("sparkvsr_schema") is not None


def on_create() -> None:
    """A node was made, loaded, pasted or brought back by undo: if it is ours, it starts afresh.

    Its uid stays as it is: a pasted node gets its own when it restores. Whatever goes wrong is one
    line: an exception would keep the callbacks of others from running.
    """
    try:
        node = nuke.thisNode()
        if is_sparkvsr(node):
            mark_unsaved(node)
            _clear_status(node)
    except Exception as error:
        nuke.tprint(f"SparkVSR could not prepare a node: {error}")


def _clear_status(node: nuke.Node) -> None:
    """Text knobs are saved with their text, as a part of their definition."""
    if node["status"].value() == NO_STATUS:
        return
    undo = nuke.Undo()
    undo.disable()
    try:
        node["status"].setValue(NO_STATUS)
    finally:
        undo.enable()
