"""Exports: right frames and values, nothing of the artist's touched, nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from nuke_emulator import Session, decode
from sparkvsr_nuke.core import BridgeError, group_text

Load = Callable[[str], Any]


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


def in_worker(session: Session, call: Callable[[], Any]) -> Any:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    session.queue.pump_until(lambda: not thread.is_alive())
    return results[0]


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
        with export.exporting("SparkVSR1", source, pattern, half=False, view="main") as exporter:
            return [exporter.export(frame) for frame in (1001, 1003)]

    paths = in_worker(nuke_host, work)
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
            "SparkVSR1", "PlateExport", pattern, half=True, view="main"
        ) as exporter:
            path: Path = exporter.export(1001)
            return path

    picture, spec = pixels(in_worker(nuke_host, work))
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
            "SparkVSR1", "PlateExport", pattern, half=False, view="main"
        ) as exporter:
            exporter.export(1001)

    assert isinstance(in_worker(nuke_host, work), export.ExportCancelledError)
    assert list(tmp_path.glob("*.exr")) == []
    assert state(nuke, group) == before


def test_a_node_that_was_deleted_meanwhile_is_told_in_a_sentence(
    nuke: Any, nuke_host: Session, load: Load, group: Any, tmp_path: Path
) -> None:
    export, pattern = load("export"), str(tmp_path / "f.%04d.exr")

    def work() -> None:
        with export.exporting(
            "SparkVSR1", "PlateExport", pattern, half=False, view="main"
        ) as exporter:
            load("main_thread").on_main_thread(lambda: nuke.delete(nuke.toNode("SparkVSR1")))
            exporter.export(1001)

    error = in_worker(nuke_host, work)
    assert isinstance(error, BridgeError)
    assert "is gone" in error.message
