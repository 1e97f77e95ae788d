"""Behaviours of nodes that move and cut pictures: boxes, formats, what lies beyond."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nuke_emulator import Session
from nuke_emulator.expressions import ExpressionError


def plane(node: Any, box: tuple[int, int, int, int]) -> Any:
    return node._image(1001).over(box).planes["rgba.green"]


def test_a_crop_gives_its_own_box_and_goes_on_with_the_outermost_pixels(
    nuke: Any, nuke_host: Session
) -> None:
    plate = nuke_host.plate(size=(8, 4))
    crop = nuke.nodes.Crop(inputs=[plate], box=[-2, 0, 10, 4])
    assert crop._image(1001).bbox == (-2, 0, 10, 4)
    assert crop.format().width() == 8
    row = plane(crop, (-2, 0, 10, 1))[0]
    assert row[:3].tolist() == [0, 0, 0] and row[-3:].tolist() == [7 / 64] * 3
    crop["intersect"].setValue(True)
    assert crop._image(1001).bbox == (0, 0, 8, 4)
    crop["crop"].setValue(False)
    assert crop._image(1001).bbox == (0, 0, 8, 4), "`crop` is about black, not about the box"


def test_a_crop_that_reformats_makes_its_lower_left_the_origin(
    nuke: Any, nuke_host: Session
) -> None:
    plate = nuke_host.plate(size=(8, 4), overscan=2)
    crop = nuke.nodes.Crop(inputs=[plate], box=[-2, -2, 10, 6], reformat=True)
    assert (crop.width(), crop.height()) == (12, 8)
    assert crop._image(1001).bbox == (0, 0, 12, 8)
    np.testing.assert_array_equal(
        plane(crop, (0, 0, 12, 8)), plate._image(1001).planes["rgba.green"]
    )


def test_a_position_moves_pixels_and_leaves_the_format(nuke: Any, nuke_host: Session) -> None:
    plate = nuke_host.plate(size=(8, 4))
    moved = nuke.nodes.Position(inputs=[plate], translate=[-3, 2])
    assert (moved.width(), moved.height()) == (8, 4)
    assert moved._image(1001).bbox == (-3, 2, 5, 6)
    np.testing.assert_array_equal(plane(moved, (-3, 2, 5, 6)), plane(plate, (0, 0, 8, 4)))


def test_a_reformat_drops_what_lies_outside_unless_told_to_keep_it(
    nuke: Any, nuke_host: Session
) -> None:
    plate = nuke_host.plate(size=(8, 4), overscan=2)
    twice = nuke.nodes.Reformat(inputs=[plate], type="scale", scale=[2, 2])
    assert twice._image(1001).bbox == (0, 0, 16, 8)
    twice["pbb"].setValue(True)
    assert twice._image(1001).bbox == (-4, -4, 20, 12)


def test_an_expression_names_a_side_of_a_box(nuke: Any, nuke_host: Session) -> None:
    crop = nuke.nodes.Crop(name="Crop1", inputs=[nuke_host.plate()], box=[1, 2, 3, 4])
    moved = nuke.nodes.Position(inputs=[crop])
    knob = moved["translate"]
    knob.setExpression("Crop1.box.r*2+Crop1.box.t", 0)
    assert knob.value(0) == 10
    knob.setExpression("translate.r", 0)
    with pytest.raises(ExpressionError, match="has no component 'r'"):
        knob.value(0)


def test_a_box_of_the_user_is_written_and_read(nuke: Any, nuke_host: Session) -> None:
    (group,) = nuke_host.paste(
        "Group {\n name G\n addUserKnob {15 area}\n area {1 2 {frame} 4}\n}\nend_group\n"
    )
    nuke.frame(7)
    assert group["area"].value() == [1, 2, 7, 4]
    (copy,) = nuke_host.paste(nuke_host.text(group))
    assert copy["area"].value() == [1, 2, 7, 4]


def test_hashes_inside_of_a_group_change_with_what_is_connected_to_it(
    nuke: Any, nuke_host: Session
) -> None:
    grade = nuke.nodes.Grade(inputs=[nuke_host.plate()])
    group = nuke.nodes.Group(inputs=[grade])
    with group:
        inside = nuke.nodes.Dot(inputs=[nuke.nodes.Input()])
    group.setInput(0, grade)
    before = inside.opHashes()
    grade["multiply"].setValue(2)
    assert inside.opHashes() != before
