"""Behaviours of reading: ranges, caches, errors, colour, windows; and the nodes around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuke_emulator import Session, decode


@pytest.fixture
def written(nuke: Any, nuke_host: Session, tmp_path: Path) -> str:
    """Frames 1001 to 1004 of branch 1, on disk."""
    return render(nuke, nuke_host, str(tmp_path / "a.%04d.exr"), branch=1)


def render(nuke: Any, session: Session, path: str, **plate: Any) -> str:
    source = session.plate(**plate)
    write = nuke.nodes.Write(file=path, raw=True, channels="rgba", inputs=[source])
    nuke.execute(write, 1001, 1004)
    nuke.delete(write)
    nuke.delete(source)
    return path


def reader(nuke: Any, path: str, **knobs: Any) -> Any:
    return nuke.nodes.Read(**{"file": path, "first": 1001, "last": 1004, "raw": True, **knobs})


def shown(node: Any, frame: int) -> tuple[int, int]:
    """Frame and branch of the picture that a node gives."""
    planes = node._image(frame).planes
    return decode(planes["rgba.red"][2, 2], planes["rgba.green"][2, 2])


def test_a_read_gives_its_files(nuke: Any, written: str) -> None:
    read = reader(nuke, written)
    assert [shown(read, frame) for frame in (1001, 1004)] == [(1001, 1), (1004, 1)]
    assert (read.firstFrame(), read.lastFrame()) == (1001, 1004)


def test_setting_the_path_leaves_the_range_at_one(nuke: Any, written: str) -> None:
    read = nuke.nodes.Read(raw=True)
    read["file"].setValue(written)
    assert (read.firstFrame(), read.lastFrame()) == (1, 1)
    nuke.frame(1002)
    assert read.hasError(), "frame 1002 is held at frame 1, which is not there"


def test_files_that_change_are_not_seen_until_reload_or_another_path(
    nuke: Any, nuke_host: Session, written: str, tmp_path: Path
) -> None:
    read = reader(nuke, written)
    assert shown(read, 1001) == (1001, 1)
    before = read.opHashes()
    render(nuke, nuke_host, written, branch=2)
    assert shown(read, 1001) == (1001, 1)
    read["reload"].execute()
    assert shown(read, 1001) == (1001, 2)
    assert read.opHashes() != before
    other = render(nuke, nuke_host, str(tmp_path / "b.%04d.exr"), branch=3)
    read["file"].setValue(other)
    assert shown(read, 1001) == (1001, 3)


def test_a_localized_copy_survives_reload(nuke: Any, nuke_host: Session, written: str) -> None:
    read = reader(nuke, written, localizationPolicy="on")
    assert shown(read, 1001) == (1001, 1)
    render(nuke, nuke_host, written, branch=2)
    read["reload"].execute()
    assert shown(read, 1001) == (1001, 1)
    read["updateLocalization"].execute()
    assert shown(read, 1001) == (1001, 2)


@pytest.mark.parametrize(
    ("mode", "frames"),
    [("hold", [1001, 1004]), ("loop", [1004, 1001]), ("bounce", [1001, 1004])],
)
def test_frames_outside_of_the_range_follow_before_and_after(
    nuke: Any, written: str, mode: str, frames: list[int]
) -> None:
    read = reader(nuke, written, before=mode, after=mode)
    assert [shown(read, frame)[0] for frame in (1000, 1005)] == frames
    black = reader(nuke, written, before="black")
    assert black._image(1000).planes["rgba.red"].max() == 0


def test_frames_can_start_at_another_number(nuke: Any, written: str) -> None:
    read = reader(nuke, written, frame_mode="start at", frame="1", origfirst=1001)
    assert shown(read, 3)[0] == 1003
    assert shown(reader(nuke, written, frame_mode="offset", frame="1"), 1001)[0] == 1002


def test_a_missing_file_does_what_on_error_says(nuke: Any, written: str) -> None:
    Path(written % 1002).unlink()
    strict = reader(nuke, written)
    nuke.frame(1002)
    assert strict.treeHasError()
    nuke.frame(1003)
    assert not strict.treeHasError()
    assert reader(nuke, written, on_error="black")._image(1002).planes["rgba.red"].max() == 0
    assert shown(reader(nuke, written, on_error="nearest frame"), 1002)[0] in {1001, 1003}


def test_a_forgotten_raw_changes_the_pixels_visibly(nuke: Any, written: str) -> None:
    red = reader(nuke, written, raw=False)._image(1001).planes["rgba.red"]
    np.testing.assert_allclose(red, 1001 / 1024 * 0.25 + 0.5, atol=1e-3)


def test_a_box_that_is_not_the_format_grows_by_a_black_pixel_that_is_not_written_again(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    path = render(nuke, nuke_host, str(tmp_path / "o.%04d.exr"), size=(16, 12), overscan=2)
    read = reader(nuke, path)
    nuke.frame(1001)
    assert (read.bbox().x(), read.bbox().w()) == (-3, 22)
    assert read._image(1001).planes["rgba.alpha"][0].max() == 0
    again = str(tmp_path / "again.%04d.exr")
    write = nuke.nodes.Write(file=again, raw=True, channels="rgba", inputs=[read])
    nuke.execute(write, 1001, 1001)
    assert reader(nuke, again).bbox().w() == 22


def test_metadata_of_a_file_gets_its_prefix(nuke: Any, written: str) -> None:
    nuke.frame(1001)
    metadata = reader(nuke, written).metadata()
    assert metadata["exr/nuke/input/frame_rate"] == "24.0"


def test_the_result_is_recombined_inside_of_a_group(
    nuke: Any, nuke_host: Session, written: str
) -> None:
    group = nuke.nodes.Group(name="SparkVSR1")
    group.addKnob(nuke.Boolean_Knob("have"))
    with group:
        plate = nuke.nodes.Input(name="plate")
        space = nuke.nodes.OCIOColorSpace(inputs=[reader(nuke, written)], disable=True)
        copy = nuke.nodes.Copy(inputs=[plate, space])
        for index, name in enumerate(("red", "green", "blue")):
            copy[f"from{index}"].setValue(f"rgba.{name}")
            copy[f"to{index}"].setValue(f"rgba.{name}")
        switch = nuke.nodes.Switch(inputs=[plate, copy])
        switch["which"].setExpression("parent.have")
        nuke.nodes.Output(inputs=[switch])
    group.setInput(0, nuke_host.plate(branch=0, layers=("depth.Z",)))
    assert shown(group, 1002) == (1002, 0)
    group["have"].setValue(True)
    assert shown(group, 1002) == (1002, 1)
    assert "depth.Z" in group.channels()
    original = group.input(0)._image(1002).planes["rgba.alpha"]
    np.testing.assert_array_equal(group._image(1002).planes["rgba.alpha"], original)


def test_colour_nodes_undo_each_other_and_reformat_scales(nuke: Any, nuke_host: Session) -> None:
    source = nuke_host.plate(size=(16, 12))
    there = nuke.nodes.OCIOColorSpace(inputs=[source], out_colorspace="sRGB")
    back = nuke.nodes.OCIOColorSpace(inputs=[there], in_colorspace="sRGB")
    assert not np.allclose(there._image(1001).planes["rgba.red"], 1001 / 1024)
    np.testing.assert_allclose(back._image(1001).planes["rgba.red"], 1001 / 1024)
    double = nuke.nodes.Reformat(inputs=[back], type="scale", scale=2)
    nuke.frame(1001)
    assert (double.width(), double.height()) == (32, 24)
    to = nuke.nodes.Reformat(inputs=[source], type="to box", box_width=8, box_height=6)
    assert (to.width(), to.height()) == (8, 6)


def test_a_format_can_change_in_mid_shot(nuke: Any, nuke_host: Session) -> None:
    source = nuke_host.plate(sizes={1003: (20, 12)})
    nuke.frame(1002)
    assert source.width() == 16
    nuke.frame(1003)
    assert source.width() == 20
