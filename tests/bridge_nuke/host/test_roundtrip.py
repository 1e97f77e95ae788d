"""Out and back: what is exported and shown again is the plate, over its format and its overscan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import pytest

from nuke_emulator import Plate, Session
from sparkvsr_nuke.core import Window, check_keyframes, find_window, group_text

Load = Callable[[str], Any]
PLATE = Plate(branch=1, size=(16, 12), overscan=3, aspect=2.0, layers=("depth.Z", "mask.a"))
FORMAT, AROUND = Window(0, 0, 16, 12), Window(-4, -4, 20, 16)
COLOUR = ("rgba.red", "rgba.green", "rgba.blue")


@pytest.fixture
def group(nuke: Any, nuke_host: Session, tmp_path: Path) -> Any:
    text = tmp_path / "node.nk"
    text.write_text(group_text("SparkVSR1"))
    nuke.nodePaste(str(text))
    node = nuke.toNode("SparkVSR1")
    node.setInput(0, nuke_host.plate(PLATE))
    node.setInput(1, nuke_host.plate(PLATE, name="Fixed"))
    nuke.frame(1001)
    return node


def exported(
    load: Load,
    group: Any,
    pattern: Path,
    window: Window,
    source: str = "PlateExport",
    half: bool = True,
) -> Path:
    with load("export").exporting(
        group, source, str(pattern), half=half, view="main", window=window
    ) as exporter:
        path: Path = exporter.export(1001)
    return path


def scaled_file(source: Path, target: Path, scale: float) -> Path:
    """The picture of a file, each pixel as often as the scale says (nearest neighbour)."""
    file = OpenEXR.File(str(source), separate_channels=True)
    channels = {}
    for name, channel in file.channels().items():
        height, width = channel.pixels.shape
        rows = (np.arange(round(height * scale)) / scale).astype(int)
        columns = (np.arange(round(width * scale)) / scale).astype(int)
        channels[name] = np.ascontiguousarray(channel.pixels[np.ix_(rows, columns)])
    aspect = file.header()["pixelAspectRatio"]
    OpenEXR.File({"pixelAspectRatio": aspect}, channels).write(str(target))
    return target


def show(group: Any, path: Path, window: Window, what: str = "result") -> None:
    group[f"{what}_file"].setValue(str(path))
    for end in ("first", "last") if what == "result" else ("frame",):
        group[f"{what}_{end}"].setValue(1001)
    group[f"{what}_window"].setValue(list(window))
    group[f"{what}_ready"].setValue(True)


def assert_same(shown: Any, wanted: Any, box: Window, channels: Any = None) -> None:
    for name in channels or wanted.planes:
        seen, plate = shown.over(box).planes[name], wanted.over(box).planes[name]
        np.testing.assert_array_equal(seen, plate, err_msg=name)


def test_files_hold_the_window_and_nothing_else(load: Load, group: Any, tmp_path: Path) -> None:
    header = OpenEXR.File(str(exported(load, group, tmp_path / "f.%04d.exr", AROUND))).header()
    for name in ("dataWindow", "displayWindow"):
        (left, top), (right, bottom) = header[name]
        assert (left, top, right, bottom) == (0, 0, AROUND.width - 1, AROUND.height - 1)
    assert header["pixelAspectRatio"] == 2.0


@pytest.mark.parametrize("half", [True, False])
def test_the_plate_comes_back_to_the_bit_with_its_overscan(
    nuke_host: Session, load: Load, group: Any, tmp_path: Path, half: bool
) -> None:
    look = load("export").look(group, "PlateColour", 1001)
    window = find_window([look], overscan=True)
    assert window == AROUND
    show(group, exported(load, group, tmp_path / "f.%04d.exr", window, half=half), window)
    shown, plate = group._image(1001), PLATE.image(1001)
    assert shown.planes.keys() == plate.planes.keys()
    assert (shown.format.width(), shown.format.height()) == (16, 12)
    assert shown.format.pixelAspect() == 2.0
    assert shown.bbox == AROUND
    assert_same(shown, plate, Window(*plate.bbox))
    assert plate.planes["rgba.green"].max() > 1 and plate.planes["rgba.blue"].min() < 0
    assert group._image(1002).bbox == plate.bbox, "beside the result the plate passes untouched"


def test_colours_are_those_of_the_result_and_all_else_is_the_plates(
    group: Any, load: Load, tmp_path: Path
) -> None:
    with load("export").exporting(
        group,
        "PlateExport",
        str(tmp_path / "f.%04d.exr"),
        half=True,
        view="main",
        window=AROUND,
    ) as exporter:
        show(group, exporter.export(1009), AROUND)
    shown, plate, other = group._image(1001), PLATE.image(1001), PLATE.image(1009)
    box = Window(*plate.bbox)
    assert_same(shown, other, box, COLOUR)
    assert_same(shown, plate, box, plate.planes.keys() - set(COLOUR))
    assert shown.planes["rgba.red"].max() != plate.planes["rgba.red"].max()
    assert dict(shown.metadata) == dict(plate.metadata)


@pytest.mark.parametrize("scale", [1, 1.5, 2, 3, 4])
def test_a_larger_result_lies_over_the_plate_with_its_overscan_at_every_upscale(
    load: Load, group: Any, tmp_path: Path, scale: float
) -> None:
    small = exported(load, group, tmp_path / "f.%04d.exr", AROUND)
    show(group, scaled_file(small, tmp_path / "large.1001.exr", scale), AROUND)
    shown, plate = group._image(1001), PLATE.image(1001)
    assert (shown.format.width(), shown.format.height()) == (16 * scale, 12 * scale)
    assert shown.bbox == tuple(side * scale for side in AROUND)
    for x, y in ((-3, -3), (0, 0), (7, 5), (16, 12), (18, 14)):  # pixels of the plate
        left, low = (int(np.ceil(side * scale)) for side in (x, y))
        for name in COLOUR:
            seen = shown.over((left, low, left + 1, low + 1)).planes[name][0, 0]
            assert seen == plate.over((x, y, x + 1, y + 1)).planes[name][0, 0], (name, x, y)
    if scale == 2:
        assert_same(shown, plate.scaled(2), Window(-6, -6, 38, 30))


def test_without_overscan_nothing_is_left_outside_of_the_format(
    load: Load, group: Any, tmp_path: Path
) -> None:
    look = load("export").look(group, "PlateColour", 1001)
    window = find_window([look], overscan=False)
    show(group, exported(load, group, tmp_path / "f.%04d.exr", window), window)
    shown = group._image(1001)
    assert shown.bbox == FORMAT
    assert_same(shown, PLATE.image(1001), FORMAT)


def test_result_and_preview_keep_the_windows_and_sizes_they_were_made_with(
    load: Load, group: Any, tmp_path: Path
) -> None:
    show(group, exported(load, group, tmp_path / "result.%04d.exr", AROUND), AROUND)
    small = exported(load, group, tmp_path / "preview.%04d.exr", FORMAT)
    preview = scaled_file(small, tmp_path / "large.1001.exr", 2)
    show(group, preview, FORMAT, "preview")
    plate = PLATE.image(1001)
    shown = group._image(1001)
    assert shown.bbox == (0, 0, 32, 24)
    assert_same(shown, plate.scaled(2), Window(0, 0, 32, 24))
    group["preview_ready"].setValue(False)
    assert group._image(1001).bbox == AROUND
    assert_same(group._image(1001), plate, Window(*plate.bbox))


def test_a_keyframe_twice_as_large_is_cut_at_the_same_place(
    nuke: Any, load: Load, group: Any, tmp_path: Path
) -> None:
    twice = nuke.nodes.Reformat(inputs=[nuke.toNode("Fixed")], type="scale", scale=[2, 2], pbb=True)
    group.setInput(1, twice)
    look = load("export").look
    plate, keyframe = (look(group, f"{name}Colour", 1001) for name in ("Plate", "Keys"))
    assert (keyframe.width, keyframe.height) == (32, 24)
    check_keyframes({1001: plate}, {1001: keyframe}, AROUND)
    path = exported(load, group, tmp_path / "k.%04d.exr", AROUND, "KeysExport", half=False)
    pixels = OpenEXR.File(str(path), separate_channels=True).channels()
    wanted = twice._image(1001)
    assert pixels["R"].pixels.shape == (2 * AROUND.height, 2 * AROUND.width)
    for name, channel in zip("RGB", COLOUR, strict=True):
        inside = pixels[name].pixels[::-1][2:-2, 2:-2]  # one pixel of the plate is alignment
        np.testing.assert_array_equal(inside, wanted.planes[channel])


def test_an_exchange_space_changes_the_files_and_not_what_comes_back(
    load: Load, group: Any, tmp_path: Path
) -> None:
    plain = exported(load, group, tmp_path / "plain.%04d.exr", AROUND, half=False)
    colour = load("colour")
    colour.set_export_colour("SparkVSR1", "ACES - ACEScg", "sRGB")
    colour.set_result_colour("SparkVSR1", "ACES - ACEScg", "sRGB")
    converted = exported(load, group, tmp_path / "f.%04d.exr", AROUND, half=False)
    first, second = (
        OpenEXR.File(str(path), separate_channels=True).channels()["G"].pixels
        for path in (plain, converted)
    )
    np.testing.assert_array_equal(second, first * 0.5 + 0.125)
    show(group, converted, AROUND)
    plate = PLATE.image(1001)
    assert_same(group._image(1001), plate, Window(*plate.bbox))


def test_the_text_of_a_node_in_use_round_trips(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    show(group, exported(load, group, tmp_path / "f.%04d.exr", AROUND), AROUND)
    text = nuke_host.text(group)
    (copy,) = (node for node in nuke_host.paste(text) if node.Class() == "Group")
    copy.setInput(0, nuke.toNode("Plate1"))
    copy.setInput(1, nuke.toNode("Fixed"))
    assert copy["result_window"].value() == list(AROUND)
    assert copy["shown_window"].value() == list(AROUND)
    assert_same(copy._image(1001), group._image(1001), AROUND)
