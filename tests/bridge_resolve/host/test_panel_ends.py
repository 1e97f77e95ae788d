"""How a restoration in the panel ends: cancelled in every phase, left, taken up, failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from panel_person import Doing, Person
from panel_scene import person as person
from resolve_emulator import Session
from resolve_emulator.model import Item
from sparkvsr_link import LinkError
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.host import capture as capture_module


def placed(session: Session) -> list[Item]:
    tracks = session.current.tracks["video"]
    return [item for track in tracks[1:] for item in track.items]


def restoring(person: Person) -> Doing:
    """Until the agent has begun."""
    yield person.sees("Ready")
    person.press("Restore")
    yield lambda: person.agent.jobs
    person.agent.start()
    yield lambda: "0 of 12 frames" in person.text("Progress")


def work_files(session: Session) -> list[str]:
    """Of all that was captured or made."""
    return [path.name for path in session.media.glob("SparkVSR/**/v*/**/*") if path.is_file()]


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


def leave(person: Person) -> None:
    """Restore, and close the panel while the agent works."""

    def doing() -> Doing:
        yield from restoring(person)
        person.close()

    person.open(doing())
    assert person.agent.state == "running" and "cancel" not in person.agent.asked
    assert person.agent.process.ended is not None  # let go, so that it goes on alone


def test_a_job_that_runs_on_is_taken_up_and_placed(person: Person, session: Session) -> None:
    leave(person)

    def doing() -> Doing:
        yield person.reads("Restoring")
        person.agent.tell("progress", frames=9)
        yield lambda: "9 of 12 frames" in person.text("Progress")
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert len(person.agent.jobs) == 1 and person.agent.asked.count("attach") == 1
    (item,) = placed(session)
    assert (item.start, item.end) == (86410, 86422)


def test_a_job_that_was_finished_meanwhile_is_placed_once(person: Person, session: Session) -> None:
    leave(person)
    person.agent.finish()

    def doing() -> Doing:
        yield person.sees("is on video track 2")
        person.close()

    def again() -> Doing:
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    person.open(again())
    assert len(placed(session)) == 1


def test_a_second_result_takes_the_place_of_the_first_one_in_a_later_session_too(
    person: Person, session: Session
) -> None:
    def first() -> Doing:
        yield from restoring(person)
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    def second() -> Doing:
        yield person.sees("is on video track 2")
        person.close()

    def leaving() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield lambda: len(person.agent.jobs) == 2
        person.close()

    person.open(first())
    person.open(leaving())
    person.agent.finish()
    person.open(second())
    (item,) = placed(session)
    assert len(item.takes) == 2


def test_what_another_script_has_placed_is_not_placed_again(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        (run,) = session.media.rglob("run.json")
        run.unlink()
        person.agent.finish()
        yield person.sees("Another script has placed the result")
        person.close()

    person.open(doing())
    assert placed(session) == []


def test_a_restoration_that_cannot_be_remembered_is_not_begun(
    person: Person, session: Session
) -> None:
    for nth in (1, 2, 3):
        session.fail("Timeline.UpdateMarkerCustomData", nth, False)

    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield person.sees("Resolve did not keep what SparkVSR knows of a clip.")
        person.close()

    person.open(doing())
    assert person.agent.jobs == [] and work_files(session) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [("no_memory", "The GPU is too small. Use tiles."), ("cancelled", "cancelled")],
)
def test_a_job_that_failed_meanwhile_is_said_once(
    person: Person, session: Session, code: str, said: str
) -> None:
    leave(person)
    person.agent.fail(code)

    def doing() -> Doing:
        yield person.sees(said)
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert placed(session) == [] and work_files(session) == []


def test_a_job_of_which_the_agent_knows_nothing_is_given_up(
    person: Person, session: Session
) -> None:
    leave(person)
    person.agent.state = None

    def doing() -> Doing:
        yield person.sees("was never begun")
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert work_files(session) == []


def test_a_result_is_not_placed_on_a_clip_that_was_trimmed(
    person: Person, session: Session, plate: Item
) -> None:
    leave(person)
    person.agent.finish()
    plate.duration -= 2

    def doing() -> Doing:
        yield person.sees("was changed since its restoration began")
        plate.duration += 2
        person.press("Look")
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert len(placed(session)) == 1


def test_a_clip_that_was_moved_gets_its_result_where_it_is_now(
    person: Person, session: Session, plate: Item
) -> None:
    leave(person)
    person.agent.finish()
    plate.start += 2

    def doing() -> Doing:
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert [item.start for item in placed(session)] == [86412]


def test_a_clip_that_is_deleted_meanwhile_costs_nothing(
    person: Person, session: Session, plate: Item
) -> None:
    def doing() -> Doing:
        yield from restoring(person)
        items = session.current.tracks["video"][0].items
        items.remove(plate)
        person.agent.finish()
        yield person.sees("The result is kept, and placed when you look again.")
        assert "deleted" in person.status
        items.append(plate)
        person.press("Look")
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert len(placed(session)) == 1


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
