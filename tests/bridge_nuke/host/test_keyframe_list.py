"""The buttons beside the list: what they add, one step of undo each, none without a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session, roto
from nuke_emulator.roto import Lifetime
from sparkvsr_nuke.core import BridgeError, group_text

Load = Callable[[str], Any]
UNPAID = [Profile(nc=True), Profile(indie=True)]


@pytest.fixture
def group(nuke: Any, nuke_host: Session, tmp_path: Path) -> Any:
    """A SparkVSR node; nothing is connected to it."""
    text = tmp_path / "node.nk"
    text.write_text(group_text("SparkVSR1"))
    nuke.nodePaste(str(text))
    nuke_host.touched.clear()  # the artist's click, not Python, made it
    return nuke.toNode("SparkVSR1")


@pytest.fixture
def buttons(load: Load) -> Any:
    return load("keyframe_list")


def painted(nuke: Any, group: Any, source: Any, node_class: str = "RotoPaint") -> Any:
    """A paint node between a source and the keyframes input."""
    node = getattr(nuke.nodes, node_class)(inputs=[source])
    group.setInput(1, node)
    return node


def settled(nuke: Any, group: Any, text: str) -> int:
    """A saved script with this list; gives the depth of undo."""
    group["keyframe_list"].setValue(text)
    nuke.root().setModified(False)
    return int(nuke.Undo.undoSize())


def is_untouched(nuke: Any, group: Any, text: str, steps: int) -> bool:
    now = (group["keyframe_list"].value(), nuke.Undo.undoSize(), nuke.modified())
    return now == (text, steps, False)


def is_one_step(nuke: Any, group: Any, before: str, name: str, steps: int) -> bool:
    """Whether one step of undo with this name was made, and undoing it gives the list back."""
    told = nuke.modified() and nuke.Undo.undoSize() == steps + 1
    named = nuke.Undo.undoDescribe() == name
    nuke.undo()
    return bool(told and named and group["keyframe_list"].value() == before)


def test_the_current_frame_is_added_in_one_step(nuke: Any, group: Any, buttons: Any) -> None:
    steps = settled(nuke, group, "1001, 1010-1020x5")
    nuke.frame(1025)
    assert buttons.add_current(group) == (1025,)
    assert group["keyframe_list"].value() == "1001 1010-1025x5"
    assert is_one_step(nuke, group, "1001, 1010-1020x5", "SparkVSR: add keyframe", steps)


def test_a_frame_that_is_listed_changes_nothing(nuke: Any, group: Any, buttons: Any) -> None:
    steps = settled(nuke, group, "1001, 1010-1020x5")
    nuke.frame(1015)
    assert buttons.add_current(group) == ()
    assert is_untouched(nuke, group, "1001, 1010-1020x5", steps)


def test_a_list_that_cannot_be_read_is_left_alone(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    roto.paint(painted(nuke, group, nuke_host.plate()), 1002)
    steps = settled(nuke, group, "1001 first")
    for press in (buttons.add_current, buttons.add_painted):
        with pytest.raises(BridgeError, match="`first`"):
            press(group)
    assert is_untouched(nuke, group, "1001 first", steps)


@pytest.mark.parametrize("text", ["1001 1010", "not a list"])
def test_clear_empties_the_list_in_one_step(nuke: Any, group: Any, buttons: Any, text: str) -> None:
    steps = settled(nuke, group, text)
    buttons.clear(group)
    assert group["keyframe_list"].value() == ""
    assert is_one_step(nuke, group, text, "SparkVSR: clear keyframes", steps)


@pytest.mark.parametrize("text", ["", "  "])
def test_clearing_an_empty_list_changes_nothing(
    nuke: Any, group: Any, buttons: Any, text: str
) -> None:
    steps = settled(nuke, group, text)
    buttons.clear(group)
    assert is_untouched(nuke, group, text, steps)


@pytest.mark.parametrize("node_class", ["Roto", "RotoPaint"])
def test_painted_frames_and_keys_are_added_in_one_step(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any, node_class: str
) -> None:
    node = painted(nuke, group, nuke_host.plate(), node_class)
    roto.paint(node, 1002)
    roto.paint(node, 1004, 1005)
    roto.shape(node, [1008, 1020], into=roto.layer(node))
    steps = settled(nuke, group, "1001 1005")
    assert buttons.add_painted(group) == (1002, 1004, 1008, 1020)
    assert group["keyframe_list"].value() == "1001-1002 1004-1005 1008 1020"
    assert is_one_step(nuke, group, "1001 1005", "SparkVSR: add painted keyframes", steps)


@pytest.mark.parametrize(
    ("lifetime", "found"),
    [
        (Lifetime.ALL_FRAMES, (1001, 1010, 1030)),
        (Lifetime.START_TO_FRAME, (1001, 1010)),
        (Lifetime.SINGLE_FRAME, (1008,)),
        (Lifetime.FRAME_TO_END, (1010, 1030)),
        (Lifetime.FRAME_RANGE, (1008, 1009, 1010, 1011)),
    ],
)
def test_two_ends_of_a_lifetime_count_whole_and_else_the_keys_within_it(
    nuke: Any,
    nuke_host: Session,
    group: Any,
    buttons: Any,
    lifetime: Lifetime,
    found: tuple[int, ...],
) -> None:
    node = painted(nuke, group, nuke_host.plate())
    roto.shape(node, [1001, 1010, 1030], lifetime, 1008, 1011)
    assert buttons.add_painted(group) == found


def test_a_lifetime_that_is_longer_than_any_shot_counts_by_its_keys(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    node = painted(nuke, group, nuke_host.plate())
    roto.shape(node, [1001], Lifetime.FRAME_RANGE, -500_000_000, 500_000_000)
    assert buttons.add_painted(group) == (1001,)


def test_frames_that_are_listed_already_change_nothing(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    roto.paint(painted(nuke, group, nuke_host.plate()), 1002, 1003)
    steps = settled(nuke, group, "1001-1005")
    assert buttons.add_painted(group) == ()
    assert is_untouched(nuke, group, "1001-1005", steps)


def test_all_inputs_above_are_searched_and_the_plate_is_not(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    plate = nuke_host.plate()
    below, above, beside, elsewhere = (nuke.nodes.RotoPaint(inputs=[plate]) for _ in range(4))
    for frame, node in enumerate((below, above, beside, elsewhere), 1002):
        roto.paint(node, frame)
    below.setInput(0, nuke.nodes.Dot(inputs=[nuke.nodes.Copy(inputs=[above, beside])]))
    group.setInput(0, elsewhere)
    group.setInput(1, nuke.nodes.Grade(inputs=[below]))
    assert buttons.add_painted(group) == (1002, 1003, 1004)


def test_what_is_hidden_or_disabled_is_not_painted(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    off = painted(nuke, group, nuke_host.plate())
    roto.paint(off, 1001)
    off["disable"].setValue(True)
    node = painted(nuke, group, off)
    roto.paint(node, 1002)
    roto.paint(node, 1003).setVisible(1003, False)
    hidden = roto.layer(node)
    roto.paint(node, 1004, into=hidden)
    hidden.setVisible(1004, False)
    assert buttons.add_painted(group) == (1002,)


def refuse(*_: Any) -> Any:
    raise RuntimeError("no such attribute")


def test_curves_that_cannot_be_read_do_not_hide_the_others(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = painted(nuke, group, nuke_host.plate())
    for frame in (1002, 1003):
        roto.paint(node, frame)
    monkeypatch.setattr(node["curves"].rootLayer[0], "getAttributes", refuse)
    roto.paint(painted(nuke, group, node), 1004)
    assert buttons.add_painted(group) == (1003, 1004)


@pytest.mark.parametrize("case", ["nothing connected", "no paint node", "no paint", "unreadable"])
def test_nothing_readable_is_said_and_nothing_is_changed(
    nuke: Any,
    nuke_host: Session,
    group: Any,
    buttons: Any,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if case == "no paint node":
        group.setInput(1, nuke_host.plate())
    elif case != "nothing connected":
        node = painted(nuke, group, nuke_host.plate())
        if case == "unreadable":
            roto.paint(node, 1002)
            monkeypatch.setattr(roto.AnimAttributes, "getValue", refuse)
    steps = settled(nuke, group, "1001")
    with pytest.raises(BridgeError, match="No roto or paint keys could be read") as caught:
        buttons.add_painted(group)
    assert "by hand" in caught.value.hint
    assert is_untouched(nuke, group, "1001", steps)


def chain(nuke: Any, nuke_host: Session, group: Any, length: int) -> None:
    """So many nodes above the keyframes input, the farthest but the plate painted at 1002."""
    node = painted(nuke, group, nuke_host.plate())
    roto.paint(node, 1002)
    for _ in range(length - 2):
        node = nuke.nodes.Dot(inputs=[node])
    group.setInput(1, node)
    nuke_host.touched.clear()


@pytest.mark.parametrize("nuke_profile", UNPAID)
def test_unpaid_editions_search_eight_nodes(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    chain(nuke, nuke_host, group, 8)
    assert buttons.add_painted(group) == (1002,)
    assert len(nuke_host.touched) == 9  # and the SparkVSR node


@pytest.mark.parametrize("nuke_profile", UNPAID)
def test_a_node_that_is_reached_many_ways_counts_once(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    node = painted(nuke, group, nuke_host.plate())
    roto.paint(node, 1002)
    for _ in range(6):
        node = nuke.nodes.Copy(inputs=[node, node])
    group.setInput(1, node)
    nuke_host.touched.clear()
    assert buttons.add_painted(group) == (1002,)


@pytest.mark.parametrize("nuke_profile", UNPAID)
def test_unpaid_editions_say_so_when_more_nodes_are_above(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    chain(nuke, nuke_host, group, 9)
    with pytest.raises(BridgeError, match="10 nodes only"):
        buttons.add_painted(group)
    assert len(nuke_host.touched) == 9
    assert group["keyframe_list"].value() == ""


@pytest.mark.parametrize("nuke_profile", UNPAID)
def test_unpaid_editions_say_so_when_other_nodes_were_looked_at_before(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    chain(nuke, nuke_host, group, 6)
    for node in [nuke.nodes.Dot() for _ in range(5)]:
        node.name()
    with pytest.raises(BridgeError, match="10 nodes only"):
        buttons.add_painted(group)
    nuke_host.touched.clear()
    assert group["keyframe_list"].value() == ""


def test_paid_editions_search_any_number_of_nodes(
    nuke: Any, nuke_host: Session, group: Any, buttons: Any
) -> None:
    chain(nuke, nuke_host, group, 200)
    assert buttons.add_painted(group) == (1002,)
