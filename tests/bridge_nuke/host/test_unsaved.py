"""What a node shows of one session comes into no script and onto no clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session

Load = Callable[[str], Any]

SHOWN = {
    "status": "Restored.",
    "preview_file": "look.exr",
    "preview_frame": 1004,
    "preview_ready": True,
}


@pytest.fixture
def node(load: Load) -> Any:
    """A node in a session that the bridge has started in."""
    load("start").in_every_session()
    return load("create").create_node()


def show(node: Any) -> None:
    for name, value in SHOWN.items():
        node[name].setValue(value)


def shown(node: Any) -> dict[str, Any]:
    return {name: node[name].value() for name in SHOWN}


NOTHING = {"status": " ", "preview_file": "", "preview_frame": 0, "preview_ready": False}


def test_a_reopened_script_shows_no_status_and_no_preview_time_after_time(
    nuke: Any, nuke_host: Session, node: Any, tmp_path: Path
) -> None:
    assert shown(node) == NOTHING
    uid = node["uid"].value()
    for number in range(3):
        show(node)
        file = str(tmp_path / f"comp_{number}.nk")
        nuke.scriptSaveAs(file)
        text = Path(file).read_text(encoding="utf-8")
        assert "look.exr" not in text and "preview_ready {" not in text
        nuke.scriptOpen(file)
        node = nuke.toNode("SparkVSR1")
        assert shown(node) == NOTHING
        assert node["uid"].value() == uid
        assert not nuke.root().modified()


@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])
def test_a_farm_loads_no_status_either(nuke: Any, nuke_host: Session, node: Any) -> None:
    show(node)
    text = nuke_host.text(node)
    assert "Restored." in text, "then there is nothing to clear, and the code that does it can go"
    assert shown(nuke_host.paste(text)[0]) == NOTHING


def test_a_pasted_node_keeps_the_uid_and_shows_nothing(
    nuke: Any, node: Any, tmp_path: Path
) -> None:
    show(node)
    node["keyframe_list"].setValue("1001 1010")
    file = str(tmp_path / "clipboard.nk")
    nuke.nodeCopy(file)
    pasted = nuke.nodePaste(file)
    assert pasted.name() == "SparkVSR2"
    assert pasted["uid"].value() == node["uid"].value()
    assert pasted["keyframe_list"].value() == "1001 1010"
    assert shown(pasted) == NOTHING
    assert shown(node) == SHOWN


def test_clearing_a_loaded_node_can_not_be_undone_by_mistake(
    nuke: Any, nuke_host: Session, node: Any
) -> None:
    show(node)
    text = nuke_host.text(node)
    nuke_host.paste(text)
    assert "Set status" not in [what for what, _ in nuke_host.root._history.steps[-2:]]
    assert not nuke.Undo().disabled()


def test_other_groups_stay_as_they_are(nuke: Any, node: Any) -> None:
    group = nuke.nodes.Group()
    group.addKnob(nuke.Text_Knob("status", "", "theirs"))
    assert group["status"].value() == "theirs"
    assert not group["status"].getFlag(nuke.DO_NOT_WRITE)


def test_an_error_is_one_line_and_the_callbacks_of_others_run(
    nuke: Any, nuke_host: Session, node: Any
) -> None:
    ran: list[str] = []
    nuke.addOnCreate(lambda: ran.append(nuke.thisNode().name()), nodeClass="Group")
    text = "Group {\n inputs 0\n addUserKnob {3 sparkvsr_schema}\n name Old\n}\nend_group\n"
    nuke_host.paste(text)
    assert ran == ["Old"]
    (line,) = nuke_host.printed
    assert "SparkVSR could not prepare a node" in line
