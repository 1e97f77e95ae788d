"""Behaviours of knobs: enumerations, file types, defaults, files, expressions, user knobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Session
from nuke_emulator.expressions import ExpressionError
from nuke_emulator.tcl import TclError


def test_an_enumeration_takes_a_name_or_an_index_and_nothing_else(nuke: Any) -> None:
    knob = nuke.Enumeration_Knob("engine", "Engine", ["auto", "flow", "model"])
    knob.setValue("flow")
    assert (knob.value(), knob.getValue()) == ("flow", 1.0)
    knob.setValue(2)
    assert knob.value() == "model"
    for wrong in ("none", 3, -1):
        with pytest.raises(TypeError):
            knob.setValue(wrong)
    knob.setValues(["v002", "model"])
    assert knob.value() == "model"


def test_exr_knobs_appear_only_with_the_file_type(nuke: Any) -> None:
    write = nuke.nodes.Write()
    assert "datatype" not in write.knobs()
    write["file_type"].setValue("exr")
    assert write["datatype"].value() == "16 bit half"
    assert nuke.nodes.Write(file="a.%04d.exr")["compression"].value() == "Zip (1 scanline)"
    assert nuke.nodes.Write(file="a.png").knob("datatype") is None


def test_a_studios_defaults_reach_new_nodes_and_their_file_type(nuke: Any) -> None:
    nuke.knobDefault("Write.exr.compression", "DWAA")
    nuke.knobDefault("Write.exr.interleave", "channels")
    nuke.knobDefault("Write.channels", "all")
    nuke.knobDefault("Grade.multiply", "3")
    write = nuke.nodes.Write(file_type="exr")
    values = [write[name].value() for name in ("compression", "interleave", "channels")]
    assert values == ["DWAA", "channels", "all"]
    assert nuke.nodes.Grade()["multiply"].value() == 3
    assert nuke.knobDefault("Write.exr.compression") == "DWAA"


def test_a_file_knob_keeps_text_and_evaluates_frame_view_and_commands(nuke: Any) -> None:
    group = nuke.nodes.Group(name="SparkVSR1")
    group.addKnob(nuke.File_Knob("file", "File"))
    knob = group["file"]
    text = "[value name]/%V/a.####.exr"
    knob.setValue(text)
    assert knob.value() == text
    assert knob.evaluate(12) == "SparkVSR1/main/a.0012.exr"
    assert knob.getEvaluatedValue() == "SparkVSR1/%V/a.%04d.exr"
    knob.setValue("a.%03d.exr")
    nuke.frame(7)
    assert knob.evaluate() == "a.007.exr"
    knob.setValue("")
    assert knob.evaluate() is None


def test_backslashes_are_eaten_when_a_path_is_evaluated(nuke: Any) -> None:
    read = nuke.nodes.Read(file="C:\\shots\\a.exr")
    assert read["file"].evaluate() == "C:shotsa.exr"


def test_an_unknown_command_in_a_path_fails(nuke: Any) -> None:
    with pytest.raises(TclError):
        nuke.nodes.Read(file="[exec rm]/a.exr")["file"].evaluate()


def test_expressions_link_knobs_inside_of_a_group_to_those_outside(nuke: Any) -> None:
    group = nuke.nodes.Group(name="G")
    group.addKnob(nuke.Boolean_Knob("have"))
    group.addKnob(nuke.Int_Knob("first"))
    with group:
        switch, read = nuke.nodes.Switch(), nuke.nodes.Read()
    switch["which"].setExpression("parent.have && parent.first > 3 ? 1 : 0")
    read["first"].setExpression("parent.first")
    assert (switch["which"].value(), read["first"].value()) == (0, 0)
    group["have"].setValue(True)
    group["first"].setValue(1001)
    assert (switch["which"].value(), read["first"].value()) == (1, 1001)
    read["last"].setExpression("parent.nothing")
    with pytest.raises(ExpressionError, match="nothing"):
        read["last"].value()


def test_keys_can_be_set_and_listed(nuke: Any) -> None:
    knob = nuke.nodes.Grade()["multiply"]
    assert not knob.isAnimated()
    knob.setValueAt(0, 1001)
    knob.setValueAt(10, 1011)
    assert knob.isAnimated()
    assert knob.getKeyList() == [1001, 1011]
    assert [key.x for key in knob.animation(0).keys()] == [1001, 1011]  # noqa: SIM118
    assert knob.getValueAt(1004) == pytest.approx(3)
    assert knob.isKeyAt(1001) and not knob.isKeyAt(1002)


def test_a_button_runs_its_code_for_its_node(nuke: Any) -> None:
    group = nuke.nodes.Group(name="G")
    nuke.ran = []
    code = "nuke.ran.append((nuke.thisNode().name(), nuke.thisKnob().name()))"
    group.addKnob(nuke.PyScript_Knob("run", "Run", code))
    group["run"].execute()
    assert nuke.ran == [("G", "run")]


def test_a_link_shows_another_knob(nuke: Any) -> None:
    group = nuke.nodes.Group(name="G")
    with group:
        nuke.nodes.Grade(name="Gain", multiply=4)
    link = nuke.Link_Knob("gain")
    group.addKnob(link)
    link.setLink("this.Gain.multiply")
    assert link.value() == 4
    link.setValue(5)
    assert group.node("Gain")["multiply"].value() == 5


def test_user_text_with_a_range_sets_it_and_opens_the_file(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    file = str(tmp_path / "a.%04d.exr")
    write = nuke.nodes.Write(file=file, raw=True, inputs=[nuke_host.plate(size=(20, 10))])
    nuke.execute(write, 1001, 1003)
    read = nuke.nodes.Read()
    read["file"].setValue(file)
    assert (read["first"].value(), read["last"].value()) == (1, 1)
    read["file"].fromUserText(f"{file} 1001-1003")
    assert [read[n].value() for n in ("first", "last", "origfirst", "origlast")] == [
        1001,
        1003,
        1001,
        1003,
    ]
    assert read["format"].value().width() == 20
