"""The current frame as it would be restored, in the node's output and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artist import FIRST, LAST, Artist, write_install
from daemons import Daemon
from nuke_emulator import Plate
from previewing import GONE, Previewer, is_preview

Load = Callable[[str], Any]
FRAMES = range(FIRST, LAST + 1)


@pytest.fixture
def previewer(artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Previewer:
    """In place of an agent: of these tests none is about pixels."""
    stub = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", stub.call)
    return stub


def planes(artist: Artist, frame: int) -> dict[str, Any]:
    return dict(artist.picture(frame).planes)


def assert_same(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert given.keys() == wanted.keys()
    for name, plane in wanted.items():
        np.testing.assert_array_equal(given[name], plane)


# With the real agent and daemon.


def test_a_preview_is_that_frame_of_the_restoration_and_other_frames_stay(artist: Artist) -> None:
    for branch, source in ((1, artist.plate), (2, artist.keys)):
        source._plate = Plate(branch, FIRST, LAST, overscan=2, layers=("depth.Z",))
    artist.set(engine="identity", upscale="2")
    plates = {frame: planes(artist, frame) for frame in FRAMES}
    before = artist.state()
    artist.preview(1003)
    assert artist.status == "Done: Preview of frame 1003 at guidance 1."
    assert artist.state() == {**before, "frame": 1003}
    rendered = len(artist.session.rendered)
    assert rendered == len(FRAMES) + 2
    previewed = planes(artist, 1003)
    assert artist.picture(1003).bbox == (-4, -4, 36, 28)
    for frame in set(FRAMES) - {1003}:
        assert_same(planes(artist, frame), plates[frame])

    artist.preview(1003)  # nothing changed
    assert_same(planes(artist, 1003), previewed)
    artist.preview(1002)  # a keyframe
    keyframe = planes(artist, 1002)
    assert_same(planes(artist, 1003), plates[1003])

    artist.restore()
    assert artist.node["preview_ready"].value() is False
    assert_same(planes(artist, 1003), previewed)
    assert_same(planes(artist, 1002), keyframe)
    results = {frame: planes(artist, frame) for frame in FRAMES}

    artist.preview(1004)
    assert artist.status == "Done: Preview of frame 1004 at guidance 1."
    assert artist.node["preview_ready"].value() is True
    for frame in FRAMES:
        assert_same(planes(artist, frame), results[frame])
    assert artist.said == []
    assert len(artist.session.rendered) == rendered
    assert artist.session.printed == []


def test_the_slider_shows_what_a_restoration_at_that_guidance_gives(artist: Artist) -> None:
    artist.set(grade="off")
    artist.preview(1004)
    first = planes(artist, 1004)
    artist.set(guidance=0.25)
    artist.session.queue.pump_until(lambda: artist.status.endswith("guidance 0.25."))
    second = planes(artist, 1004)
    assert np.abs(first["rgba.green"] - second["rgba.green"]).max() > 0.1
    rendered = len(artist.session.rendered)
    artist.restore()
    assert len(artist.session.rendered) == rendered
    np.testing.assert_allclose(second["rgba.green"], planes(artist, 1004)["rgba.green"], atol=1e-6)


# Where it is seen, and where not.


def test_a_preview_is_no_edit_of_the_artists(artist: Artist, previewer: Previewer) -> None:
    before = artist.state()
    artist.preview(1003)
    assert is_preview(artist, 1003)
    assert artist.state() == {**before, "frame": 1003}


def test_a_preview_reaches_no_saved_script(artist: Artist, previewer: Previewer) -> None:
    artist.preview(1003)
    text = artist.save()
    assert "preview_ready true" not in text and ".exr" not in text
    assert not is_preview(artist, 1003)
    artist.preview(1003)
    assert is_preview(artist, 1003)


def test_a_copy_of_the_node_shows_no_preview_and_the_node_goes_on_to_show_its_own(
    artist: Artist, previewer: Previewer, tmp_path: Path
) -> None:
    artist.preview(1003)
    before = artist.state()
    (copy,) = artist.session.paste(artist.session.text(artist.node))
    assert copy["preview_ready"].value() is False
    assert copy["preview_file"].value() == ""
    assert artist.state()["modified"] is True  # by the pasting
    assert artist.state()["undo"] - before["undo"] < 200
    assert is_preview(artist, 1003)


def test_a_render_has_no_preview_in_it(
    artist: Artist, previewer: Previewer, tmp_path: Path
) -> None:
    artist.preview(1003)
    write = artist.nuke.nodes.Write(
        file=(tmp_path / "render.%04d.exr").as_posix(), file_type="exr", raw=True
    )
    write.setInput(0, artist.node)
    artist.nuke.execute(write, 1003, 1003)
    assert artist.node["preview_ready"].value() is False
    read = artist.nuke.nodes.Read(file=(tmp_path / "render.1003.exr").as_posix(), raw=True)
    np.testing.assert_array_equal(
        artist.picture(1003, read).planes["rgba.red"],
        artist.picture(1003, artist.plate).planes["rgba.red"],
    )


def test_exports_of_sparkvsr_leave_it_shown(artist: Artist, previewer: Previewer) -> None:
    artist.preview(1003)
    artist.set(keyframe_list="1002 1004 1005")  # one more to export
    previewer.open.clear()
    artist.press("preview")
    artist.session.queue.pump_until(lambda: len(previewer.asked) == 2)
    assert len(artist.session.rendered) == len(FRAMES) + 3
    assert is_preview(artist, 1003)
    previewer.open.set()
    artist.wait()


def test_a_preview_follows_a_node_that_is_renamed(artist: Artist, previewer: Previewer) -> None:
    artist.preview(1003)
    artist.node.setName("Hero")
    artist.set(guidance=2)
    artist.session.queue.pump_until(lambda: artist.status.endswith("at guidance 2."))
    assert is_preview(artist, 1003, 2.0)
    assert "preview_ready true" not in artist.save()


# What goes wrong.


def test_a_frame_outside_of_the_range_is_one_sentence_before_anything_begins(
    artist: Artist, previewer: Previewer
) -> None:
    artist.nuke.frame(900)
    artist.press("preview")
    assert artist.run() is None
    (said,) = artist.said
    assert said.startswith("Frame 900 is outside of the range 1001–1006.\n\n")
    assert artist.session.progress_watch.titles == []


def test_an_agent_that_dies_is_one_sentence_and_the_next_preview_starts_another(
    artist: Artist, daemon: Daemon, tmp_path: Path
) -> None:
    write_install(daemon.home, [sys.executable, "-c", DIES_ON_PREVIEW])
    artist.preview(1003)
    (said,) = artist.said
    assert said.startswith("The SparkVSR agent ended with status 7; it said last: out of luck")
    assert artist.status.startswith("Failed: The SparkVSR agent ended with status 7")
    assert artist.previews() == []
    write_install(daemon.home)
    artist.preview(1003)
    assert artist.status.startswith("Done: Preview")


DIES_ON_PREVIEW = """
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    if call["method"] == "preview":
        sys.exit(print("out of luck", file=sys.stderr) or 7)
    result = {"agent_protocol": 1, "version": "0", "daemon": None}
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
"""


def test_cancel_ends_a_preview_at_once_and_shows_what_was_shown(
    artist: Artist, previewer: Previewer
) -> None:
    artist.preview(1003)
    before = artist.state()
    previewer.open.clear()
    artist.set(guidance=1.5)
    artist.session.queue.pump_until(lambda: len(previewer.asked) == 2)
    previewer.open.set()
    artist.session.queue.pump_until(lambda: artist.status.endswith("guidance 1.5."))
    previewer.open.clear()
    artist.press("preview")
    artist.session.queue.pump_until(lambda: len(previewer.asked) == 3)
    artist.press("cancel")
    artist.wait()
    assert artist.status == "Cancelled."
    assert artist.said == []
    assert artist.state() == {**before, "undo": before["undo"] + 1, "modified": True}
    previewer.open.set()
    assert is_preview(artist, 1003, 1.5)


def test_a_folder_that_cannot_be_written_is_one_sentence(
    artist: Artist, previewer: Previewer
) -> None:
    artist.preview(1003)
    (folder,) = (artist.folder / "out").glob("*/preview")
    artist.save()
    artist.preview(1003)
    artist.set(guidance=2)
    artist.session.queue.pump_until(lambda: artist.status.endswith("at guidance 2."))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    artist.preview(1004)
    (said,) = artist.said
    assert said.startswith(f"The preview cannot be kept in {folder}: ")
    assert artist.run() is None


@pytest.mark.parametrize("when", ["exported", "asked", "shown"])
def test_a_node_that_is_deleted_takes_its_preview_along(
    artist: Artist, previewer: Previewer, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    run = artist.load("run")
    if when == "exported":
        preview = artist.load("preview")
        prepare, on_main_thread = preview.prepare, preview.on_main_thread

        def prepare_and_delete(node: Any, *rest: Any) -> Any:
            prepared = prepare(node, *rest)
            on_main_thread(lambda: artist.nuke.delete(node))
            return prepared

        monkeypatch.setattr(preview, "prepare", prepare_and_delete)
        artist.nuke.frame(1003)
        artist.press("preview")
        artist.session.queue.pump_until(lambda: run.all_runs() == [])
    elif when == "asked":
        previewer.open.clear()
        artist.nuke.frame(1003)
        artist.press("preview")
        artist.session.queue.pump_until(lambda: len(previewer.asked) == 1)
    else:
        artist.preview(1003)
        assert len(artist.previews()) == 1
    if when != "exported":
        artist.nuke.delete(artist.node)
    previewer.open.set()
    artist.session.queue.pump_until(lambda: run.all_runs() == [])
    assert list((artist.folder / "out").glob("*/preview")) == []
    assert artist.said == []
    artist.nuke.undo()
    node = artist.nuke.toNode("SparkVSR1")
    assert node["preview_ready"].value() is False
    assert artist.session.printed == []


def test_the_agents_error_leaves_what_is_shown(artist: Artist, previewer: Previewer) -> None:
    artist.preview(1003)
    previewer.errors = [GONE]
    artist.preview(1004)
    assert artist.said == ["The SparkVSR agent ended with status 1.\n\nTry again."]
    assert is_preview(artist, 1003)
