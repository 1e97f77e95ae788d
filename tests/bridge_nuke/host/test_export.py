"""Exports: right frames and values, nothing of the artist's touched, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from nuke_emulator import Plate, Profile, Session, decode
from sparkvsr_nuke.core import BridgeError, Window, group_text
from workers import from_worker

Load = Callable[[str], Any]
FORMAT = Window(0, 0, 16, 12)  # of the plates of these tests


def pixels(path: Path) -> Any:
    file = OpenImageIO.ImageInput.open(str(path))
    assert file, OpenImageIO.geterror()
    try:
        return file.read_image("float"), file.spec()
    finally:
        file.close()


@pytest.fixture
def group(nuke: Any, nuke_host: Session, tmp_path: Path) -> Any:
    """A SparkVSR node on a plate and on keyframes of another branch."""
    text = tmp_path / "node.nk"
    text.write_text(group_text("SparkVSR1"))
    nuke.nodePaste(str(text))
    node = nuke.toNode("SparkVSR1")
    node.setInput(0, nuke_host.plate(branch=1))
    node.setInput(1, nuke_host.plate(branch=2))
    nuke.root().setModified(False)
    return node


def state(nuke: Any, group: Any) -> tuple[Any, ...]:
    root = nuke.root()
    inside = sorted(node.name() for node in group.nodes())
    selected = sorted(node.name() for node in nuke.selectedNodes())
    return root.modified(), root.proxy(), nuke.frame(), selected, inside


@pytest.mark.parametrize(("source", "branch"), [("PlateExport", 1), ("KeysExport", 2)])
def test_the_frames_asked_for_are_written_with_their_values(
    nuke: Any,
    nuke_host: Session,
    load: Load,
    group: Any,
    tmp_path: Path,
    source: str,
    branch: int,
) -> None:
    before, export = state(nuke, group), load("export")
    pattern = str(tmp_path / "out" / "f.%04d.exr")

    def work() -> list[Path]:
        with export.exporting(
            group, source, pattern, half=False, view="main", window=FORMAT
        ) as exporter:
            return [exporter.export(frame) for frame in (1001, 1003)]

    paths = from_worker(nuke_host, work)
    assert [path.name for path in paths] == ["f.1001.exr", "f.1003.exr"]
    for frame, path in zip((1001, 1003), paths, strict=True):
        picture, spec = pixels(path)
        assert decode(picture[0, 0, 0], picture[0, 0, 1]) == (frame, branch)
        assert picture[..., 1].max() > 1
        assert picture[..., 2].min() < 0
        assert spec.channelnames[:3] == ("R", "G", "B") or list(spec.channelnames) == [*"RGB"]
        assert (spec.x, spec.y, spec.width) == (0, 0, spec.full_width)
    assert state(nuke, group) == before


def test_half_floats_are_written_where_asked_for(
    nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    export, pattern = load("export"), str(tmp_path / "f.%04d.exr")

    def work() -> Path:
        with export.exporting(
            group, "PlateExport", pattern, half=True, view="main", window=FORMAT
        ) as exporter:
            path: Path = exporter.export(1001)
            return path

    picture, spec = pixels(from_worker(nuke_host, work))
    assert spec.format.basetype == OpenImageIO.HALF
    np.testing.assert_array_equal(picture, picture.astype(np.float16))


def test_a_cancel_in_mid_frame_leaves_no_black_picture_and_no_write(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    before, export = state(nuke, group), load("export")
    pattern = str(tmp_path / "f.%04d.exr")
    nuke_host.cancel_at = 0

    def work() -> None:
        with export.exporting(
            group, "PlateExport", pattern, half=False, view="main", window=FORMAT
        ) as exporter:
            exporter.export(1001)

    assert isinstance(from_worker(nuke_host, work), export.ExportCancelledError)
    assert list(tmp_path.glob("*.exr")) == []
    assert state(nuke, group) == before


def test_a_node_that_was_deleted_meanwhile_is_told_in_a_sentence(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    export, pattern = load("export"), str(tmp_path / "f.%04d.exr")

    def work() -> None:
        with export.exporting(
            group, "PlateExport", pattern, half=False, view="main", window=FORMAT
        ) as exporter:
            load("main_thread").on_main_thread(lambda: nuke.delete(group))
            exporter.export(1001)

    error = from_worker(nuke_host, work)
    assert isinstance(error, BridgeError)
    assert "was deleted" in error.message


@pytest.mark.parametrize("source", ["PlateExport", "KeysExport"])
def test_defaults_of_a_studio_do_not_reach_the_files(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path, source: str
) -> None:
    for knob, value in {
        "channels": "all",
        "use_limit": "true",
        "reading": "true",
        "premultiplied": "true",
        "frame": "frame+5",
        "beforeRender": "raise RuntimeError('a hook of the studio')",
        "exr.compression": "DWAB",
        "exr.autocrop": "true",
        "exr.interleave": "channels",
        "exr.metadata": "no metadata",
        "exr.write_ACES_compliant_EXR": "true",
        "exr.write_full_layer_names": "true",
        "exr.datatype": "16 bit half",
    }.items():
        nuke.knobDefault(f"Write.{knob}", value)
    export, seen = load("export"), dict[str, Any]()
    nuke.addBeforeRender(
        lambda: seen.update({k: v.value() for k, v in nuke.thisNode().knobs().items()})
    )
    pattern = str(tmp_path / "f.%04d.exr")
    with export.exporting(
        group, source, pattern, half=False, view="main", window=FORMAT
    ) as exporter:
        picture, spec = pixels(exporter.export(1002))
    assert list(spec.channelnames) == ["R", "G", "B"]
    assert (spec.format.basetype, spec["compression"]) == (OpenImageIO.FLOAT, "zips")
    assert decode(picture[0, 0, 0], picture[0, 0, 1])[0] == 1002
    assert spec.width == 16
    assert seen["interleave"] == "channels, layers and views"
    assert seen["metadata"] == "all metadata"
    assert not seen["reading"] and not seen["write_full_layer_names"] and seen["frame"] == ""


def test_entries_that_a_version_of_nuke_lacks_are_replaced_or_refused(load: Load) -> None:
    class Knob:
        def __init__(self, *entries: str) -> None:
            self.entries, self.chosen = list(entries), ""

        def name(self) -> str:
            return "compression"

        def values(self) -> list[str]:
            return self.entries

        def setValue(self, entry: str) -> None:  # noqa: N802
            self.chosen = entry

    module = load("export")
    for name, entries, chosen in (
        ("compression", ("none", "Zip (1 line)", "Zip (16 lines)", "DWAA"), "Zip (1 line)"),
        ("compression", ("none", "RLE"), "none"),
        ("metadata", ("all metadata except input/*", "default metadata"), "default metadata"),
    ):
        knob = Knob(*entries)
        module._choose(knob, module._CHOICES[name])
        assert knob.chosen == chosen
    with pytest.raises(BridgeError, match="compression DWAA only"):
        module._choose(Knob("DWAA"), module._CHOICES["compression"])


def test_a_look_tells_format_box_and_hashes_of_its_frame_and_moves_nothing(
    nuke: Any, nuke_host: Session, load: Load, group: Any
) -> None:
    plate = nuke_host.plate(size=(20, 10), overscan=3, aspect=2.0)
    grade = nuke.nodes.Grade(inputs=[plate])
    group.setInput(0, grade)
    nuke.frame(1001)
    nuke.root().setModified(False)
    before, look = state(nuke, group), load("export").look
    seen = from_worker(nuke_host, lambda: look(group, "PlateColour", 1005))
    assert (seen.width, seen.height, seen.pixel_aspect) == (20, 10, 2.0)
    assert seen.bbox == Window(-3, -3, 23, 13)
    assert state(nuke, group) == before
    assert look(group, "PlateColour", 1005) == seen
    assert look(group, "PlateColour", 1006).hashes != seen.hashes
    assert look(group, "KeysColour", 1005).hashes != seen.hashes
    group["export_window"].setValue([0, 0, 4, 4])
    assert look(group, "PlateColour", 1005) == seen, "the window is no change of the picture"
    grade["multiply"].setValue(2)
    assert look(group, "PlateColour", 1005).hashes != seen.hashes


@pytest.mark.parametrize(
    ("nuke_profile", "name"), [(Profile(), "The node Burning"), (Profile(nc=True), "A node above")]
)
def test_a_look_names_the_frame_and_the_node_that_fails(
    nuke: Any, nuke_host: Session, load: Load, group: Any, name: str
) -> None:
    source = nuke_host.plate(Plate(errors={1007: "disk on fire"}), name="Burning")
    group.setInput(1, nuke.nodes.Grade(inputs=[nuke.nodes.Dot(inputs=[source])]))
    look = load("export").look
    look(group, "KeysColour", 1006)
    before = nuke_host.state()
    with pytest.raises(BridgeError) as error:
        look(group, "KeysColour", 1007)
    assert error.value.message == (
        f"{name} fails at frame 1007, so the input `keyframes` of SparkVSR1 has no picture there."
    )
    assert nuke_host.state() == before


def test_an_input_that_is_not_connected_is_named(nuke: Any, load: Load, group: Any) -> None:
    group.setInput(1, None)
    with pytest.raises(BridgeError, match="Nothing is connected to the input `keyframes`"):
        load("export").look(group, "KeysColour", 1001)


def test_an_error_while_rendering_names_the_frame_and_the_node(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    group.setInput(0, nuke_host.plate(Plate(errors={1002: "disk on fire"}), name="Burning"))
    export, pattern = load("export"), str(tmp_path / "f.%04d.exr")
    nuke.frame(1002)  # an error where the artist looks says nothing about other frames
    with export.exporting(
        group, "PlateExport", pattern, half=True, view="main", window=FORMAT
    ) as exporter:
        assert exporter.export(1001).is_file()
        with pytest.raises(BridgeError, match=r"Frame 1002 of SparkVSR1 .* Burning: disk on fire"):
            exporter.export(1002)
    assert [path.name for path in tmp_path.glob("*.exr*")] == ["f.1001.exr"]


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True)])
def test_a_run_reaches_no_more_nodes_than_the_free_edition_allows(
    nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    nuke_host.touched.clear()
    export, colour = load("export"), load("colour")
    colour.set_export_colour("SparkVSR1", "ACES - ACEScg", "sRGB")
    for source, input_ in (("PlateExport", "PlateColour"), ("KeysExport", "KeysColour")):
        export.look(group, input_, 1001)
        pattern = str(tmp_path / source / "f.%04d.exr")
        with export.exporting(
            group, source, pattern, half=False, view="main", window=FORMAT
        ) as exporter:
            assert exporter.export(1001).is_file()
    colour.set_result_colour("SparkVSR1", "ACES - ACEScg", "sRGB")
