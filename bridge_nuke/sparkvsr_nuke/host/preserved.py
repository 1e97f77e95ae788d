"""What belongs to the artist stays as it was: proxy mode, frame, selection, undo, modified flag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import nuke

from .tree import limited


@contextmanager
def unrecorded() -> Iterator[None]:
    """For changes that are no edit of the artist's, such as of the status line.

    No undo step is made of them, and the script is as modified afterwards as it was before; after
    an error, too. On the main thread only.
    """
    root = nuke.root()
    was_modified = root.modified()
    undo = nuke.Undo()
    undo.disable()
    try:
        yield
    finally:
        undo.enable()
        root.setModified(was_modified)


@contextmanager
def preserved() -> Iterator[None]:
    """For work on nodes that is no edit of the artist's: full size, unrecorded, all put back.

    On the main thread only. Everything is put back after an error, too. The selection is not looked
    at where the edition counts nodes; nothing that is done here changes it.
    """
    root = nuke.root()
    was_proxy, frame = root.proxy(), nuke.frame()
    selected = None if limited() else {node.fullName() for node in nuke.selectedNodes()}
    with unrecorded():
        try:
            root.setProxy(False)
            yield
        finally:
            if root.proxy() != was_proxy:
                root.setProxy(was_proxy)
            if nuke.frame() != frame:
                nuke.frame(frame)
            if selected is not None:
                _select(selected)


def _select(names: set[str]) -> None:
    """Select these nodes and no others; only what differs is touched."""
    for node in nuke.selectedNodes():
        if node.fullName() not in names:
            node.setSelected(False)
    for name in names:
        found = nuke.toNode(name)
        if found is not None and not found.isSelected():
            found.setSelected(True)
