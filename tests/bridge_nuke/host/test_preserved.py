"""What belongs to the artist is as it was, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[[str], Any]


def state(nuke: Any) -> tuple[Any, ...]:
    root = nuke.root()
    selected = sorted(node.fullName() for node in nuke.selectedNodes())
    return root.proxy(), root.modified(), nuke.frame(), selected


@pytest.fixture
def artist(nuke: Any) -> tuple[Any, ...]:
    """A script in the middle of somebody's work."""
    for name in ("A", "B", "C"):
        nuke.nodes.Dot(name=name)
    nuke.toNode("B").setSelected(True)
    nuke.root().setProxy(True)
    nuke.frame(17)
    nuke.root().setModified(False)
    return state(nuke)


def disturb(nuke: Any) -> None:
    assert not nuke.root().proxy()
    nuke.frame(99)
    nuke.toNode("A").setSelected(True)
    nuke.toNode("B").setSelected(False)
    nuke.delete(nuke.nodes.Dot(name="temporary"))


def test_everything_is_put_back(nuke: Any, load: Load, artist: tuple[Any, ...]) -> None:
    with load("preserved").preserved():
        disturb(nuke)
    assert state(nuke) == artist


def test_everything_is_put_back_after_an_error(
    nuke: Any, load: Load, artist: tuple[Any, ...]
) -> None:
    with pytest.raises(RuntimeError, match="Cancelled"), load("preserved").preserved():
        disturb(nuke)
        raise RuntimeError("Cancelled 3 of 10")
    assert state(nuke) == artist


def test_a_selected_node_that_was_deleted_meanwhile_is_no_error(
    nuke: Any, load: Load, artist: tuple[Any, ...]
) -> None:
    with load("preserved").preserved():
        nuke.delete(nuke.toNode("B"))
    assert nuke.selectedNodes() == []


def test_nothing_of_it_can_be_undone_and_undo_works_afterwards(
    nuke: Any, load: Load, artist: tuple[Any, ...]
) -> None:
    with load("preserved").preserved():
        nuke.toNode("A")["label"].setValue("temporary")
    assert not nuke.Undo().disabled()


def test_what_is_unrecorded_leaves_no_undo_step_and_no_modified_script(
    nuke: Any, load: Load, artist: tuple[Any, ...]
) -> None:
    for modified in (False, True):
        nuke.root().setModified(modified)
        steps = nuke.Undo.undoSize()
        with pytest.raises(RuntimeError, match="late"), load("preserved").unrecorded():
            nuke.toNode("A")["label"].setValue("working")
            nuke.frame(18)
            raise RuntimeError("late")
        assert (nuke.root().modified(), nuke.Undo.undoSize()) == (modified, steps)
        assert not nuke.Undo().disabled()
    assert nuke.toNode("A")["label"].value() == "working"
    assert (nuke.frame(), nuke.root().proxy()) == (18, True), "nothing else is put back"
