"""Previews in the panel, and files that it opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel_person import Doing, Person
from panel_scene import MARKED
from panel_scene import person as person
from resolve_emulator import Session
from sparkvsr_link import LinkError


def pictures(session: Session) -> list[Path]:
    """What was captured."""
    return sorted(session.media.glob("SparkVSR/**/*.exr"))


def shown(person: Person) -> Path:
    return Path(person.find("Picture").Icon.File)


def test_the_frame_at_the_playhead_is_previewed_with_the_settings_of_now(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        assert person.text("Picture") == "No preview" and not person.can_press("Picture")
        person.set("engine", "flow")
        person.set("output", "exr")
        session.park(13)
        before = session.state()
        person.press("Preview")
        yield person.sees("Preview of 01:00:00:13 at guidance 1.")
        assert session.state() == before
        assert shown(person).name == "preview1.png" and person.can_press("Picture")
        captured = len(session.calls("AddRenderJob"))
        session.park(20)
        person.press("Preview")
        yield person.sees("Preview of 01:00:00:20 at guidance 1.")
        assert shown(person).name == "preview2.png"
        assert len(session.calls("AddRenderJob")) == captured  # the same pictures again
        person.close()

    person.open(doing())
    (first, frame), (_, later) = person.agent.previews
    assert (frame, later) == (86413, 86420)
    assert first["settings"]["engine"] == "flow" and first["output"].endswith(".mov")
    assert [key["frame"] for key in first["keyframes"]] == [86410, 86415, 86421]
    assert person.agent.jobs == [] and pictures(session) == []


def test_a_preview_follows_the_slider_and_the_last_value_wins(
    person: Person, session: Session
) -> None:
    agent = person.agent

    def doing() -> Doing:
        yield person.sees("Ready")
        person.set("guidance", 50)
        yield lambda: list(person.folder.glob("projects/*.json")) and person.idle
        assert agent.previews == []  # nothing is shown that could follow
        person.press("Preview")
        yield person.sees("at guidance 0.5.")
        agent.open.clear()
        person.set("guidance", 80)
        yield lambda: len(agent.previews) == 2
        for value in (90, 100, 130):
            person.set("guidance", value)
        agent.open.set()
        yield person.sees("at guidance 1.3.")
        assert person.text("GuidanceSaid") == "1.3"
        person.close()

    person.open(doing())
    asked = [job["settings"]["guidance"] for job, _ in agent.previews]
    assert asked == [0.5, 0.8, 1.3]
    assert {frame for _, frame in agent.previews} == {86412}


def test_pictures_of_previews_go_when_they_may_be_wrong(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Preview")
        yield person.sees("Preview of")
        assert pictures(session)
        person.press("Look")
        yield person.sees("Ready")
        assert pictures(session) == []
        assert person.text("Picture") == "No preview" and not person.can_press("Picture")
        person.press("Preview")
        yield person.sees("Preview of")
        session.mark(session.current, 18)
        person.press("Preview")
        yield lambda: len(person.agent.previews) == 3
        person.close()

    person.open(doing())
    assert [len(job["keyframes"]) for job, _ in person.agent.previews] == [3, 3, 4]


def test_a_restoration_captures_keyframes_anew_since_a_grade_may_have_changed(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Preview")
        yield person.sees("Preview of")
        assert len(session.calls("AddRenderJob")) == len(MARKED) + 1
        person.press("Restore")
        yield lambda: person.agent.jobs
        assert len(session.calls("AddRenderJob")) == 2 * len(MARKED) + 1  # one base for both
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())


def test_a_playhead_beside_the_clip_is_said(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        session.park(60)
        person.press("Preview")
        yield person.sees("The playhead, at 01:00:02:12, is not on")
        person.close()

    person.open(doing())
    assert session.calls("AddRenderJob") == []


def test_another_timeline_is_said(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        session.timeline("Another", rate="23.976")
        person.press("Preview")
        yield person.sees("is not the one that is shown. Open it, or look again.")
        person.close()

    person.open(doing())


def test_a_preview_after_a_restoration_uses_its_own_pictures_again(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Preview")
        yield person.sees("Preview of")
        person.press("Restore")
        yield lambda: person.agent.jobs
        person.agent.finish()
        yield person.sees("is on video track 2")
        for previews in (2, 3):
            person.press("Preview")
            yield lambda previews=previews: (  # type: ignore[misc]
                len(person.agent.previews) == previews and person.idle
            )
        person.close()

    person.open(doing())
    assert len(session.calls("AddRenderJob")) == 3 * len(MARKED) + 1


@pytest.mark.parametrize("how", ["Cancel", "close"])
def test_nobody_must_wait_for_a_preview(person: Person, session: Session, how: str) -> None:
    agent = person.agent

    def doing() -> Doing:
        yield person.sees("Ready")
        agent.open.clear()
        person.press("Preview")
        yield lambda: agent.previews
        ticks = person.ticks
        yield lambda: person.ticks > ticks + 20
        if how == "close":
            person.close()
            return
        person.press("Cancel")
        yield person.sees("It was cancelled")
        assert person.text("Picture") == "No preview"
        person.close()

    person.open(doing())
    agent.open.set()
    assert pictures(session) == []


def test_a_failed_preview_is_one_sentence(person: Person) -> None:
    person.agent.errors["preview"].append(LinkError("no_memory", "The GPU is too small.", "Wait."))

    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Preview")
        yield person.sees("The GPU is too small. Wait.")
        assert not person.can_press("Picture")
        person.press("Preview")
        yield person.sees("Preview of")
        person.close()

    person.open(doing())


def test_picture_and_report_are_opened_in_the_users_program(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, programs = tmp_path / "opened", tmp_path / "programs"
    programs.mkdir()
    opener = programs / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n', encoding="utf-8")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    report: list[Path] = []

    def lines() -> list[str]:
        return opened.read_text(encoding="utf-8").splitlines() if opened.exists() else []

    def doing() -> Doing:
        yield person.sees("Ready")
        assert not person.can_press("Report")
        person.press("Preview")
        yield person.sees("Preview of")
        person.press("Picture")
        yield lambda: lines() == [str(shown(person))]
        person.press("Restore")
        yield lambda: person.agent.jobs
        person.agent.finish()
        yield person.sees("is on video track 2")
        report.append(Path(person.agent.jobs[0]["output"]).parent.parent / "report.html")
        person.press("Report")
        yield lambda: lines()[1:] == [str(report[0])]
        person.close()

    def later() -> Doing:
        yield person.sees("Ready")
        person.press("Report")
        yield lambda: len(lines()) == 3
        report[0].unlink()
        person.press("Report")
        yield person.sees("There is no file")
        person.close()

    person.open(doing())
    person.open(later())
