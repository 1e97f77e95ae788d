"""Behaviours of scripts: .nk text there and back, quoting, copy and paste, names of scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuke_emulator import Profile, Session, tcl
from nuke_emulator.tcl import TclError

NASTY = 'a [exec x] {b} "c" \\d $e ;#\nf'


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r")))
def test_any_text_survives_quoting(text: str) -> None:
    quoted = tcl.quote(text) if text else '""'
    assert [word.text for word in tcl.commands(f"knob {quoted}")[0]] == ["knob", text]


@pytest.mark.parametrize("text", ["a x[b]", "a x$b", 'a "b', "a {b", "a {b}c", 'a "[x]"'])
def test_text_that_is_not_quoted_is_refused(text: str) -> None:
    with pytest.raises(TclError):
        tcl.commands(text)


def user_group(nuke: Any) -> Any:
    group = nuke.nodes.Group(name="SparkVSR1")
    group.addKnob(nuke.Tab_Knob("SparkVSR"))
    knobs = [
        nuke.String_Knob("frames", "Keyframe frames"),
        nuke.File_Knob("folder", "Folder"),
        nuke.Int_Knob("first", "First"),
        nuke.Double_Knob("guidance", "Guidance"),
        nuke.Boolean_Knob("grade", "Grade"),
        nuke.Enumeration_Knob("engine", "Engine", ["auto", "a b", "c"]),
        nuke.PyScript_Knob("run", "Run", f"print({NASTY!r})"),
        nuke.Multiline_Eval_String_Knob("notes", "Notes"),
        nuke.String_Knob("status", "Status"),
    ]
    for knob in knobs:
        group.addKnob(knob)
    group["guidance"].setRange(0, 2)
    group["first"].setFlag(nuke.INVISIBLE)
    group["status"].setFlag(nuke.DO_NOT_WRITE)
    values = {"frames": NASTY, "folder": "/a/[value name]", "first": -8, "guidance": 0.25}
    for name, value in {**values, "grade": True, "engine": "a b", "status": "busy"}.items():
        group[name].setValue(value)
    with group:
        plate = nuke.nodes.Input(name="plate")
        keys = nuke.nodes.Input(name="keyframes", number=1)
        switch = nuke.nodes.Switch(inputs=[plate, keys])
        switch["which"].setExpression("parent.grade")
        nuke.nodes.Output(inputs=[switch])
    return group


def test_a_group_comes_back_from_a_saved_script(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    before = user_group(nuke)
    before.setInput(1, nuke_host.plate())
    code = before["run"].value()
    (tmp_path / "a name b").mkdir()
    file = str(tmp_path / "a name b" / "shot.nk")
    nuke.root()["first_frame"].setValue(1001)
    nuke.scriptSaveAs(file)
    assert not nuke.modified()
    assert nuke.root().name() == nuke.scriptName() == file
    nuke.scriptClear()
    assert nuke.root().name() == "Root"
    nuke.scriptOpen(file)
    after = nuke.toNode("SparkVSR1")
    assert after is not before
    assert nuke.root().firstFrame() == 1001
    values = {name: after[name].value() for name in ("frames", "folder", "first", "guidance")}
    assert values == {"frames": NASTY, "folder": "/a/[value name]", "first": -8, "guidance": 0.25}
    assert after["run"].value() == code
    assert after["engine"].value() == "a b"
    assert after["engine"].values() == ["auto", "a b", "c"]
    assert after["guidance"].max() == 2
    assert not after["first"].visible()
    assert after["status"].value() == "", "a knob that is not to be written"
    assert after.input(0) is None
    assert after.input(1).name() == "Plate1"
    assert after.node("Switch1")["which"].value() == 1
    assert after.node("Switch1").input(1).name() == "keyframes"


def test_the_text_of_a_group_as_tools_write_it_loads(nuke: Any, nuke_host: Session) -> None:
    text = """#! nuke
version 15.1 v3
Root {
 inputs 0
 name /elsewhere/x.nk
 fps 25
}
push 0
push 0
Group {
 inputs 2
 name Tool
 knobChanged "import x"
 addUserKnob {20 tab l "The tab"}
 addUserKnob {7 guidance l Guidance R 0 2}
 guidance 0.75
 addUserKnob {26 status l "" +STARTLINE T "ready \\[x]"}
 addUserKnob {22 run l Run -STARTLINE T "print(\\"a\\")"}
 addUserKnob {41 gain l Gain T Gain.multiply}
}
 Input {
  inputs 0
  name plate
 }
 Grade {
  multiply {{parent.guidance}}
  name Gain
 }
 Output {
  name Output1
 }
