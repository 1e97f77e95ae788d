"""A result whose inputs or settings changed says so, in the status and below the node's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from artist import Artist
from nuke_emulator import Session
from sittings import publish


@pytest.fixture
def digests(artist: Artist, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by every digest of a tree that is made."""
    made: list[str] = []
    node = artist.load("node")
    real = node.tree_digest

    def counted(above: Any) -> Any:
        made.append(above.name())
        return real(above)

    monkeypatch.setattr(node, "tree_digest", counted)
    return made


@pytest.fixture
def restored(artist: Artist, digests: list[str]) -> Iterator[Artist]:
    """A node with a result; a Grade stands before each of its inputs."""
    nuke = artist.nuke
    for index, (source, name) in enumerate(((artist.plate, "Balance"), (artist.keys, "Paint"))):
        artist.node.setInput(index, nuke.nodes.Grade(name=name, inputs=[source]))
    artist.set(engine="identity")
    nuke.frame(1003)
    publish(artist)
    artist.node["status"].setValue("Done: v001.")
    update(artist)
    assert (badge(artist), artist.status[:5]) == ("v001", "Done:")
    digests.clear()
    yield artist
    assert artist.session.printed == [], "no callback has failed"


def update(artist: Artist) -> None:
    artist.session.update_ui()


def badge(artist: Artist) -> str:
    return str(artist.node["badge"].value())


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "keyframes": ({"keyframe_list": "1002"}, "Keyframe 1005 was removed."),
    "guidance": ({"guidance": 1.2}, "Guidance was 1 and is now 1.2."),
    "upscale": ({"upscale": "2"}, "Upscale was 1 and is now 2."),
    "grade": ({"grade": "off"}, "Grade was auto and is now off."),
    "pin": ({"pin": "off"}, "Pin was exact and is now off."),
    "engine": ({"engine": "flow"}, "Engine was identity and is now flow."),
    "space": ({"working_space": "linear"}, "Working space was not set and is now linear."),
    "exchange": ({"exchange_space": "sRGB"}, "Exchange space was not set and is now sRGB."),
    "view": ({"view": "left"}, "View was main and is now left."),
    "overscan": ({"overscan": False}, "Overscan was on and is now off."),
    "depth": ({"plate_depth": "half"}, "Plate depth was float and is now half."),
    "range": (
        {"range": "custom", "custom_first": 1001, "custom_last": 1005},
        "The range was 1001–1006 and is now 1001–1005.",
    ),
    "unreadable": ({"keyframe_list": "10x"}, "10x"),
}


def test_every_setting_that_changes_pixels_makes_it_stale_and_its_undoing_fresh(
    restored: Artist, digests: list[str]
) -> None:
    for knobs, reason in CHANGES.values():
        before = {name: restored.node[name].value() for name in knobs}
        restored.set(**knobs)
        assert reason in restored.status and restored.status.startswith("Stale: "), knobs
        assert badge(restored) == "v001 is stale"
        assert digests == [], "known without looking at the tree"
        restored.set(**before)
        assert (badge(restored), restored.status) == ("v001", " "), knobs
        digests.clear()


def test_undo_and_a_range_of_the_script_are_seen_at_the_next_update(restored: Artist) -> None:
    restored.set(guidance=2)
    restored.nuke.undo()
    update(restored)
    assert (badge(restored), restored.status) == ("v001", " ")
    root = restored.nuke.root()
    root["first_frame"].setValue(1001)
    root["last_frame"].setValue(1006)
    restored.set(range="global")
    assert badge(restored) == "v001", "the same frames"
    root["last_frame"].setValue(1005)
    update(restored)
    assert restored.status == "Stale: The range was 1001–1006 and is now 1001–1005."


def regrade(artist: Artist) -> None:
    artist.nuke.toNode("Balance")["multiply"].setValue(1.5)


def repaint_a_keyframe(artist: Artist) -> None:
    """At another frame than the current one, whose hashes stay what they were."""
    knob = artist.nuke.toNode("Paint")["multiply"]
    knob.setValueAt(1, 1001)
    knob.setValueAt(1, 1004)
    knob.setValueAt(2, 1005)


