"""Behaviours of rendering: what is written, what stops it, what it looks like afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import OpenImageIO
import pytest

from nuke_emulator import Plate, Session, decode
from nuke_emulator.host import BUSY


@pytest.fixture
def shot(tmp_path: Path) -> str:
    return str(tmp_path / "shot" / "a.%04d.exr")


def writer(nuke: Any, source: Any, path: str, **knobs: Any) -> Any:
    given = {"file": path, "raw": True, "channels": "rgba", "create_directories": True, **knobs}
    return nuke.nodes.Write(inputs=[source], **given)


def picture(path: str, frame: int) -> tuple[Any, Any]:
    """Pixels H W C and the specification, by OpenImageIO."""
    file = OpenImageIO.ImageInput.open(path % frame)
    assert file, OpenImageIO.geterror()
    try:
        return file.read_image("float"), file.spec()
    finally:
        file.close()


def test_every_frame_and_branch_can_be_told_from_the_file(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    source = nuke_host.plate(branch=2)
    nuke.execute(writer(nuke, source, shot), nuke.FrameRanges(["1001", "1003-1005x2"]))
    names = sorted(path.name for path in Path(shot).parent.iterdir())
    assert names == ["a.1001.exr", "a.1003.exr", "a.1005.exr"]
    for frame in (1001, 1003, 1005):
        pixels, _ = picture(shot, frame)
        assert decode(pixels[0, 0, 0], pixels[0, 0, 1]) == (frame, 2)
        assert pixels[..., 1].max() > 4 and pixels[..., 2].max() < 0


@pytest.mark.parametrize(
    "arguments",
    [(1001, 1002), (1001, 1002, 1), (1001, 1002, 1, ["main"]), (1001, 1002, 1, ["main"], True)],
)
def test_execute_takes_a_first_and_a_last_frame(
    nuke: Any, nuke_host: Session, shot: str, arguments: tuple[Any, ...]
) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    nuke.execute(write, *arguments)
    nuke.execute(write.name(), *arguments)
    assert [frame for _, frame, _ in nuke_host.rendered] == [1001, 1002] * 2


def test_execute_refuses_other_forms(nuke: Any, nuke_host: Session, shot: str) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    with pytest.raises(TypeError):
        nuke.execute([write], 1, 1)
    with pytest.raises(TypeError):
        nuke.execute(write)
    with pytest.raises(ValueError, match="Frame Range invalid"):
        nuke.execute(write, 5, 1)


def test_the_file_has_the_box_as_data_window_and_the_format_as_display_window(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    source = nuke_host.plate(size=(20, 10), overscan=3, aspect=2.0)
    nuke.execute(writer(nuke, source, shot), 1001, 1001)
    _, spec = picture(shot, 1001)
    assert (spec.x, spec.y, spec.width, spec.height) == (-3, -3, 26, 16)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 20, 10)
    assert spec["PixelAspectRatio"] == 2.0
    crop = nuke.nodes.Crop(inputs=[source], box=[0, 0, 20, 10])
    nuke.execute(writer(nuke, crop, shot), 1001, 1001)
    pixels, spec = picture(shot, 1001)
    assert (spec.x, spec.y, spec.width, spec.height) == (0, 0, 20, 10)
    assert pixels[-1, 0, 2] == -1 / 64, "the lowest row of the application is the last of the file"


def test_channels_are_those_selected_and_available(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    def rgb(frame: int, x: Any, y: Any) -> dict[str, Any]:
        return {f"rgba.{name}": x * 0 + frame for name in ("red", "green", "blue")}

    plain, layered = nuke_host.plate(painter=rgb), nuke_host.plate(name="L", layers=("depth.Z",))
    nuke.execute(writer(nuke, plain, shot), 1001, 1001)
    assert picture(shot, 1001)[1].channelnames == ("R", "G", "B")
    nuke.execute(writer(nuke, layered, shot, channels="all"), 1001, 1001)
    assert set(picture(shot, 1001)[1].channelnames) == {"R", "G", "B", "A", "depth.Z"}
    with pytest.raises(RuntimeError, match="No channels selected"):
        nuke.execute(writer(nuke, plain, shot, channels="depth"), 1001, 1001)


def test_half_overflows_to_infinity_and_float_keeps_everything(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    def hot(frame: int, x: Any, y: Any) -> dict[str, Any]:
        return {"rgba.red": x * 0 + 70000, "rgba.green": x * 0 - 2, "rgba.blue": x * 0 + 2049.5}

    source = nuke_host.plate(painter=hot)
    nuke.execute(writer(nuke, source, shot), 1001, 1001)
    assert picture(shot, 1001)[0][0, 0].tolist() == [np.inf, -2, 2050]
    nuke.execute(writer(nuke, source, shot, file_type="exr", datatype=1), 1001, 1001)
    assert picture(shot, 1001)[0][0, 0].tolist() == [70000, -2, 2049.5]


def test_a_forgotten_raw_changes_the_pixels_visibly(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    source = nuke_host.plate()
    nuke.execute(writer(nuke, source, shot, raw=False), 1001, 1001)
    pixels, _ = picture(shot, 1001)
    np.testing.assert_allclose(pixels[..., 0], 1001 / 1024 * 0.5 + 0.125, atol=1e-3)


def test_proxy_makes_small_pictures_on_the_proxy_path_or_over_the_full_ones(
    nuke: Any, nuke_host: Session, shot: str, tmp_path: Path
) -> None:
    write = writer(nuke, nuke_host.plate(size=(16, 12)), shot)
    nuke.root().setProxy(True)
    nuke.execute(write, 1001, 1001)
    assert picture(shot, 1001)[1].full_width == 8
    write["proxy"].setValue(str(tmp_path / "proxy.%04d.exr"))
    nuke.execute(write, 1002, 1002)
    assert (tmp_path / "proxy.1002.exr").exists()
    assert not Path(shot % 1002).exists()


def test_all_views_go_into_one_file_unless_one_is_asked_for(
    nuke: Any, nuke_host: Session, shot: str, tmp_path: Path
) -> None:
    nuke_host.views[:] = ["left", "right"]
    source = nuke_host.plate()
    write = writer(nuke, source, shot)
    nuke.execute(write, 1001, 1001)
    assert {"R", "right.R"} <= set(picture(shot, 1001)[1].channelnames)
    nuke.execute(write, 1001, 1001, 1, ["right"])
    pixels, spec = picture(shot, 1001)
    assert spec.channelnames == ("R", "G", "B", "A")
    assert decode(pixels[0, 0, 0], pixels[0, 0, 1]) == (1001, 4)
    per_view = str(tmp_path / "%V" / "a.%04d.exr")
    nuke.execute(writer(nuke, source, per_view), 1001, 1001)
    assert (tmp_path / "left" / "a.1001.exr").exists()


def test_a_studios_interleave_puts_layers_into_parts(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    nuke.knobDefault("Write.exr.interleave", "channels")
    source = nuke_host.plate(layers=("depth.Z",))
    nuke.execute(writer(nuke, source, shot, channels="all"), 1001, 1001)
    parts = OpenEXR.File(shot % 1001).parts
    assert len(parts) == 2
    assert all("R" not in part.channels for part in parts[1:])


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("no metadata", set()),
        ("default metadata", {"nuke/input/frame_rate"}),
        ("default metadata and exr/*", {"nuke/input/frame_rate", "owner"}),
        ("all metadata except input/*", {"owner", "nuke/x"}),
        ("all metadata", {"nuke/input/frame_rate", "nuke/input/frame", "owner", "nuke/x"}),
    ],
)
def test_metadata_is_written_as_its_mode_says(
    nuke: Any, nuke_host: Session, shot: str, mode: str, keys: set[str]
) -> None:
    source = nuke_host.plate(metadata={"exr/owner": "me", "x": 1})
    write = writer(nuke, source, shot, file_type="exr", metadata=mode, write_hash=False)
    nuke.execute(write, 1001, 1001)
    header = OpenEXR.File(shot % 1001).parts[0].header
    found = {key for key in header if key.startswith(("nuke/", "owner"))}
    assert found == keys


def test_a_path_without_a_number_takes_one_frame_only(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    write = writer(nuke, nuke_host.plate(), str(tmp_path / "a.exr"))
    nuke.execute(write, 1001, 1001)
    with pytest.raises(RuntimeError, match=r"Write1 cannot be executed for multiple frames\."):
        nuke.execute(write, 1001, 1002)


def test_what_is_no_write_and_holds_none_cannot_be_executed(nuke: Any, nuke_host: Session) -> None:
    for node in (nuke_host.plate(), nuke.nodes.Group(name="G")):
        with pytest.raises(RuntimeError, match=f"{node.name()} cannot be executed"):
            nuke.execute(node, 1, 1)


def test_a_missing_folder_is_an_error_unless_it_is_to_be_made(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    source = nuke_host.plate()
    with pytest.raises(RuntimeError, match=r"Write1: Can't open .*a.1001.exr"):
        nuke.execute(writer(nuke, source, shot, create_directories=False), 1001, 1001)
    assert not Path(shot).parent.exists()


def test_an_error_upstream_names_its_node_and_ends_the_render(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    source = nuke_host.plate(Plate(errors={1002: "disk on fire"}))
    write = writer(nuke, nuke.nodes.Dot(inputs=[source]), shot)
    nuke.frame(1001)
    assert not write.treeHasError()
    nuke.frame(1002)
    assert write.treeHasError()
    with pytest.raises(RuntimeError, match="Plate1: disk on fire"):
        nuke.execute(write, 1001, 1003)
    assert not Path(shot % 1003).exists()
    nuke.execute(write, 1001, 1003, continueOnError=True)
    assert Path(shot % 1003).exists()
    assert not nuke.executing()


def test_a_cancelled_render_leaves_a_frame_that_is_partly_black(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    nuke_host.cancel_at = 2
    with pytest.raises(RuntimeError, match=r"^Cancelled 2 of 10 frames"):
        nuke.execute(write, 1001, 1010)
    whole, cut = picture(shot, 1002)[0], picture(shot, 1003)[0]
    assert whole[..., 0].min() > 0
    assert cut[0, 0, 0] > 0 and cut[-1].max() == 0
    assert not Path(shot % 1004).exists()
    assert [path.name for path in Path(shot).parent.glob("*.tmp")] == []
    nuke.execute(write, 1003, 1003)
    assert picture(shot, 1003)[0][..., 0].min() > 0


@pytest.mark.parametrize("event", ["BeforeRender", "BeforeFrameRender", "AfterFrameRender"])
def test_nothing_can_be_executed_while_something_is(
    nuke: Any, nuke_host: Session, shot: str, event: str
) -> None:
    write, said = writer(nuke, nuke_host.plate(), shot), list[str]()

    def again() -> None:
        assert nuke.executing()
        with pytest.raises(RuntimeError) as error:
            nuke.execute(write, 1001, 1001)
        said.append(str(error.value))

    getattr(nuke, f"add{event}")(again)
    nuke.execute(write, 1001, 1001)
    assert said == [BUSY]


def test_nothing_can_be_executed_from_knob_changed(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    nuke.addKnobChanged(lambda: nuke.execute(write, 1001, 1001), node=write)
    with pytest.raises(RuntimeError, match=BUSY):
        write["first"].setValue(3)


def test_an_exception_before_the_render_stops_it(nuke: Any, nuke_host: Session, shot: str) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    write["beforeRender"].setValue("raise RuntimeError('the result is stale')")
    with pytest.raises(RuntimeError, match="stale"):
        nuke.execute(write, 1001, 1001)
    assert nuke_host.rendered == []
    assert not nuke.executing()


def test_executing_a_group_and_nuke_x_render_every_enabled_write_in_them(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    group = nuke.nodes.Group(name="G")
    with pytest.raises(RuntimeError, match="no active Write"):
        nuke_host.execute_script([1001])
    with group:
        inner = nuke_host.plate(name="P")
        left = writer(nuke, inner, str(tmp_path / "left.%04d.exr"))
        writer(nuke, inner, str(tmp_path / "off.%04d.exr"), disable=True)
    nuke.execute(group, 1001, 1001)
    nuke_host.execute_script([1002])
    assert [(name, frame) for name, frame, _ in nuke_host.rendered] == [
        ("G.Write1", 1001),
        ("G.Write1", 1002),
    ]
    nuke.delete(left)


def test_rendering_changes_neither_the_frame_nor_the_selection(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    write = writer(nuke, nuke_host.plate(), shot)
    before = nuke_host.state()
    nuke.execute(write, 1001, 1003)
    assert nuke_host.state() == before


def test_several_writes_are_executed_one_after_the_other(
    nuke: Any, nuke_host: Session, tmp_path: Path
) -> None:
    source = nuke_host.plate()
    writes = [writer(nuke, source, str(tmp_path / f"{name}.%04d.exr")) for name in "ab"]
    nuke.executeMultiple(writes, ((1001, 1002, 1),))
    assert [name for name, _, _ in nuke_host.rendered] == ["Write1", "Write1", "Write2", "Write2"]


def test_a_button_may_execute(nuke: Any, nuke_host: Session, shot: str) -> None:
    writer(nuke, nuke_host.plate(), shot)
    group = nuke.nodes.Group()
    group.addKnob(nuke.PyScript_Knob("run", "Run", "nuke.execute('Write1', 1001, 1001)"))
    group["run"].execute()
    assert Path(shot % 1001).exists()


def test_a_pixel_can_be_sampled(nuke: Any, nuke_host: Session) -> None:
    source = nuke_host.plate(overscan=1, layers=("depth.Z",))
    nuke.frame(1003)
    assert nuke.sample(source, "rgba.blue", 0.5, 0.5) == -1 / 64
    assert nuke.sample(source, "rgba.green", -1, 3) == -1 / 64
    assert nuke.sample(source, "rgba.red", 99, 0) == 0
    assert nuke.layers(source) == ["depth", "rgba"]


def test_a_studios_autocrop_makes_the_data_window_smaller(
    nuke: Any, nuke_host: Session, shot: str
) -> None:
    def dot(frame: int, x: Any, y: Any) -> dict[str, Any]:
        return {"rgba.red": (x == 3) * (y == 2) * 1.0}

    nuke.knobDefault("Write.exr.autocrop", "true")
    nuke.execute(writer(nuke, nuke_host.plate(painter=dot), shot), 1001, 1001)
    _, spec = picture(shot, 1001)
    assert (spec.x, spec.y, spec.width, spec.height) == (3, 9, 1, 1)
    assert spec.full_width == 16
