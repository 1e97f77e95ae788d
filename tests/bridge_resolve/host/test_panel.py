"""The panel, as a person sees and uses it."""

from __future__ import annotations

from pathlib import Path

from panel_person import Doing, Person
from panel_scene import person as person
from resolve_emulator import Session
from sparkvsr_link import read_json


def test_it_shows_the_clip_at_hand_and_its_plan_and_changes_nothing(
    person: Person, session: Session
) -> None:
    before = session.state()

    def doing() -> Doing:
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert session.state() == before
    assert person.text("Clip").endswith(": 12 frames from 01:00:00:10, video track 1")
    assert [row[:3] for row in person.table()] == [
        ("01:00:00:10", "0", "4"),
        ("01:00:00:15", "5", "9"),
        ("01:00:00:21", "11", "15"),
    ]
    assert {row[4] for row in person.table()} == {"to be captured"}
    assert person.warnings == []
    assert person.agent.asked == []  # nothing is under way, so nobody is asked


def test_a_clip_is_restored_and_placed_while_resolve_is_free(
    person: Person, session: Session
) -> None:
    agent = person.agent
    calls: list[int] = []

    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield lambda: agent.jobs
        calls.append(len(session.log))
        ticks = person.ticks
        agent.start()
        agent.tell("progress", frames=6)
        yield lambda: "6 of 12 frames" in person.text("Progress")
        yield lambda: person.ticks > ticks + 20
        calls.append(len(session.log))
        assert person.can_press("Cancel") and not person.can_press("Restore")
        agent.finish()
        yield person.sees("is on video track 2")
        assert person.text("Progress") == ""
        assert person.can_press("Report")
        person.close()

    person.open(doing())
    assert calls[0] == calls[1]  # nothing is asked of Resolve while the agent works
    assert "Rendering 3 keyframes" in person.said
    (placed,) = session.current.tracks["video"][1].items
    assert (placed.start, placed.end) == (86410, 86422)
    assert not list(session.media.rglob("run.json"))
    assert session.threads().isdisjoint(agent.threads)


def test_settings_are_kept_for_the_project_and_shown_again(person: Person) -> None:
    def first() -> Doing:
        yield person.sees("Ready")
        person.set("engine", "flow")
        person.set("upscale", "3")
        person.set("guidance", 150)
        person.set("work_folder", str(person.session.media))
        yield lambda: list(person.folder.glob("projects/*.json"))
        person.close()

    person.open(first())
    (kept,) = (read_json(path) for path in person.folder.glob("projects/*.json"))
    assert (kept["engine"], kept["upscale"], kept["guidance"]) == ("flow", 3.0, 1.5)

    def second() -> Doing:
        yield person.sees("Ready")
        assert person.find("engine").CurrentText == "flow"
        assert person.find("upscale").CurrentText == "3"
        assert (person.find("guidance").Value, person.text("GuidanceSaid")) == (150, "1.5")
        assert person.text("work_folder") == str(person.session.media)
        person.close()

    person.open(second())


def test_the_plan_follows_the_colour_and_the_prefix_of_markers(person: Person) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.set("marker_color", "Red")
        yield lambda: person.table() == []
        assert any("not one of the chosen markers" in line for line in person.warnings)
        person.set("marker_color", "Cyan")
        yield lambda: len(person.table()) == 3
        person.set("name_prefix", "fix")
        yield lambda: person.table() == []
        person.close()

    person.open(doing())


def test_settings_that_do_not_fit_the_clip_are_said_at_once(person: Person) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.set("placement", "take")
        yield lambda: any("graded twice" in line for line in person.warnings)
        person.press("Restore")
        yield person.sees("graded twice")
        person.set("placement", "track")
        yield lambda: person.warnings == []
        person.close()

    person.open(doing())
    assert person.agent.jobs == []


def test_markers_that_were_changed_are_shown_before_anything_is_done(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        session.mark(session.current, 18)
        person.press("Restore")
        yield person.sees("press Restore again")
        assert len(person.table()) == 4
        assert session.calls("AddRenderJob") == []
        person.press("Restore")
        yield lambda: person.agent.jobs
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    assert len(person.agent.jobs[0]["keyframes"]) == 4


def test_a_clip_is_restored_again_without_looking_again(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        for runs in (1, 2):
            person.press("Restore")
            yield lambda runs=runs: len(person.agent.jobs) == runs  # type: ignore[misc]
            person.agent.finish()
            yield person.sees("is on video track 2")
        person.close()

    person.open(doing())
    (item,) = session.current.tracks["video"][1].items
    assert len(item.takes) == 2
    assert [Path(job["output"]).stem[-4:] for job in person.agent.jobs] == ["v001", "v002"]


def test_look_again_shows_the_clip_where_the_playhead_is_now(
    person: Person, session: Session
) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        session.park(60)
        person.press("Look")
        yield person.sees("There is no clip at the playhead")
        assert (person.text("Clip"), person.table()) == ("No clip", [])
        assert not person.can_press("Restore") and not person.can_press("Preview")
        session.park(12)
        person.press("Look")
        yield person.sees("Ready")
        assert len(person.table()) == 3 and person.can_press("Restore")
        person.close()

    person.open(doing())
