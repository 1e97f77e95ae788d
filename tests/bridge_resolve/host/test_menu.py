"""Restore, clean up and cancel from the menu: what a person reads, and what becomes of Resolve."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bridge_resolve.host.menu_scene import FAILS, WORKS, Person
from bridge_resolve.host.menu_scene import person as person
from resolve_emulator import Profile, Session
from resolve_returning import make_result
from sparkvsr_link import write_json
from sparkvsr_resolve.core import PREFIX, ScriptLock, Snapshot
from sparkvsr_resolve.core.cancel_file import CancelFile
from sparkvsr_resolve.host import menu
from sparkvsr_resolve.host.running import BAD_INPUT, CANCELLED, DONE, FAILED, own_folder


def test_a_person_sees_the_plan_first_then_what_is_done(person: Person) -> None:
    person.agent(restore=FAILS)
    assert person.run("restore") == FAILED
    texts = person.texts()
    assert texts[0].startswith("plate.[1001-1024].exr: 12 frames from 01:00:00:10 on\ntimecode")
    assert "01:00:00:15      5       9" in texts[0]
    phases = ["Preparing Resolve", "Copying the timeline", "Rendering 3 keyframes"]
    assert [text for text in texts if text in phases] == phases
    assert texts[-1] == "It broke. Buy another."


def test_a_failed_restoration_leaves_the_timeline_and_its_items_alone(person: Person) -> None:
    person.agent(restore=FAILS)
    before = person.session.state()
    person.run("restore")
    after = person.session.state()
    for state in (before, after):  # which job the clip has is remembered in a marker
        for timeline in state["timelines"].values():
            timeline.pop("markers")
    assert after == before


def test_nothing_is_asked_of_resolve_while_the_agent_works(person: Person) -> None:
    person.agent(restore=WORKS)
    calls: dict[str, int] = {}
    person.on_event = lambda event: calls.update({event["text"]: len(person.session.log)})
    person.run("restore")
    first, last = "Restoring; Resolve is yours meanwhile", "Placing the result"
    assert calls[first] == calls["Restored 12 of 12 frames"] == calls[last] > 0


def test_a_clip_that_was_deleted_meanwhile_leaves_the_result_on_the_disk(person: Person) -> None:
    person.agent(restore=WORKS)

    def edit(event: dict[str, Any]) -> None:
        if event["event"] == "progress" and event["frames"] == 12:
            person.session.remove(person.plate)

    person.on_event = edit
    assert person.run("restore") == FAILED
    output = person.job("v001")["output"]
    assert f"The restored clip is kept: {output}" in person.texts()
    assert "is not on the timeline" in person.last


def test_a_clip_without_keyframes_is_refused_before_anything_is_done(person: Person) -> None:
    person.session.current.markers.clear()
    before = person.session.state()
    assert person.run("restore") == BAD_INPUT
    assert "has no keyframe" in person.last
    assert (person.session.state(), person.versions()) == (before, [])


def test_wrong_settings_are_refused_before_anything_is_done(person: Person) -> None:
    before = person.session.state()
    assert person.run("restore", changed={"engine": "magic", "guidance": 11.0}) == BAD_INPUT
    assert "engine `magic` is not known" in person.last and "guidance 11" in person.last
    assert (person.session.state(), person.versions()) == (before, [])


@pytest.mark.parametrize("resolve_profile", [Profile(studio=False)])
def test_the_free_edition_is_one_sentence(person: Person) -> None:
    assert person.run("restore") == BAD_INPUT
    assert len(person.heard) == 1 and "Studio" in person.last


def crash(session: Session, temporary: str = PREFIX + "base_1") -> None:
    """A run that died: its timeline is there, and what the user had is in the crash file."""
    current = session.current
    session.timeline(temporary, rate="23.976")
    session.project.current = current
    with ScriptLock.take(own_folder()) as lock:
        lock.write(
            Snapshot(session.project.uid, current.uid, "edit", "01:00:00:12", phase="Rendering")
        )


def test_what_a_crashed_run_left_is_named_and_nothing_of_it_is_touched(person: Person) -> None:
    crash(person.session)
    before = person.session.state()
    for action in ("restore", "preview"):
        assert person.run(action) == BAD_INPUT
        assert f"Timeline {PREFIX}base_1" in person.last and "Clean up" in person.last
    assert (person.session.state(), person.versions()) == (before, [])


def test_clean_up_removes_it_and_the_next_restoration_begins(person: Person) -> None:
    before = person.session.state()
    crash(person.session)
    assert person.run("clean-up") == DONE
    assert f"Cleaning up: Timeline {PREFIX}base_1" in person.texts()
    person.session.sleep(2)
    assert person.session.state() == before
    person.agent(restore=FAILS)
    person.run("restore")
    assert person.last == "It broke. Buy another."


def test_clean_up_says_so_where_nothing_is_left(person: Person) -> None:
    assert person.run("clean-up") == DONE
    assert person.texts() == ["Nothing is left of earlier runs."]


def test_what_could_not_be_cleaned_up_is_said(person: Person) -> None:
    crash(person.session)
    for nth in range(1, 30):
        person.session.fail("MediaPool.DeleteTimelines", nth, False)
    code = person.run("clean-up")
    assert (code, person.last[:15]) == (FAILED, "Not cleaned up:")


def test_something_left_without_a_crash_is_said_and_work_goes_on(person: Person) -> None:
    current = person.session.current
    person.session.timeline(PREFIX + "old", rate="23.976")
    person.session.project.current = current
    person.agent(restore=FAILS)
    person.run("restore")
    assert any(f"Timeline {PREFIX}old" in text for text in person.texts("notice"))
    assert person.last == "It broke. Buy another."


def test_another_script_cancels_a_capture(person: Person) -> None:
    before = person.session.state()

    def cancel(event: dict[str, Any]) -> None:
        if event["text"] == "Rendering the ungraded clip":
            assert CancelFile(own_folder()).ask() is not None

    person.on_event = cancel
    assert person.run("restore") == CANCELLED
    assert person.last.startswith("It was cancelled.")
    person.session.sleep(2)
    assert (person.session.state(), person.versions()) == (before, [])
    person.on_event = lambda event: None
    person.agent(restore=FAILS)
    assert person.run("restore") == FAILED  # the wish of then counts no more


def test_a_wish_for_another_process_cancels_nothing(person: Person) -> None:
    person.agent(restore=FAILS)
    own_folder().mkdir(parents=True, exist_ok=True)
    write_json(own_folder() / "cancel", {"process": 1})
    assert person.run("restore") == FAILED


def test_cancel_asks_the_process_that_works_in_resolve_and_not_resolve(person: Person) -> None:
    calls = len(person.session.log)
    with ScriptLock.take(own_folder()):
        assert person.run("cancel") == DONE
    assert person.last.endswith("which works in Resolve, was asked to stop.")
    assert CancelFile(own_folder()).asked and len(person.session.log) == calls


def test_cancel_without_anything_to_cancel_is_one_sentence(person: Person) -> None:
    assert person.run("cancel") == BAD_INPUT
    assert person.texts() == ["No restoration runs that could be cancelled."]


@pytest.mark.parametrize("state", ["running", "interrupted"])
def test_cancel_finds_the_job_of_the_clip_by_its_marker(person: Person, state: str) -> None:
    person.agent(restore=FAILS)
    person.run("restore")
    (own_folder() / "latest.json").unlink()
    person.agent(attach={"result": {"ticket": "t", "state": state, "events": []}})
    assert person.run("cancel") == DONE
    assert person.last == "The restoration of `plate.[1001-1024].exr` is cancelled."


def test_cancel_finds_the_latest_job_where_no_clip_is_at_hand(person: Person) -> None:
    person.agent(restore=FAILS)
    person.run("restore")
    person.session.remove(person.plate)
    person.agent(attach={"result": {"ticket": "t", "state": "running", "events": []}})
    assert person.run("cancel") == DONE
    assert person.last == "The restoration of `plate.[1001-1024].exr` is cancelled."


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_job_that_has_ended_is_not_cancelled(person: Person, state: str) -> None:
    person.agent(restore=FAILS)
    person.run("restore")
    refused = {"error": {"code": -32000, "message": "It was cancelled all the same."}}
    found = {"result": {"ticket": "t", "state": state, "events": []}}
    person.agent(attach=found, cancel=refused)
    assert person.run("cancel") == BAD_INPUT


def test_an_agent_that_stays_busy_is_asked_again_and_then_said(person: Person) -> None:
    person.agent(restore=FAILS)
    person.run("restore")
    data = {"code": "busy", "message": "It is being prepared.", "hint": "Ask again."}
    busy = {"error": {"code": -32000, "message": "It is being prepared.", "data": data}}
    person.agent(attach={"result": {"ticket": "t", "state": "running", "events": []}}, cancel=busy)
    before = person.session.now()
    assert person.run("cancel") == FAILED
    assert person.last == "It is being prepared. Ask again."
    assert person.session.now() - before > 5.0


def test_a_defect_is_one_sentence_and_a_log_file(
    person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr("sparkvsr_resolve.host.actions.prepare", broken)
    menu.restore(person.session.resolve)
    out, err = capsys.readouterr()
    *_, line = out.splitlines()
    assert "KeyError: 'nobody foresaw this'" in line and "Traceback" not in out + err
    (log,) = (own_folder() / "log").iterdir()
    assert str(log) in line and "in broken" in log.read_text(encoding="utf-8")


def test_logs_do_not_pile_up(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_folder() / "log"
    folder.mkdir(parents=True)
    for number in range(30):
        (folder / f"2020-01-01_00-00-{number:02d}_restore.txt").touch()
    monkeypatch.setattr("sparkvsr_resolve.host.actions.prepare", None)
    assert person.run("restore") == FAILED
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == 20 and kept[0].startswith("2020-01-01_00-00-11")
    assert kept[-1] > "2020-01-02"


def test_an_agent_that_is_not_installed_has_its_own_exit_code(person: Person) -> None:
    (person.home / "install.json").unlink()
    assert person.run("restore") == 5
    assert "not installed" in person.last


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (menu.cancel, "No restoration runs that could be cancelled.\n"),
        (menu.clean_up, "Nothing is left of earlier runs.\n"),
    ],
)
def test_menu_entries_print(
    person: Person, entry: Any, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    entry(person.session.resolve)
    assert capsys.readouterr().out == line


def test_the_panel_is_opened_with_a_bench_and_its_errors_are_sentences(
    person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[Any] = []
    module = ModuleType("sparkvsr_resolve.host.panel")

    def open_panel(bench: Any, fusion: object, bmd: object) -> None:
        opened.extend([bench.desk.resolve.GetProductName(), fusion, bmd])
        raise RuntimeError("no window")

    module.open_panel = open_panel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    menu.panel(person.session.resolve, "fusion", "bmd")
    assert opened == ["DaVinci Resolve Studio", "fusion", "bmd"]
    assert "RuntimeError: no window" in capsys.readouterr().out


def test_the_page_of_the_doctor_comes_without_a_timeline(person: Person) -> None:
    person.session.project.current = None
    assert person.run("doctor", changed={"work_folder": str(Path("/nowhere"))}) == DONE
    assert "No timeline is open" in person.last and "/nowhere" in person.last


def test_a_restoration_that_was_left_is_taken_up_and_nothing_captured_again(
    person: Person,
) -> None:
    person.agent(restore=WORKS)
    assert person.run("restore") == FAILED  # its file is not where the agent says
    movie = Path(person.job("v001")["output"])
    made = make_result(movie.parent, movie.stem, frames=12, rate="23.976", start=86410)
    assert made.path == movie.as_posix()
    captured = len(person.session.calls("AddRenderJob"))
    person.agent(attach={"result": {"ticket": "t", "state": "done", "events": WORKS["events"]}})
    assert person.run("restore") == DONE, person.texts()
    assert "Taking up the restoration that an earlier run began" in person.texts()
    assert len(person.session.calls("AddRenderJob")) == captured
    assert person.versions() == ["v001"]
    assert len(person.session.current.tracks["video"][1].items) == 1


def test_a_restoration_of_which_the_agent_knows_nothing_is_begun_anew(person: Person) -> None:
    person.agent(restore=WORKS)
    person.run("restore")
    person.agent(restore=FAILS, attach={"result": None})
    captured = len(person.session.calls("AddRenderJob"))
    assert person.run("restore") == FAILED
    assert "never begun" in " ".join(person.texts("notice"))
    assert len(person.session.calls("AddRenderJob")) > captured
