"""A new SparkVSR node: connected, filled in, selected, one undo step, no traces."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session
from sparkvsr_nuke.core import BridgeError

Load = Callable[[str], Any]


@pytest.fixture
def create(load: Load) -> Any:
    return load("create").create_node


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def custom_range(node: Any) -> tuple[int, int]:
    return node["custom_first"].value(), node["custom_last"].value()


def test_names_and_uids_are_all_different(create: Any) -> None:
    nodes = [create() for _ in range(3)]
    assert [node.name() for node in nodes] == ["SparkVSR1", "SparkVSR2", "SparkVSR3"]
    uids = {node["uid"].value() for node in nodes}
    assert len(uids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", uid) for uid in uids)


def test_the_selected_node_is_the_plate_and_gives_the_range(
    nuke_host: Session, create: Any
) -> None:
    plate = nuke_host.plate(first=1001, last=1010)
    plate.setSelected(True)
    node = create()
    assert (node.input(0), node.input(1)) == (plate, None)
    assert custom_range(node) == (1001, 1010)
    assert not node.treeHasError()


@pytest.mark.parametrize("count", [0, 2])
def test_without_one_selected_node_nothing_is_connected_and_the_script_gives_the_range(
    nuke: Any, nuke_host: Session, create: Any, count: int
) -> None:
    for index in range(count):
        nuke_host.plate(name=f"Plate{index + 1}").setSelected(True)
    nuke.root()["first_frame"].setValue(11)
    nuke.root()["last_frame"].setValue(20)
    node = create()
    assert (node.input(0), node.input(1)) == (None, None)
    assert custom_range(node) == (11, 20)


@pytest.mark.parametrize(
    ("views", "chosen"), [(["main"], "main"), (["left", "right"], "left"), (["b", "main"], "main")]
)
def test_the_view_is_one_that_the_script_has(
    nuke_host: Session, create: Any, views: list[str], chosen: str
) -> None:
    nuke_host.views = views
    assert create()["view"].value() == chosen


def test_the_output_folder_stands_beside_a_saved_script(
    nuke: Any, create: Any, tmp_path: Path
) -> None:
    assert create()["output"].value() == ""
    nuke.scriptSaveAs((tmp_path / "comp.nk").as_posix())
    assert create()["output"].value() == (tmp_path / "sparkvsr").as_posix()


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("C:/shots/a.nk", "C:/shots/sparkvsr"),
        ("//server/shots/a.nk", "//server/shots/sparkvsr"),
        ("shots/a.nk", ""),
        ("/shots/[old]/a.nk", ""),
        ("/shots/100%/a.nk", ""),
    ],
)
def test_an_output_folder_that_could_not_be_used_is_left_empty(
    nuke_host: Session, create: Any, script: str, output: str
) -> None:
    nuke_host.script_path = script
    assert create()["output"].value() == output


def test_it_alone_is_selected_and_its_panel_is_open(nuke_host: Session, create: Any) -> None:
    nuke_host.plate().setSelected(True)
    create()
    state = nuke_host.state()
    assert state["selected"] == state["panels"] == ["SparkVSR1"]


def test_it_is_one_undo_step_that_takes_everything_back(
    nuke: Any, nuke_host: Session, create: Any
) -> None:
    nuke_host.plate().setSelected(True)
    nuke_host.plate(name="Plate2").setSelected(True)
    before = nuke_host.state()
    create()
    assert nuke.Undo().undoSize() == before["undo"] + 1
    assert nuke.Undo().undoDescribe() == "Create SparkVSR"
    nuke.undo()
    assert nuke_host.state()["nodes"] == before["nodes"]


def test_status_and_preview_are_never_saved_even_where_no_callback_says_so(
    nuke: Any, create: Any
) -> None:
    node = create()
    for name in ("status", "preview_file", "preview_frame", "preview_ready"):
        assert node[name].getFlag(nuke.DO_NOT_WRITE), name
    assert not node["uid"].getFlag(nuke.DO_NOT_WRITE)


def test_no_temporary_file_stays(create: Any, temporary: Path) -> None:
    create()
    assert list(temporary.iterdir()) == []


def test_a_refused_node_is_one_error_and_leaves_nothing(
    nuke: Any, nuke_host: Session, create: Any, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: str) -> None:
        assert Path(file).read_text(encoding="utf-8")
        raise RuntimeError("not with this licence")

    before = nuke_host.state()
    monkeypatch.setattr(nuke, "nodePaste", refuse)
    with pytest.raises(BridgeError, match="not with this licence"):
        create()
    assert list(temporary.iterdir()) == []
    assert nuke_host.state() == before


def test_a_full_or_missing_temporary_folder_is_one_error_and_leaves_nothing(
    nuke_host: Session, create: Any, temporary: Path
) -> None:
    before = nuke_host.state()
    temporary.rmdir()
    with pytest.raises(BridgeError, match="could not be made") as raised:
        create()
    assert raised.value.hint
    assert nuke_host.state() == before


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True)])
def test_few_nodes_are_touched(nuke_host: Session, create: Any) -> None:
    for index in range(30):
        nuke_host.plate(name=f"Plate{index + 1}")
    nuke_host.root.node("Plate1")._select(True)
    nuke_host.touched.clear()
    create()
    assert len(nuke_host.touched) <= 2  # the node, the script
