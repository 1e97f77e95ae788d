"""What is exported for a restoration, what is used again, and whose folder it goes to."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artist import FIRST, LAST, Artist, read_exr
from nuke_emulator import Profile
from sparkvsr_nuke.core import BridgeError, Phase, VersionFolder

Load = Callable[[str], Any]


class Silent:
    """A progress that nobody sees."""

    def show(self, text: str, percent: int) -> None: ...

    def cancelled(self) -> bool:
        return False

    def close(self) -> None: ...


def in_workers(artist: Artist, *calls: Callable[[], Any]) -> list[Any]:
    """What they give or raise, all at once."""
    results: dict[int, Any] = {}

    def run(index: int) -> None:
        try:
            results[index] = calls[index]()
        except Exception as error:
            results[index] = error

    for index in range(len(calls)):
        threading.Thread(target=run, args=(index,), daemon=True).start()
    artist.session.queue.pump_until(lambda: len(results) == len(calls))
    return [results[index] for index in range(len(calls))]


def preparing(artist: Artist, node: Any, submit: bool) -> Callable[[], VersionFolder]:
    request = artist.load("node").read_request(node)
    run = artist.load("run").Run(node, Silent())
    module = artist.load("prepare")

    def work() -> VersionFolder:
        run.enter(Phase.CONNECTING)
        prepared = module.prepare(node, request, run)
        if submit:
            module.submit(prepared)
        version: VersionFolder = prepared.version
        return version

    return work


def prepare(artist: Artist, node: Any = None, submit: bool = True) -> VersionFolder:
    """Export, as Restore does it up to the submission."""
    (version,) = in_workers(artist, preparing(artist, node or artist.node, submit))
    if isinstance(version, Exception):
        raise version
    assert isinstance(version, VersionFolder)
    return version


def rendered(artist: Artist) -> list[int]:
    """The frames that Nuke rendered since the last call."""
    found = [frame for _, frame, _ in artist.session.rendered]
    artist.session.rendered.clear()
    return found


def files(version: VersionFolder) -> dict[str, tuple[int, int, bytes]]:
    """Name to inode, time and content, of what was exported."""
    found = sorted([*version.plate.parent.iterdir(), *version.keys.parent.iterdir()])
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes()) for p in found}


def brighten(artist: Artist, index: int, expression: str) -> None:
    """A regrade of an input, of the frames where the expression is not 1."""
    grade = artist.nuke.toNode(f"Regrade{index}")
    if grade is None:
        source = artist.node.input(index)
        grade = artist.nuke.nodes.Grade(name=f"Regrade{index}", inputs=[source])
        artist.node.setInput(index, grade)
    grade["multiply"].setExpression(expression)


ALL = [*range(FIRST, LAST + 1), 1002, 1005]


def test_only_the_keyframe_that_changed_is_rendered_again(artist: Artist) -> None:
    brighten(artist, 1, "1")
    first = prepare(artist)
    assert rendered(artist) == ALL
    before = files(first)
    brighten(artist, 1, "frame==1005?3:1")
    second = prepare(artist)
    assert rendered(artist) == [1005]
    assert second.name == "v002"
    after = files(second)
    assert after.keys() == before.keys()
    for name in after:
        linked = after[name][0] == before[name][0]
        assert linked == (name != "key.1005.exr"), name
    green = [read_exr(v.keys.with_name("key.1005.exr"))[..., 1] for v in (first, second)]
    np.testing.assert_allclose(green[1], green[0] * 3)
    assert files(first).keys() == before.keys()
    for name, (inode, _, content) in files(first).items():
        assert (inode, content) == (before[name][0], before[name][2])


@pytest.mark.parametrize(
    "knobs", [{"guidance": 0.5}, {"upscale": "2"}, {"pin": "off"}, {"engine": "identity"}], ids=str
)
def test_settings_alone_render_nothing(artist: Artist, knobs: dict[str, Any]) -> None:
    before = files(prepare(artist))
    rendered(artist)
    artist.set(**knobs)
    assert files(prepare(artist)) == before
    assert rendered(artist) == []


def test_another_depth_renders_the_plate_alone(artist: Artist) -> None:
    prepare(artist)
    rendered(artist)
    artist.set(plate_depth="half")
    prepare(artist)
    assert rendered(artist) == list(range(FIRST, LAST + 1))


def test_a_disk_that_cannot_link_exports_again(
    artist: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(artist)
    rendered(artist)

    def refuse(*_: Any) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    second = prepare(artist)
    assert rendered(artist) == ALL
    contents = [[content for _, _, content in files(v).values()] for v in (first, second)]
    assert len(contents[0]) == len(contents[1]) == len(ALL)


def test_another_session_exports_everything_again(artist: Artist) -> None:
    prepare(artist)
    rendered(artist)
    for name in [name for name in sys.modules if name.startswith("sparkvsr_nuke.host")]:
        del sys.modules[name]
    assert prepare(artist).name == "v002"
    assert rendered(artist) == ALL


def test_a_submitted_version_is_never_written_again(artist: Artist) -> None:
    first = prepare(artist)
    before = files(first)
    prepare(artist, submit=False)  # as for a preview: linked to the first
    brighten(artist, 0, "2")
    brighten(artist, 1, "5")
    assert prepare(artist).name == "v002"
    after = files(first)
    assert {n: (i, c) for n, (i, _, c) in after.items()} == {
        n: (i, c) for n, (i, _, c) in before.items()
    }
    assert {name: time for name, (_, time, _) in after.items()} == {
        name: time for name, (_, time, _) in before.items()
    }


def test_what_is_not_asked_for_any_more_goes(artist: Artist) -> None:
    prepare(artist, submit=False)
    artist.set(keyframe_list="1003", range="custom", custom_first=1002, custom_last=1004)
    version = prepare(artist)
    assert version.name == "v001"
    names = [*(f"plate.{n}.exr" for n in (1002, 1003, 1004)), "key.1003.exr"]
    assert sorted(files(version)) == sorted(names)


def test_a_version_that_was_withdrawn_is_used_again(artist: Artist) -> None:
    module, version = artist.load("prepare"), prepare(artist)
    rendered(artist)
    module.withdraw(version)
    assert version.submission is None
    assert prepare(artist) == version
    assert rendered(artist) == []
    (version.result.parent / "result.1001.exr").write_bytes(b"half")
    module.withdraw(version)
    assert prepare(artist).name == "v002", "restored pictures are not written over"


def test_at_the_end_of_the_session_only_what_was_submitted_stays(artist: Artist) -> None:
    prepare(artist)
    prepare(artist, submit=False)
    assert artist.versions() == ["v001", "v002"]
    artist.nuke.scriptClose()
    assert artist.versions() == ["v001"]


# Whose folder it is.


def paste(artist: Artist) -> Any:
    (copy,) = artist.session.paste(artist.session.text(artist.node))
    copy.setInput(0, artist.plate)
    copy.setInput(1, artist.keys)
    return copy


def test_a_pasted_node_gets_a_folder_and_a_uid_of_its_own(artist: Artist) -> None:
    original = prepare(artist).path.parent
    uid, copy = artist.node["uid"].value(), paste(artist)
    assert copy["uid"].value() == uid
    artist.nuke.root().setModified(False)
    undo = artist.session.state()["undo"]
    own = prepare(artist, copy).path.parent
    assert own != original
    assert copy["uid"].value() != uid
    assert artist.nuke.root().modified(), "a uid that is not saved loses its folder"
    assert artist.session.state()["undo"] == undo, "and one that is undone, too"
    for _ in range(2):
        assert prepare(artist, copy).path.parent == own
        assert prepare(artist).path.parent == original
    assert artist.node["uid"].value() == uid


def test_a_pasted_node_that_is_first_does_not_take_the_folder_of_the_original(
    artist: Artist,
) -> None:
    copy = paste(artist)
    own, original = prepare(artist, copy).path.parent, prepare(artist).path.parent
    assert own != original
    assert artist.node["uid"].value() != copy["uid"].value()


def test_copies_that_restore_at_once_do_not_share_a_folder(artist: Artist) -> None:
    copies = [artist.node, *(paste(artist) for _ in range(3))]
    calls = [preparing(artist, node, True) for node in copies]
    versions = in_workers(artist, *calls)
    assert len({version.path.parent for version in versions}) == len(copies)
    assert len({node["uid"].value() for node in copies}) == len(copies)


def test_a_renamed_node_keeps_its_folder(artist: Artist) -> None:
    folder = prepare(artist).path.parent
    artist.node.setName("Hero")
    assert prepare(artist).path.parent == folder


def test_the_next_version_of_a_script_keeps_the_folder(artist: Artist, tmp_path: Path) -> None:
    nuke = artist.nuke
    folder = prepare(artist).path.parent
    for name in ("comp_v001.nk", "comp_v002.nk"):
        nuke.scriptSaveAs((tmp_path / name).as_posix())
        assert prepare(artist).path.parent == folder
    nuke.scriptSaveAs((tmp_path / "other_shot.nk").as_posix())
    assert prepare(artist).path.parent != folder


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True)], ids=["nc"])
def test_a_pasted_node_gets_its_own_where_nodes_are_counted(artist: Artist) -> None:
    original = prepare(artist).path.parent
    copy = paste(artist)
    artist.session.touched.clear()
    assert prepare(artist, copy).path.parent != original
    artist.session.touched.clear()
    artist.node.setName("Hero")
    artist.session.touched.clear()
    assert prepare(artist).path.parent == original


def test_a_folder_of_somebody_else_is_refused(artist: Artist) -> None:
    folder = prepare(artist).path.parent
    (folder / "sparkvsr_node.json").write_text("[]")
    with pytest.raises(BridgeError, match="does not say which node it belongs to"):
        prepare(artist)


def test_a_node_within_a_group_is_prepared_like_any(artist: Artist) -> None:
    nodes = artist.nuke.nodes
    group = nodes.Group(name="Shot010")
    with group:
        inputs = [nodes.Input(name=name) for name in ("In1", "In2")]
        inputs[1]["number"].setValue(1)
        (node,) = artist.session.paste(artist.session.text(artist.node))
        nodes.Output(inputs=[node])
    for index, (inside, outside) in enumerate(
        zip(inputs, (artist.plate, artist.keys), strict=True)
    ):
        node.setInput(index, inside)
        group.setInput(index, outside)
    before = artist.state()
    version = prepare(artist, node)
    assert rendered(artist) == ALL
    assert version.path.parent.name.startswith("Shot010.SparkVSR1_")
    assert artist.state() == {**before, "modified": True}
