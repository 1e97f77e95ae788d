"""What becomes of a restoration whose panel was closed: taken up, placed once, or given up."""

from __future__ import annotations

import pytest

from panel_person import Doing, Person, placed, restoring, work_files
from panel_scene import person as person
from resolve_emulator import Session
from resolve_emulator.model import Item


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
