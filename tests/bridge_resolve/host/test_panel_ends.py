"""How a restoration in the panel ends: cancelled in every phase, left, taken up, failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel_person import Doing, Person, placed, restoring, work_files
from panel_scene import person as person
from resolve_emulator import Session
from sparkvsr_link import LinkError
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.host import capture as capture_module


@pytest.mark.parametrize("phase", ["Copying", "Rendering 3 keyframes", "Rendering the ungraded"])
@pytest.mark.parametrize("how", ["Cancel", "close"])
def test_a_capture_can_be_cancelled_and_leaves_nothing(
    person: Person, session: Session, phase: str, how: str
) -> None:
    before = session.state()

    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield person.reads(phase)
        if how == "close":
            person.close()
            return
        person.press("Cancel")
        yield person.sees("It was cancelled")
        person.close()

    person.open(doing())
    session.sleep(2)
    assert session.state() == before
    assert person.agent.jobs == [] and work_files(session) == []
    assert not (person.folder / "crash.json").exists()


def test_after_a_cancel_the_clip_can_be_restored(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield person.reads("Rendering")
        person.press("Cancel")
        yield person.sees("It was cancelled")
        person.press("Restore")
        yield lambda: person.agent.jobs
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())


def test_the_agents_work_can_be_cancelled(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        person.press("Cancel")
        yield person.sees("It was cancelled")
        assert person.text("Progress") == ""
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert person.agent.asked.count("cancel") == 1 and "attach" not in person.agent.asked
    assert placed(session) == [] and work_files(session) == []


def test_a_result_whose_placing_is_cancelled_stays_on_the_disk(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        session.fail("MediaPool.ImportMedia", 1, lambda: session.windows.click("Cancel"))
        person.agent.finish()
        yield person.sees("It was cancelled: the result was not placed. It is at /")
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert placed(session) == [] and Path(person.agent.jobs[0]["output"]).is_file()
    assert "attach" not in person.agent.asked


def test_a_panel_that_is_closed_while_it_places_finishes_that(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        session.fail("MediaPool.ImportMedia", 1, person.close)
        person.agent.finish()

    person.open(doing())
    assert len(placed(session)) == 1 and not list(session.media.rglob("run.json"))


def test_a_failure_of_the_agent_is_one_sentence(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        person.agent.fail()
        yield person.sees("The GPU is too small. Use tiles.")
        assert person.can_press("Restore")
        person.close()

    person.open(doing())
    assert placed(session) == [] and work_files(session) == []


def test_an_agent_that_dies_is_followed_by_another_one(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        person.agent.die()
        yield lambda: "attach" in person.agent.asked
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert len(placed(session)) == len(person.agent.jobs) == 1


def test_an_agent_that_cannot_be_reached_any_more_costs_nothing(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        person.agent.die(times=3)
        yield person.sees("taken up when you look again")
        person.press("Look")
        yield person.reads("Restoring")
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert len(placed(session)) == 1


def test_without_an_agent_nothing_is_lost(person: Person, session: Session) -> None:
    person.agent.errors["restore"].append(
        LinkError("not_installed", "SparkVSR is not installed for this user.", "Run the installer.")
    )

    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield person.sees("is not installed for this user. Run the installer.")
        person.close()

    person.open(doing())
    assert placed(session) == []


class Killed(BaseException):
    """Nothing that the process would do afterwards reaches Resolve or the disk."""


def crash(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the panel is killed while it captures."""

    def dead(*_: object) -> None:
        raise Killed

    def doing() -> Doing:
        yield person.sees("Ready")
        assert not person.can_press("CleanUp")
        person.press("Restore")
        yield person.reads("Rendering the ungraded")
        patched.setattr(person.session.gate, "call", dead)
        patched.setattr(capture_module, "remove_version", dead)
        patched.setattr(ScriptLock, "clear", dead)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        person.open(doing())


def test_what_a_crashed_run_left_is_offered_and_removed_only_then(
    person: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = session.state()
    crash(person, monkeypatch)
    mess = session.state()
    assert mess != before

    def doing() -> Doing:
        yield person.sees("is a timeline that SparkVSR made for the time being")
        assert any("has left something: Timeline _sparkvsr_" in line for line in person.warnings)
        assert session.state() == mess
        person.press("CleanUp")
        yield person.sees("Ready")
        assert not person.can_press("CleanUp") and person.warnings == []
        person.close()

    person.open(doing())
    session.sleep(2)
    assert session.state() == before and work_files(session) == []