end_group
""".replace('knobChanged "import x"', 'label "a label"')
    (tool,) = nuke_host.paste(text)
    assert (nuke.root().name(), nuke.root().fps()) == ("Root", 25)
    assert tool["guidance"].value() == 0.75
    assert tool["status"].value() == "ready [x]"
    assert tool["run"].command() == 'print("a")'
    assert tool["gain"].value() == 0.75
    assert tool.node("Gain").input(0).name() == "plate"
    assert tool.inputs() == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NoSuchNode {\n}\n", "Unknown command"),
        ("Grade {\n nothing 1\n}\n", "no such knob"),
        ("Grade {\n label [x]\n}\n", "not escaped"),
        ("Group {\n addUserKnob {99 a}\n}\nend_group\n", "unknown type"),
        ("Group {\n inputs 0\n}\n", "end_group is missing"),
    ],
)
def test_a_script_that_nuke_would_not_load_fails(nuke_host: Session, text: str, why: str) -> None:
    session = Session().open()
    with pytest.raises((RuntimeError, TclError), match=why):
        session.paste(text)
    session.groups[1:] = []
    assert session.close() == []


def test_pasting_keeps_a_copied_identity_and_makes_the_name_unique(
    nuke: Any, tmp_path: Path
) -> None:
    group = user_group(nuke)
    group.addKnob(nuke.String_Knob("uid"))
    group["uid"].setValue("abc")
    group.setSelected(True)
    file = str(tmp_path / "copy.nk")
    nuke.nodeCopy(file)
    group.setSelected(False)
    copy = nuke.nodePaste(file)
    assert copy is not group
    assert copy["uid"].value() == "abc"
    assert copy.name() == "SparkVSR2"
    assert copy.isSelected()


def test_a_script_that_was_never_saved_has_no_folder(nuke: Any) -> None:
    assert nuke.root().name() == "Root"
    assert nuke.script_directory() == ""
    with pytest.raises(RuntimeError):
        nuke.scriptSave()
    assert nuke.nodes.Read(file="[file dirname [value root.name]]/a")["file"].evaluate() == "./a"


def test_a_file_is_not_replaced_unasked(nuke: Any, tmp_path: Path) -> None:
    file = str(tmp_path / "a.nk")
    nuke.scriptSaveAs(file)
    with pytest.raises(RuntimeError, match="exists"):
        nuke.scriptSaveAs(file)
    nuke.scriptSaveAs(file, 1)


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True)])
def test_the_unpaid_edition_saves_under_its_own_extension(nuke: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"\.nknc"):
        nuke.scriptSaveAs(str(tmp_path / "a.nk"))
    nuke.scriptSaveAs(str(tmp_path / "a.nknc"))


def test_a_pasted_group_follows_the_size_of_its_inputs(nuke: Any, nuke_host: Session) -> None:
    text = """set cut_paste_input [stack 0]
push $cut_paste_input
Group {
 name Tool
 tile_color 0x4f6f8fff
 addUserKnob {3 uid +HIDDEN}
}
 Input {
  inputs 0
  name plate
 }
 set Nplate [stack 0]
 Crop {
  box {0 0 {input.width} {input.height}}
  name Frame
 }
 set NFrame [stack 0]
 Reformat {
  type "to box"
  box_width {{Frame.width*2}}
  box_height {{plate.height*2}}
  box_fixed true
  box_pixel_aspect {{plate.pixel_aspect}}
  name Larger
 }
 push $NFrame
 Copy {
  inputs 2
  from0 -rgba.alpha
  to0 -rgba.alpha
  channels rgb
  name Recombine
 }
 Output {
 }
end_group
"""
    (tool,) = nuke_host.paste(text)
    assert tool.inputs() == 0
    tool.setInput(0, nuke_host.plate(size=(20, 10), aspect=2.0, overscan=2))
    inside = tool.node("Frame").bbox()
    assert (inside.x(), inside.y(), inside.w(), inside.h()) == (0, 0, 20, 10)
    larger = tool.node("Larger")
    assert (larger.width(), larger.height(), larger.pixelAspect()) == (40, 20, 2.0)
    assert not tool["uid"].visible()
    assert not tool["uid"].getFlag(nuke.INVISIBLE)
    again = nuke_host.paste(tool_text := nuke_host.text(tool))[0]
    assert nuke_host.text(again).count("box {0 0 {input.width} {input.height}}") == 1
    assert "+HIDDEN" in tool_text
