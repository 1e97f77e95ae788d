"""Renders without a window: results are found, and refused where they are not what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from artist import Artist, Load
from nuke_emulator import Profile
from sittings import Sittings, leave, publish, put_on_disk, save

FARM = Profile(gui=False)


@pytest.fixture
def script(artist: Artist) -> Path:
    """A node with a result, its script saved, a Write below the node."""
    put_on_disk(artist)
    write(artist, artist.node, "Write1")
    publish(artist)
    return save(artist)


def write(artist: Artist, source: Any, name: str) -> Any:
    made = artist.nuke.nodes.Write(inputs=[source], name=name, raw=True, create_directories=True)
    made["file"].setValue((artist.folder / "renders" / f"{name}.%04d.exr").as_posix())
    return made


@pytest.fixture
def farm(artist: Artist, script: Path, load: Load) -> Iterator[Any]:
    """Opens the script on a farm; the session before is left."""
    sittings = Sittings(load, artist.folder)
    leave(artist.session, load)

    @contextmanager
    def opened() -> Iterator[Artist]:
        yield sittings.open(script, FARM)
        sittings.end()

    yield opened


def render(artist: Artist) -> None:
    artist.session.execute_script(range(1001, 1007))


def refused(artist: Artist) -> str:
    with pytest.raises(RuntimeError) as caught:
        render(artist)
    assert artist.session.rendered == [], "nothing was rendered"
    said = str(caught.value)
    assert said.startswith("SparkVSR1: ") and said.endswith(
        "; or switch its `farm check` off to render as it is."
    )
    return said


def test_a_fresh_result_is_rendered_and_looked_at_once_for_all_frames(
    farm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with farm() as artist:
        made: list[str] = []
        node = artist.load("node")
        real = node.tree_digest

        def counted(above: Any) -> Any:
            made.append(above.name())
            return real(above)

        monkeypatch.setattr(node, "tree_digest", counted)
        render(artist)
        assert len(artist.session.rendered) == 6
        assert made == ["Balance", "Paint"]


def test_what_is_missing_or_stale_ends_the_render_with_a_sentence(farm: Any) -> None:
    with farm() as artist:
        artist.set(guidance=2)
        assert "v001 is not what the script asks for. Stale: Guidance was 1 and" in refused(artist)
        artist.set(guidance=1, keyframe_list="1002")
        assert "Keyframe 1005 was removed." in refused(artist)
        artist.set(keyframe_list="1x")
        assert "1x" in refused(artist)
        artist.set(keyframe_list="1002 1005")
        artist.nuke.toNode("Balance")["multiply"].setValue(2)
        assert "What feeds the input `plate` changed." in refused(artist)
        artist.nuke.toNode("Balance")["multiply"].setValue(1)
        artist.nuke.toNode("Paint")["multiply"].setValueAt(2, 1005)
        assert "What feeds the input `keyframes` changed." in refused(artist)
    with farm() as artist:
        artist.node.setInput(1, None)
        assert "Nothing is connected to the input `keyframes`." in refused(artist)
    with farm() as artist:
        frame = artist.version("v001") / "result" / "result.1004.exr"
        whole = frame.read_bytes()
        frame.write_bytes(whole[: len(whole) // 2])
        assert "1004" in refused(artist) and "Restore it again" in refused(artist)
        frame.unlink()
        assert "1004" in refused(artist)
        (artist.version("v001") / "result.json").unlink()
        assert "its v001 is not on disk. Restore it and save the script, or run " in refused(artist)
        artist.set(version="none")
        assert "it has no result." in refused(artist)


@pytest.mark.parametrize(
    "knobs", [{"disable": True}, {"show_result": False}, {"farm_check": False}]
)
def test_a_node_that_is_not_to_be_checked_is_left_alone(farm: Any, knobs: dict[str, Any]) -> None:
    with farm() as artist:
        artist.set(guidance=2, **knobs)
        render(artist)
        assert len(artist.session.rendered) == 6


def test_only_what_feeds_the_write_is_checked_across_the_borders_of_groups(farm: Any) -> None:
    with farm() as artist:
        nuke = artist.nuke
        artist.set(guidance=2)
        nuke.delete(nuke.toNode("Write1"))
        write(artist, artist.plate, "Beside")
        render(artist)
        assert len(artist.session.rendered) == 6
        nuke.delete(nuke.toNode("Beside"))
        artist.session.rendered.clear()

        group = nuke.nodes.Group(name="Delivery")
        with group:
            inputs = [nuke.nodes.Input(name=f"in{n}", number=n) for n in (0, 1)]
            inside = write(artist, inputs[1], "Inside")
        group.setInput(0, artist.node)
        group.setInput(1, artist.plate)
        render(artist)
        assert len(artist.session.rendered) == 6, "the other input is the node"
        artist.session.rendered.clear()
        inside.setInput(0, inputs[0])
        assert "Guidance" in refused(artist)


def test_a_node_in_a_group_is_found_and_what_feeds_the_group_counts(
    artist: Artist, load: Load
) -> None:
    put_on_disk(artist)
    nuke = artist.nuke
    text = artist.session.text(artist.node)
    group = nuke.nodes.Group(name="Shot")
    with group:
        sources = [nuke.nodes.Input(name=f"in{n}", number=n) for n in (0, 1)]
        (inner,) = artist.session.paste(text)
        for index, source in enumerate(sources):
            inner.setInput(index, source)
        nuke.nodes.Output(inputs=[inner])
    for index in (0, 1):
        group.setInput(index, artist.node.input(index))
    nuke.delete(artist.node)
    artist.node = inner
    write(artist, group, "Write1")
    publish(artist)
    script = save(artist)
    leave(artist.session, load)
    sittings = Sittings(load, artist.folder)
    again = sittings.open(script, FARM, "Shot.SparkVSR1")
    render(again)
    assert len(again.session.rendered) == 6
    again.session.rendered.clear()
    again.nuke.toNode("Balance")["multiply"].setValue(2)
    with pytest.raises(RuntimeError, match=r"Shot.SparkVSR1: v001 is not .* `plate` changed"):
        render(again)
    again.nuke.toNode("Shot")["disable"].setValue(True)
    render(again)
    sittings.end()


def test_in_a_window_nothing_is_refused(artist: Artist, script: Path) -> None:
    artist.set(guidance=2)
    artist.nuke.execute("Write1", 1001, 1001)
    assert len(artist.session.rendered) == 1
