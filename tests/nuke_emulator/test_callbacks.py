"""Behaviours of callbacks: order, no isolation, everything that fires knobChanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session, StrictError


def test_own_code_runs_first_then_the_class_then_every_class_in_order(nuke: Any) -> None:
    order: list[str] = []
    nuke.order = order
    node = nuke.nodes.Grade(knobChanged="nuke.order.append('own')")
    nuke.addKnobChanged(lambda: order.append("all 1"))
    nuke.addKnobChanged(lambda: order.append("class"), nodeClass="Grade")
    nuke.addKnobChanged(lambda: order.append("all 2"))
    nuke.addKnobChanged(lambda: order.append("other node"), node=nuke.nodes.Dot())
    order.clear()
    node["multiply"].setValue(2)
    assert order == ["own", "class", "all 1", "all 2"]


def test_the_same_callback_again_moves_to_the_end(nuke: Any) -> None:
    order: list[str] = []
    nuke.addOnCreate(order.append, ("first",))
    nuke.addOnCreate(order.append, ("second",))
    nuke.addOnCreate(order.append, ("first",))
    nuke.nodes.Dot()
    assert order == ["second", "first"]


def test_a_raising_callback_stops_the_rest_and_reaches_the_caller(nuke: Any) -> None:
    order: list[int] = []

    def fail() -> None:
        raise OSError("full")

    nuke.addOnCreate(fail)
    nuke.addOnCreate(order.append, (1,))
    with pytest.raises(OSError, match="full"):
        nuke.nodes.Dot()
    assert order == []


def test_every_set_fires_knob_changed_also_moves_inputs_and_panels(nuke: Any) -> None:
    names: list[str] = []
    node, other = nuke.nodes.Dot(), nuke.nodes.Dot()
    nuke.addKnobChanged(lambda: names.append(nuke.thisKnob().name()), node=node)
    node["label"].setValue("a")
    node["label"].setValue("a")
    node.setXYpos(3, 4)
    node.setInput(0, other)
    node.showControlPanel()
    node.hideControlPanel()
    assert names == ["label", "label", "xpos", "ypos", "inputChange", "showPanel", "hidePanel"]


def test_a_set_inside_of_knob_changed_fires_again(nuke: Any) -> None:
    node, depth = nuke.nodes.Grade(), list[float]()

    def again() -> None:
        depth.append(node["multiply"].value())
        if len(depth) < 5:
            node["multiply"].setValue(len(depth))

    nuke.addKnobChanged(again, node=node)
    node["multiply"].setValue(9)
    assert depth == [9, 1, 2, 3, 4]


def test_user_creation_is_told_apart_from_every_other(nuke: Any, tmp_path: Path) -> None:
    events: list[str] = []
    nuke.addOnUserCreate(events.append, ("user",))
    nuke.addOnCreate(events.append, ("any",))
    nuke.createNode("Dot")
    nuke.nodes.Dot()
    file = str(tmp_path / "copy.nk")
    nuke.nodeCopy(file)
    nuke.nodePaste(file)
    assert events == ["user", "any", "any", "any"]


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_a_terminal_session_knows_no_user_creation(nuke: Any) -> None:
    events: list[str] = []
    nuke.addOnUserCreate(events.append, ("user",))
    nuke.addOnCreate(events.append, ("any",))
    nuke.createNode("Dot")
    assert events == ["any"]


def test_knob_changed_fires_while_a_script_is_loaded_before_on_create(
    nuke: Any, nuke_host: Session
) -> None:
    events: list[str] = []
    nuke.addKnobChanged(lambda: events.append(nuke.thisKnob().name()), nodeClass="Grade")
    nuke.addOnCreate(lambda: events.append("created"), nodeClass="Grade")
    nuke_host.paste("Grade {\n inputs 0\n multiply 3\n name G\n}\n")
    assert events == ["multiply", "name", "created"]


def test_closing_runs_its_callbacks(nuke: Any, nuke_host: Session) -> None:
    events: list[str] = []
    nuke.addOnScriptClose(events.append, ("closed",))
    nuke_host.quit()
    assert events == ["closed"]


def test_an_update_of_the_window_calls_for_every_node_until_nothing_changes(
    nuke: Any, nuke_host: Session
) -> None:
    names: list[str] = []
    group = nuke.nodes.Group(name="Tool")
    with group:
        nuke.nodes.Dot(name="Inside")
    node = nuke.nodes.Grade(name="Gain")
    nuke.addUpdateUI(lambda: names.append(nuke.thisNode().fullName()))
    assert nuke_host.update_ui() == 1
    assert sorted(names) == ["Gain", "Tool", "Tool.Inside"]

    def settle() -> None:
        if node["multiply"].value() < 3:
            node["multiply"].setValue(node["multiply"].value() + 1)

    nuke.addUpdateUI(settle, nodeClass="Grade")
    assert nuke_host.update_ui() == 3


def test_an_update_that_never_ends_is_found(nuke: Any, nuke_host: Session) -> None:
    node = nuke.nodes.Grade()
    nuke.addUpdateUI(lambda: node["multiply"].setValue(2), nodeClass="Grade")
    with pytest.raises(StrictError, match="again and again"):
        nuke_host.update_ui()
    nuke_host.violations.clear()
