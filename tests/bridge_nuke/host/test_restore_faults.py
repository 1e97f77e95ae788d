"""What can go wrong before a restoration is submitted: one dialog, and all as it was."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stub_agent
from artist import Artist, write_install
from nuke_emulator import Plate
from sparkvsr_nuke.core import Phase

When = Callable[[Phase, Callable[[], object]], None]


@pytest.fixture
def stubbed(artist: Artist, tmp_path: Path) -> Artist:
    """An artist whose agent answers, and that never gets anything to restore."""
    write_install(tmp_path / "home", stub_agent.command(restore={"die": True}))
    return artist


def only_dialog(artist: Artist) -> str:
    """The one that there was: a sentence about what happened, one about what to do."""
    (text,) = artist.said
    message, hint = text.split("\n\n")
    assert message.endswith(".")
    assert hint.endswith(".")
    for part in (message, hint):
        assert not re.findall(r"[.!?] [A-Z]", part), part
    return text


def change_format(artist: Artist) -> None:
    artist.plate._plate = Plate(branch=1, first=1001, last=1006, sizes={1004: (20, 12)})


def fail_upstream(artist: Artist) -> None:
    artist.plate._plate = Plate(branch=1, first=1001, last=1006, errors={1004: "no such file"})


def fail_a_keyframe(artist: Artist) -> None:
    artist.keys._plate = Plate(branch=2, first=1001, last=1006, errors={1005: "no such file"})


def write_below_a_file(artist: Artist) -> None:
    (artist.folder / "file").write_text("")
    artist.set(output=(artist.folder / "file" / "out").as_posix())


def render_for_oneself(artist: Artist) -> None:
    artist.session.executing = True


def two_views(artist: Artist) -> None:
    artist.session.views = ["left", "right"]


FAULTS: dict[str, tuple[Callable[[Artist], object], str]] = {
    "unsaved script": (lambda a: a.set(output=""), "no output folder: save the script"),
    "keyframe outside": (lambda a: a.set(keyframe_list="1002 1009"), "Keyframe 1009 is outside"),
    "no keyframes": (lambda a: a.set(keyframe_list=""), "There are no keyframes"),
    "unreadable list": (lambda a: a.set(keyframe_list="1002 x"), "x"),
    "no plate": (lambda a: a.node.setInput(0, None), "Nothing is connected to the input `plate`"),
    "no keys": (lambda a: a.node.setInput(1, None), "connected to the input `keyframes`"),
    "other views": (two_views, "view `main` is not known: use left, right"),
    "folder": (write_below_a_file, "/file/out cannot be used: Not a directory"),
    "format": (change_format, "16×12 up to frame 1003 and 20×12 from 1004 on"),
    "upstream": (fail_upstream, "The node Plate fails at frame 1004"),
    "keyframe": (fail_a_keyframe, "The node Keys fails at frame 1005"),
    "own render": (render_for_oneself, "Nuke is rendering already"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_dialog_and_leaves_everything_as_it_was(stubbed: Artist, fault: str) -> None:
    arrange, expected = FAULTS[fault]
    arrange(stubbed)
    stubbed.nuke.root().setModified(False)
    before = stubbed.state()
    stubbed.restore()
    stubbed.session.executing = False
    assert re.search(expected, only_dialog(stubbed))
    assert stubbed.state() == before
    assert not list((stubbed.folder / "out").glob("*/v*/job.json"))


AGENTS: dict[str, tuple[list[str], str]] = {
    "cannot start": (["/no/such/program"], "Cannot start the SparkVSR agent"),
    "ends at once": (stub_agent.command(hello={"die": True}), "ended with status 9"),
    "ends when asked": (stub_agent.command(status={"die": True}), "ended with status 9"),
    "other protocol": (
        stub_agent.command(hello={"result": {"version": "9", "agent_protocol": 2}}),
        "speaks protocol 2.*Update SparkVSR",
    ),
    "refuses": (
        stub_agent.command(
            status={
                "error": {
                    "code": -32000,
                    "message": "The disk is full.",
                    "data": {"code": "no_room", "hint": "Make room."},
                }
            }
        ),
        "The disk is full.*Make room",
    ),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_of_no_use_is_one_dialog(artist: Artist, tmp_path: Path, agent: str) -> None:
    command, expected = AGENTS[agent]
    write_install(tmp_path / "home", command)
    before = artist.state()
    artist.restore()
    assert re.search(expected, only_dialog(artist), re.DOTALL)
    assert artist.state() == before
    assert artist.session.rendered == [], "nothing is exported for nobody"
    assert not (tmp_path / "out").exists()


def test_sparkvsr_that_is_not_installed_is_one_dialog(artist: Artist, tmp_path: Path) -> None:
    (tmp_path / "home" / "install.json").unlink()
    before = artist.state()
    artist.restore()
    assert "not installed for this user" in only_dialog(artist)
    assert artist.state() == before


def test_a_silent_agent_can_be_cancelled(artist: Artist, tmp_path: Path) -> None:
    write_install(tmp_path / "home", stub_agent.command(hello=None))
    artist.press("restore")
    agent = artist.load("agent").AGENT
    artist.session.queue.pump_until(lambda: agent.process is not None)
    artist.press("cancel")
    artist.wait()
    assert artist.said == []
    assert artist.status == "Cancelled."


@pytest.mark.parametrize("phase", [Phase.CHECKING, Phase.EXPORTING_PLATE, Phase.EXPORTING_KEYS])
def test_a_node_deleted_before_its_restoration_is_one_dialog(
    stubbed: Artist, when: When, phase: Phase
) -> None:
    when(phase, lambda: stubbed.nuke.delete(stubbed.node))
    stubbed.press("restore")
    stubbed.session.queue.pump_until(lambda: not stubbed.load("run").all_runs())
    assert "was deleted" in only_dialog(stubbed)


@pytest.mark.parametrize("phase", [Phase.CHECKING, Phase.EXPORTING_PLATE, Phase.EXPORTING_KEYS])
def test_a_script_closed_before_its_restoration_hears_nothing_of_it(
    stubbed: Artist, when: When, phase: Phase
) -> None:
    when(phase, stubbed.nuke.scriptClose)
    stubbed.press("restore")
    stubbed.session.queue.pump_until(lambda: not stubbed.load("run").all_runs())
    assert stubbed.said == []
    assert not list((stubbed.folder / "out").glob("*/v*")), "what was exported is removed"


@pytest.mark.parametrize("phase", [Phase.CONNECTING, Phase.CHECKING, Phase.EXPORTING_KEYS])
def test_nuke_quits_before_a_restoration_and_nothing_is_left(
    stubbed: Artist, when: When, phase: Phase
) -> None:
    when(phase, stubbed.session.quit)
    stubbed.press("restore")
    (thread,) = [t for t in threading.enumerate() if t.name == "sparkvsr-SparkVSR1"]
    stubbed.session.queue.pump_until(lambda: not thread.is_alive())
    assert stubbed.said == []
    assert not list((stubbed.folder / "out").glob("*/v*"))


def test_another_restore_of_a_busy_node_is_refused(stubbed: Artist, when: When) -> None:
    def press_both() -> None:
        stubbed.press("restore")
        stubbed.press("cancel")

    when(Phase.EXPORTING_PLATE, press_both)
    stubbed.restore()
    assert "SparkVSR1 is busy." in only_dialog(stubbed)
    assert stubbed.status == "Cancelled."


def test_a_run_of_a_renamed_node_is_still_its_own(stubbed: Artist, when: When) -> None:
    def rename() -> None:
        stubbed.node.setName("Hero")
        stubbed.press("restore")
        stubbed.press("cancel")

    when(Phase.EXPORTING_KEYS, rename)
    stubbed.restore()
    assert "Hero is busy" in only_dialog(stubbed)
    assert stubbed.status == "Cancelled."
    assert sorted(n.name() for n in stubbed.node.nodes() if n.Class() == "Write") == []


def test_an_unforeseen_error_is_told_and_everything_put_back(
    stubbed: Artist, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def fail(*_: Any) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(stubbed.load("prepare"), "check_keyframes", fail)
    before = stubbed.state()
    stubbed.restore()
    (text,) = stubbed.said
    assert "KeyError: 'surprise'" in text
    assert "script editor" in text
    assert "Traceback" in capsys.readouterr().err
    assert stubbed.state() == before


def test_a_job_that_another_session_follows_keeps_its_file(artist: Artist, tmp_path: Path) -> None:
    data = {"code": "busy", "message": "It is being restored.", "hint": "Wait."}
    busy = {"error": {"code": -32000, "message": data["message"], "data": data}}
    write_install(tmp_path / "home", stub_agent.command(restore=busy))
    artist.restore()
    assert "It is being restored." in only_dialog(artist)
    assert (artist.version("v001") / "job.json").exists(), "the other session needs it"


# After the submission, with the real agent and daemon.


def lose_a_plate(artist: Artist) -> None:
    (artist.version("v002") / "plate" / "plate.1003.exr").unlink()


def lose_a_result(artist: Artist) -> None:
    (artist.version("v002") / "result" / "result.1004.exr").unlink()


@pytest.mark.parametrize(
    ("phase", "damage", "expected", "next_version"),
    [
        (Phase.SUBMITTING, lose_a_plate, "1003", "v002"),
        (Phase.READING_BACK, lose_a_result, "1004", "v003"),
    ],
    ids=["plate lost", "result lost"],
)
def test_a_restoration_that_fails_leaves_the_result_that_was_shown(
    artist: Artist,
    when: When,
    phase: Phase,
    damage: Callable[[Artist], object],
    expected: str,
    next_version: str,
) -> None:
    artist.restore()
    shown, picture = artist.node["result_file"].value(), artist.picture(1003)
    artist.set(guidance=0.5)
    artist.nuke.root().setModified(False)
    before = artist.state()
    when(phase, lambda: damage(artist))
    artist.restore()
    assert expected in only_dialog(artist)
    assert artist.status.startswith("Failed: ")
    assert artist.state() == before
    assert artist.node["result_file"].value() == shown
    assert (artist.picture(1003).planes["rgba.green"] == picture.planes["rgba.green"]).all()
    for file in ("job.json", "result.json"):
        assert not (artist.version("v002") / file).exists(), "half a version is none"
    artist.restore()
    assert len(artist.said) == 1
    assert artist.status.startswith(f"Done: {next_version}")
