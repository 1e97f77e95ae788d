"""Colour: converted on the way out and back, by names that Nuke knows, with nothing half set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Session
from nuke_emulator.ops import SPACES
from sparkvsr_nuke.core import BridgeError, group_text

Load = Callable[[str], Any]
WORKING, EXCHANGE = "ACES - ACEScg", "ACES - ACES2065-1"
SETTERS = ("set_export_colour", "set_result_colour", "set_preview_colour")


@pytest.fixture
def group(nuke: Any, nuke_host: Session, tmp_path: Path) -> Any:
    text = tmp_path / "node.nk"
    text.write_text(group_text("SparkVSR1"))
    nuke.nodePaste(str(text))
    node = nuke.toNode("SparkVSR1")
    node.setInput(0, nuke_host.plate())
    node.setInput(1, nuke_host.plate(branch=1))
    nuke.root().setModified(False)
    return node


def colour(nuke: Any, name: str) -> tuple[Any, ...]:
    node = nuke.toNode(f"SparkVSR1.{name}")
    knobs = ("in_colorspace", "out_colorspace", "disable")
    return tuple(node[knob].value() for knob in knobs)


def test_both_ways_are_converted_and_no_undo_step_is_left(
    nuke: Any, nuke_host: Session, load: Load, group: Any
) -> None:
    before, module = nuke_host.state(), load("colour")
    for name in SETTERS:
        getattr(module, name)("SparkVSR1", WORKING, EXCHANGE)
    for name in ("PlateColour", "KeysColour"):
        assert colour(nuke, name) == (WORKING, EXCHANGE, False)
    for name in ("ResultColour", "PreviewColour"):
        assert colour(nuke, name) == (EXCHANGE, WORKING, False)
    assert nuke_host.state() == before
    plate = nuke.toNode("SparkVSR1.PlateColour")
    gain = SPACES[EXCHANGE][0]
    assert nuke.sample(plate, "rgba.blue", 0.5, 0.5) == gain * -1 / 64


def test_preview_and_result_may_have_been_exchanged_in_different_spaces(
    nuke: Any, load: Load, group: Any
) -> None:
    module = load("colour")
    module.set_result_colour("SparkVSR1", WORKING, EXCHANGE)
    module.set_preview_colour("SparkVSR1", WORKING, "")
    assert not colour(nuke, "ResultColour")[2]
    assert colour(nuke, "PreviewColour")[2]


@pytest.mark.parametrize("exchange", ["", WORKING])
@pytest.mark.parametrize("setter", SETTERS)
def test_nothing_is_converted_where_nothing_is_to_be(
    nuke: Any, load: Load, group: Any, setter: str, exchange: str
) -> None:
    set_colour = getattr(load("colour"), setter)
    set_colour("SparkVSR1", WORKING, EXCHANGE)
    set_colour("SparkVSR1", WORKING, exchange)
    names = ("PlateColour", "KeysColour", "ResultColour", "PreviewColour")
    assert all(colour(nuke, name)[2] for name in names)


@pytest.mark.parametrize(
    ("working", "exchange", "message", "near"),
    [
        (WORKING, "ACES2065-1", "exchange space `ACES2065-1`", "ACES - ACES2065-1"),
        ("aces - acescg", EXCHANGE, "working space `aces - acescg`", "ACES - ACEScg"),
        (WORKING, "@", "exchange space `@`", "Choose one"),
    ],
)
@pytest.mark.parametrize("setter", SETTERS)
def test_an_unknown_name_is_refused_with_near_ones_and_nothing_is_half_set(
    nuke: Any,
    load: Load,
    group: Any,
    setter: str,
    working: str,
    exchange: str,
    message: str,
    near: str,
) -> None:
    names = ("PlateColour", "KeysColour", "ResultColour", "PreviewColour")
    before = [colour(nuke, name) for name in names]
    with pytest.raises(BridgeError) as error:
        getattr(load("colour"), setter)("SparkVSR1", working, exchange)
    assert f"The {message} is not in Nuke's OpenColorIO configuration." == error.value.message
    assert near in error.value.hint
    assert [colour(nuke, name) for name in names] == before


def test_an_alias_means_its_space(nuke: Any, load: Load, group: Any) -> None:
    for knob in ("in_colorspace", "out_colorspace"):
        for name in ("PlateColour", "KeysColour"):
            entries = [*SPACES, "Camera\tlog, LogC"]
            nuke.toNode(f"SparkVSR1.{name}")[knob].setValues(entries)
    load("colour").set_export_colour("SparkVSR1", "LogC", "sRGB")
    assert nuke.toNode("SparkVSR1.KeysColour")["in_colorspace"].value() == "Camera"


def test_a_node_that_converts_nothing_is_not_reached(
    nuke_host: Session, load: Load, group: Any
) -> None:
    """The free editions let Python reach ten nodes."""
    reached: list[Any] = []
    nuke_host.touch = reached.append  # type: ignore[method-assign, assignment]
    module = load("colour")
    for name in SETTERS:
        getattr(module, name)("SparkVSR1", "", "")
    assert {node._name() for node in reached} <= {"Root", "SparkVSR1"}
