"""Digests of what feeds an input: changed by what changes pixels, by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session

Load = Callable[[str], Any]


class Tree:
    """Two plates, graded, one copied into the other; a group below it all."""

    def __init__(self, session: Session) -> None:
        self.nuke = session.module
        nodes = self.nuke.nodes
        self.left = nodes.Grade(name="Left", inputs=[nodes.Constant(name="A", color=[1, 0, 0, 1])])
        self.right = nodes.Grade(name="Right", inputs=[nodes.Constant(name="B")])
        self.copy = nodes.Copy(name="Copy", inputs=[self.left, self.right])
        self.group = nodes.Group(name="Look", inputs=[])
        with self.group:
            inside = nodes.Grade(name="Inside", inputs=[nodes.Input(name="In")])
            nodes.Output(inputs=[inside])
        self.inside = inside
        self.group.setInput(0, self.copy)


@pytest.fixture
def tree(nuke_host: Session) -> Tree:
    return Tree(nuke_host)


def swap(tree: Tree) -> None:
    tree.copy.setInput(0, tree.right)
    tree.copy.setInput(1, tree.left)


def only_the_other_input(tree: Tree) -> None:
    tree.copy.setInput(0, None)
    tree.copy.setInput(1, tree.left)


CHANGES: dict[str, Callable[[Tree], object]] = {
    "a knob right above": lambda t: t.copy["channels"].setValue("rgb"),
    "a knob far above": lambda t: t.left.input(0)["color"].setValue(0.5, 1),
    "a knob of the other branch": lambda t: t.right["multiply"].setValue(2),
    "an expression": lambda t: t.right["multiply"].setExpression("frame/2"),
    "disable": lambda t: t.left["disable"].setValue(True),
    "a knob inside of a group": lambda t: t.inside["multiply"].setValue(3),
    "the order of inputs": swap,
    "another source": lambda t: t.left.setInput(0, t.nuke.nodes.Constant()),
    "another class": lambda t: t.left.setInput(0, t.nuke.nodes.CheckerBoard2()),
    "nothing there": lambda t: t.copy.setInput(1, None),
}
NO_CHANGES: dict[str, Callable[[Tree], object]] = {
    "moved": lambda t: t.left.setXYpos(500, -20),
    "selected": lambda t: t.left.setSelected(True),
    "labelled": lambda t: t.left["label"].setValue("by me"),
    "renamed": lambda t: t.left.setName("Sunset"),
    "coloured": lambda t: t.left["tile_color"].setValue(0xFF0000FF),
    "a callback": lambda t: t.left["knobChanged"].setValue("pass"),
    "another frame": lambda t: t.nuke.frame(1040),
    "proxy": lambda t: t.nuke.root().setProxy(True),
    "a panel": lambda t: t.left.showControlPanel(),
    "a node beside": lambda t: t.nuke.nodes.Grade(inputs=[t.left]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_pixels_changes_the_digest(tree: Tree, load: Load, change: str) -> None:
    digest = load("tree").tree_digest
    before = digest(tree.group)
    CHANGES[change](tree)
    assert digest(tree.group) != before


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_changes_no_pixels_does_not(tree: Tree, load: Load, change: str) -> None:
    digest = load("tree").tree_digest
    before = digest(tree.group)
    NO_CHANGES[change](tree)
    assert digest(tree.group) == before


def test_an_input_of_another_number_is_another_tree(tree: Tree, load: Load) -> None:
    digest, switch, found = load("tree").tree_digest, tree.nuke.nodes.Switch(), set()
    for present in ((0,), (1,), (0, 1), (1, 2), (0, 2)):
        for index in range(3):
            switch.setInput(index, tree.left if index in present else None)
        found.add(digest(switch))
    assert len(found) == 5


def test_undoing_a_change_brings_the_digest_back(tree: Tree, load: Load) -> None:
    digest = load("tree").tree_digest
    before = digest(tree.group)
    tree.left["multiply"].setValue(2)
    tree.left["multiply"].setValue(1)
    assert digest(tree.group) == before


def test_a_script_opened_in_another_session_has_the_same_digests(
    nuke_host: Session, load: Load, tmp_path: Path
) -> None:
    tree = Tree(nuke_host)
    tree.right["multiply"].setExpression("frame/7")
    tree.left["add"].setValue(1 / 3)
    path = (tmp_path / "comp.nk").as_posix()
    nuke_host.module.scriptSaveAs(path)
    before = load("tree").tree_digest(tree.group)
    other = Session().open()
    try:
        other.module.scriptOpen(path)
        assert load("tree").tree_digest(other.module.toNode("Look")) == before
    finally:
        assert other.close() == []


def test_another_sparkvsr_node_counts_by_what_it_shows(
    nuke_host: Session, load: Load, tree: Tree
) -> None:
    node = load("create").create_node()
    node.setInput(0, tree.left)
    digest = load("tree").tree_digest
    before = digest(node)
    for name, value in {"status": "Done.", "guidance": 2, "badge": "v001", "uid": "a"}.items():
        node[name].setValue(value)
    assert digest(node) == before
    node["result_file"].setValue("/v002/result.%04d.exr")
    assert digest(node) != before
    between = digest(node)
    tree.left["multiply"].setValue(5)
    assert digest(node) != between, "its alpha and layers are the plate's"


def test_a_long_chain_and_a_diamond_are_walked_once(tree: Tree, load: Load) -> None:
    nodes = tree.nuke.nodes
    node = tree.left
    for _ in range(60):  # 2^60 ways up
        node = nodes.Copy(inputs=[node, node])
    assert load("tree").tree_digest(node) is not None


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True)])
def test_where_nodes_are_counted_none_is_looked_at(nuke_host: Session, load: Load) -> None:
    above = nuke_host.plate(name="P")
    nuke_host.touched.clear()
    assert load("tree").tree_digest(above) is None
    assert nuke_host.touched == set()


def test_there_is_no_digest_of_nothing(nuke_host: Session, load: Load) -> None:
    assert load("tree").tree_digest(None) is None