def reconnect(artist: Artist) -> None:
    artist.node.setInput(0, artist.plate)


def disconnect(artist: Artist) -> None:
    artist.node.setInput(1, None)


@pytest.mark.parametrize(
    ("change", "undos", "where"),
    [
        (regrade, 1, 1003),
        (repaint_a_keyframe, 3, 1005),
        (reconnect, 1, 1003),
        (disconnect, 1, 1003),
    ],
)
def test_what_changes_above_the_node_is_seen_at_the_next_update_there_and_stays(
    restored: Artist, change: Callable[[Artist], None], undos: int, where: int
) -> None:
    change(restored)
    for frame in (where, 1003, 1006):
        restored.nuke.frame(frame)
        update(restored)
        assert badge(restored) == "v001 is stale", frame
        assert restored.status.startswith("Stale: "), frame
    restored.nuke.frame(where)
    for _ in range(undos):
        restored.nuke.undo()
    update(restored)
    assert (badge(restored), restored.status) == ("v001", " ")


def test_a_change_at_another_frame_is_found_as_soon_as_anything_is_compared(
    restored: Artist,
) -> None:
    repaint_a_keyframe(restored)
    restored.set(guidance=2)
    restored.set(guidance=1)
    assert restored.status == "Stale: What feeds the input `keyframes` changed."


def test_moving_selecting_and_labelling_change_nothing_and_cost_nothing(
    restored: Artist, digests: list[str]
) -> None:
    for name in ("Balance", "SparkVSR1"):
        node = restored.nuke.toNode(name)
        node.setXYpos(100, 200)
        node.setSelected(True)
        node["label"].setValue("of Tuesday")
        node["note_font"].setValue("Verdana")
        update(restored)
    assert (badge(restored), restored.status[:5]) == ("v001", "Done:")
    assert digests == []


def test_an_update_and_a_playback_without_a_change_take_no_digest(
    restored: Artist, digests: list[str]
) -> None:
    for frame in (1003, 1003, *range(1001, 1010), *range(1001, 1010)):
        restored.nuke.frame(frame)
        assert restored.session.update_ui() == 1
    assert digests == []
    regrade(restored)
    for frame in range(1001, 1007):
        restored.nuke.frame(frame)
        update(restored)
        assert badge(restored) == "v001 is stale"
    assert digests == [], "within one session the hashes of the frame say enough"


def test_status_and_badge_are_no_changes_of_the_script(restored: Artist) -> None:
    restored.nuke.root().setModified(False)
    regrade(restored)
    before = restored.session.state()
    update(restored)
    assert badge(restored) == "v001 is stale"
    assert restored.session.state() == before


def test_the_name_of_the_node_shows_the_badge(restored: Artist) -> None:
    assert restored.node["label"].value() == "[value badge]"


def test_a_pasted_result_is_judged_once_it_was_read_and_not_on_the_main_thread(
    restored: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = restored.session.text(restored.node)
    show = restored.load("show")
    show._records.clear()
    (pasted,) = restored.session.paste(text)
    for index in (0, 1):
        pasted.setInput(index, restored.node.input(index))
    pasted["guidance"].setValue(2)
    update(restored)
    restored.session.queue.pump_until(lambda: pasted["badge"].value() == "v001 is stale")
    assert pasted["status"].value() == "Stale: Guidance was 1 and is now 2."
    update(restored)
    assert badge(restored) == "v001"


def test_a_record_that_is_damaged_or_gone_is_silence(restored: Artist) -> None:
    restored.load("show")._records.clear()
    (restored.version("v001") / "result.json").write_text("{")
    restored.set(guidance=2)
    known = restored.load("show").is_known
    version = restored.load("show").shown_version(restored.node)
    restored.session.queue.pump_until(lambda: known(version))
    restored.session.pump()
    update(restored)
    assert badge(restored) == "v001"


def test_updates_of_a_node_without_a_result_say_nothing(
    artist: Artist, digests: list[str], nuke_host: Session
) -> None:
    nuke_host.update_ui()
    artist.nuke.frame(1004)
    nuke_host.update_ui()
    assert (badge(artist), artist.node["status"].value().strip(), digests) == ("", "", [])
    assert nuke_host.printed == []
