"""Behaviours of the graph: names, groups, selection, deletion, inputs, undo."""

from __future__ import annotations

from typing import Any

import pytest

from nuke_emulator import Session


def test_an_unknown_knob_is_a_name_error_by_index_and_none_by_call(nuke: Any) -> None:
    node = nuke.nodes.Dot()
    with pytest.raises(NameError):
        node["missing"]
    assert node.knob("missing") is None


def test_names_are_made_unique_and_full_names_are_dotted(nuke: Any) -> None:
    group = nuke.nodes.Group(name="G")
    with group:
        first, second = nuke.nodes.Dot(name="D"), nuke.nodes.Dot(name="D")
    assert [first.fullName(), second.fullName()] == ["G.D", "G.D1"]
    with pytest.raises(ValueError, match="already"):
        second.setName("D", uncollide=False)


def test_to_node_and_new_nodes_follow_the_current_group(nuke: Any) -> None:
    group = nuke.nodes.Group(name="G")
    outer = nuke.nodes.Dot(name="D")
    group.begin()
    try:
        inner = nuke.nodes.Dot(name="D")
        assert nuke.toNode("D") is inner
        assert nuke.toNode("root.D") is outer
    finally:
        group.end()
    assert nuke.toNode("D") is outer
    assert nuke.toNode("G.D") is group.node("D") is inner
    assert nuke.toNode("nothing") is None


def test_a_group_left_open_is_found_at_the_end_of_the_session(nuke: Any) -> None:
    other = Session().open()
    other.module.nodes.Group(name="G").begin()
    assert any("without its end" in text for text in other.close())


def test_every_access_to_a_deleted_node_is_a_value_error(nuke: Any) -> None:
    group = nuke.nodes.Group()
    with group:
        inner = nuke.nodes.Read()
    knob = inner["file"]
    nuke.delete(group)
    for use in (group.name, inner.name, knob.value, lambda: group["label"], lambda: group.begin()):
        with pytest.raises(ValueError, match="not attached"):
            use()


def test_create_node_selects_and_connects_and_nodes_does_not(nuke: Any, nuke_host: Session) -> None:
    plate = nuke_host.plate()
    below = nuke.nodes.Dot(inputs=[plate])
    plate.setSelected(True)
    quiet = nuke.nodes.Grade()
    assert quiet.input(0) is None
    assert nuke.selectedNodes() == [plate]
    loud = nuke.createNode("Grade", "multiply 2")
    assert loud.input(0) is plate
    assert below.input(0) is loud
    assert nuke.selectedNodes() == [loud]
    assert loud["multiply"].value() == 2
    assert loud.shown()


def test_set_input_says_whether_it_did(nuke: Any) -> None:
    group, dot = nuke.nodes.Group(), nuke.nodes.Dot()
    assert group.maxInputs() == 0
    assert not group.setInput(0, dot)
    with group:
        nuke.nodes.Input(name="plate")
        nuke.nodes.Input(name="keyframes", number=1)
    assert group.maxInputs() == 2
    assert group.setInput(1, dot)
    assert not group.setInput(2, dot)
    assert not dot.setInput(0, group), "a loop"


def test_the_state_of_the_user_can_be_compared(nuke: Any, nuke_host: Session) -> None:
    plate = nuke_host.plate()
    before = nuke_host.state()
    nuke.Undo().disable()
    nuke.nodes.Dot()
    nuke.Undo().enable()
    after = nuke_host.state()
    assert after["undo"] == before["undo"]
    assert after["modified"] and not before["modified"]
    assert after["nodes"] == ["Plate1", "Dot1"]
    nuke.root().setProxy(True)
    nuke.frame(5)
    plate.setSelected(True)
    changed = {key for key, value in nuke_host.state().items() if value != after[key]}
    assert changed == {"proxy", "frame", "selected", "undo"}
    dot = nuke.nodes.Dot()
    nuke.root().setModified(False)
    nuke.frame(6)
    dot["selected"].setValue(True)
    assert not nuke.modified()


def test_a_named_undo_takes_back_all_that_was_done_in_it(nuke: Any) -> None:
    dot = nuke.nodes.Dot(label="before")
    with nuke.Undo("SparkVSR result"):
        dot["label"].setValue("after")
        nuke.nodes.Read(name="R")
    assert nuke.Undo.undoDescribe() == "SparkVSR result"
    nuke.undo()
    assert dot["label"].value() == "before"
    assert nuke.toNode("R") is None


def test_undoing_a_deletion_makes_a_new_wrapper_and_runs_on_create(nuke: Any) -> None:
    source, dot = nuke.nodes.Dot(), nuke.nodes.Dot(name="D", label="kept")
    dot.setInput(0, source)
    made: list[str] = []
    nuke.addOnCreate(lambda: made.append(nuke.thisNode().name()))
    nuke.delete(dot)
    nuke.undo()
    back = nuke.toNode("D")
    assert back is not dot
    assert back["label"].value() == "kept"
    assert back.input(0) is source
    assert made == ["D"]


def test_hashes_format_box_and_channels_follow_what_is_upstream(
    nuke: Any, nuke_host: Session
) -> None:
    plate = nuke_host.plate(size=(20, 10), aspect=2.0, overscan=3, layers=("depth.Z",))
    grade = nuke.nodes.Grade(inputs=[plate])
    end = nuke.nodes.Dot(inputs=[grade])
    assert (end.width(), end.height(), end.pixelAspect()) == (20, 10, 2.0)
    assert (end.bbox().x(), end.bbox().w()) == (-3, 26)
    assert "depth.Z" in end.channels()
    assert end.metadata("input/frame_rate") == 24.0
    assert end.metadata("input/frame", 1004) == 1004
    assert (end.frameRange().first(), end.frameRange().last()) == (1001, 1010)
    seen = [end.opHashes()]
    grade["multiply"].setValue(2)
    seen.append(end.opHashes())
    nuke.frame(1005)
    seen.append(end.opHashes())
    assert len({tuple(one) for one in seen}) == 3
    end["label"].setValue("a label changes no pixel")
    assert end.opHashes() == seen[-1]
