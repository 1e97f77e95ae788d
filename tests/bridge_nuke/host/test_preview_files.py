"""Pictures of previews on disk: one for each node, and none when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artist import Artist
from previewing import Previewer, is_preview


@pytest.fixture
def previewer(artist: Artist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Previewer:
    """In place of an agent: of these tests none is about pixels."""
    stub = Previewer(tmp_path / "agents")
    monkeypatch.setattr(artist.load("agent").AGENT, "call", stub.call)
    return stub


def test_one_picture_is_kept_for_each_node_and_they_do_not_touch_each_others(
    artist: Artist, previewer: Previewer
) -> None:
    other = artist.load("create").create_node()
    for knob in ("keyframe_list", "output", "upscale", "engine", "plate_depth"):
        other[knob].setValue(artist.node[knob].value())
    for index, source in enumerate((artist.plate, artist.keys)):
        other.setInput(index, source)
    artist.preview(1003)
    mine, artist.node = artist.node, other
    artist.preview(1003)
    assert len(artist.previews()) == 2
    for guidance in (2, 3):
        artist.set(guidance=guidance)
        artist.session.queue.pump_until(
            lambda: artist.status.endswith(f"guidance {artist.node['guidance'].value():g}.")
        )
    assert len(artist.previews()) == 2
    assert is_preview(artist, 1003, 3.0)
    artist.nuke.delete(other)
    artist.node = mine
    assert is_preview(artist, 1003, 1.0)
    assert len(artist.previews()) == 1


def test_a_pasted_node_exports_once_into_a_folder_of_its_own(
    artist: Artist, previewer: Previewer
) -> None:
    artist.preview(1003)
    (artist.node,) = artist.session.paste(artist.session.text(artist.node))
    for index, source in enumerate((artist.plate, artist.keys)):
        artist.node.setInput(index, source)
    artist.preview(1003)
    rendered = len(artist.session.rendered)
    steps = artist.session.state()["undo"]
    artist.preview(1004)
    assert len(artist.session.rendered) == rendered
    assert artist.session.state()["undo"] == steps
    assert len(artist.previews()) == len(artist.versions()) == 2


def test_what_a_crash_left_is_removed_by_the_next_preview(
    artist: Artist, previewer: Previewer
) -> None:
    artist.preview(1003)
    (folder,) = (artist.folder / "out").glob("*/preview")
    for name in ("0123abcd-0.exr", "part"):
        (folder / name).write_bytes(b"")
    artist.set(guidance=2)
    artist.session.queue.pump_until(lambda: artist.status.endswith("at guidance 2."))
    (picture,) = folder.iterdir()
    assert artist.node["preview_file"].value() == picture.as_posix()


def test_where_files_cannot_be_linked_they_are_copied(
    artist: Artist, previewer: Previewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", refuse)
    artist.preview(1003)
    assert is_preview(artist, 1003)
    picture = Path(artist.node["preview_file"].value())
    before = picture.stat()
    artist.preview(1003)
    assert is_preview(artist, 1003)
    assert picture.stat() == before, "Nuke may have it open: the same picture is not written again"
    assert artist.said == []
    assert artist.previews() == [picture.name]


def test_another_output_folder_takes_the_preview_along(
    artist: Artist, previewer: Previewer
) -> None:
    artist.preview(1003)
    artist.set(output=(artist.folder / "elsewhere").as_posix())
    previewer.open.clear()
    artist.press("preview")
    artist.session.queue.pump_until(lambda: len(previewer.asked) == 2)
    assert artist.previews() == []
    assert artist.node["preview_ready"].value() is False
    previewer.open.set()
    artist.wait()
    assert is_preview(artist, 1003)
    assert "/elsewhere/" in artist.node["preview_file"].value()


def test_pictures_are_taken_over_one_at_a_time(
    artist: Artist, previewer: Previewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the removal of old ones by one thread would meet the new one of another."""
    preview = artist.load("preview")
    locked: list[bool] = []
    for name in ("take_over", "keep"):
        was = getattr(preview, name)

        def spy(*paths: Any, was: Any = was) -> None:
            locked.append(preview._showing.locked())
            was(*paths)

        monkeypatch.setattr(preview, name, spy)
    artist.preview(1003)
    assert locked == [True, True]


@pytest.mark.parametrize("end", ["close", "quit"])
@pytest.mark.parametrize("when", ["asked", "shown"])
def test_none_is_left_when_the_script_is_closed_or_nuke_quits(
    artist: Artist, previewer: Previewer, end: str, when: str
) -> None:
    artist.preview(1003)
    if when == "asked":
        previewer.open.clear()
        artist.set(guidance=2)
        artist.session.queue.pump_until(lambda: len(previewer.asked) == 2)
    if end == "close":
        artist.nuke.scriptClose()
    else:
        artist.session.quit()
    previewer.open.set()
    artist.session.queue.pump_until(lambda: not artist.threads())
    assert [path.name for path in (artist.folder / "out").glob("*/*")] == ["sparkvsr_node.json"]
    assert artist.said == []


def test_a_picture_that_the_agent_has_removed_again_leaves_what_is_shown(
    artist: Artist, previewer: Previewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    artist.preview(1003)
    monkeypatch.setattr(previewer, "_write", lambda guidance: Path("/gone/0123abcd-1.exr"))
    artist.preview(1003)
    assert artist.status.startswith("Failed: The preview cannot be kept in ")
    assert is_preview(artist, 1003)
