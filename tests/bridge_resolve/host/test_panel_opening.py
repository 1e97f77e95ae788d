"""Where the panel opens, and what it makes of errors that nobody has foreseen."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from panel_person import Doing, Person
from panel_scene import person as person
from resolve_emulator import Profile, Session
from resolve_emulator.environment import script_globals, stdlib_only
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.host import window_loop
from sparkvsr_resolve.host.bench import Bench
from sparkvsr_resolve.host.clock import SystemClock
from sparkvsr_resolve.host.panel_actions import Actions
from sparkvsr_resolve.host.viewer import open_file
from sparkvsr_resolve.host.waiting import wait_for


def nothing() -> Doing:
    yield lambda: False


@pytest.mark.parametrize("resolve_profile", [Profile(studio=False, version=(19, 1, 0))])
def test_the_free_edition_is_told_so_before_its_dialog_opens(
    person: Person, session: Session
) -> None:
    with pytest.raises(BridgeError, match="Studio"):
        person.open(nothing())
    assert not session.modal_open


@pytest.mark.parametrize(
    "resolve_profile",
    [Profile(version=version) for version in ((19, 1, 0), (20, 3, 1), (21, 0, 4), (21, 1, 0))],
)
def test_it_works_in_every_version(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        person.press("Restore")
        yield lambda: person.agent.jobs
        person.agent.finish()
        yield person.sees("is on video track 2")
        person.close()

    with stdlib_only(session):
        person.open(doing())


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 6, 0))])
def test_what_a_version_cannot_do_is_one_sentence(person: Person, session: Session) -> None:
    before = session.state()

    def doing() -> Doing:
        yield person.sees("Ready")
        assert len(person.table()) == 3
        person.press("Restore")
        yield person.sees("This version of Resolve cannot reset the grade of a clip")
        person.close()

    person.open(doing())
    assert session.state() == before


def test_it_is_open_once(person: Person) -> None:
    with (
        ScriptLock.take(person.folder / "panel"),
        pytest.raises(BridgeError, match="open already"),
    ):
        person.open(nothing())

    def doing() -> Doing:
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    person.open(doing())


def test_a_dialog_in_resolve_is_said_and_nothing_is_done(person: Person, session: Session) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        session.modal(True)
        person.press("Restore")
        yield person.sees("Resolve shows a dialog or the Project Manager")
        session.modal(False)
        person.press("Look")
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert person.agent.jobs == []


def test_an_error_that_nobody_has_foreseen_is_shown(
    person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: Actions) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(Actions, "clean_up", fail)

    def doing() -> Doing:
        yield person.sees("Ready")
        person.find("CleanUp").Visible = True
        person.press("CleanUp")
        yield person.sees("ZeroDivisionError: by zero")
        assert person.can_press("Restore")
        person.close()

    person.open(doing())
    assert "in fail" in capsys.readouterr().err


def test_settings_that_cannot_be_kept_are_said(person: Person) -> None:
    def doing() -> Doing:
        yield person.sees("Ready")
        (person.folder / "projects").write_text("a file", encoding="utf-8")
        person.set("engine", "flow")
        yield person.sees("Cannot write")
        person.close()

    person.open(doing())


def test_a_value_that_another_version_has_kept_is_shown_and_not_changed(
    person: Person, session: Session
) -> None:
    def first() -> Doing:
        yield person.sees("Ready")
        person.set("engine", "flow")
        yield lambda: list(person.folder.glob("projects/*.json"))
        person.close()

    person.open(first())
    (kept,) = person.folder.glob("projects/*.json")
    kept.write_text(kept.read_text().replace('"flow"', '"magic"'), encoding="utf-8")

    def second() -> Doing:
        yield person.sees("Ready")
        assert person.find("engine").CurrentText == "magic"
        assert person.warnings == [
            "The engine `magic` is not known: use auto, sparkvsr, flow, identity."
        ]
        person.close()

    person.open(second())
    assert '"magic"' in kept.read_text()


def test_clicks_that_come_too_late_are_no_further_orders(person: Person, session: Session) -> None:
    """A button is pressed while Resolve holds up the panel, which has begun the work already."""

    def doing() -> Doing:
        yield person.sees("Ready")
        session.windows.post("Cancel", "Clicked")
        yield person.sees("Ready")
        person.press("Restore")
        yield lambda: person.agent.jobs
        session.windows.post("Restore", "Clicked")
        person.agent.finish()
        yield person.sees("is on video track 2")
        ticks = person.ticks
        yield lambda: person.ticks > ticks + 20
        assert person.idle
        person.close()

    person.open(doing())
    assert len(person.agent.jobs) == 1


def test_other_threads_get_a_share_at_each_tick(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(window_loop, "time", SimpleNamespace(sleep=slept.append))

    def doing() -> Doing:
        yield person.sees("Ready")
        person.close()

    person.open(doing())
    assert slept and min(slept) > 0


def test_resolve_may_end_the_loop(person: Person, session: Session) -> None:
    """As when it quits: the panel does not wait for anything any more."""

    def doing() -> Doing:
        yield person.sees("Ready")
        script_globals(session)["bmd"].UIDispatcher(None).ExitLoop()

    person.open(doing())


def test_what_another_thread_raises_reaches_the_one_that_waits() -> None:
    threads: list[int] = []

    def fail() -> None:
        threads.append(threading.get_ident())
        raise KeyError("x")

    with pytest.raises(KeyError):
        wait_for(SystemClock(), fail, lambda: None)
    assert threads != [threading.get_ident()]


def test_without_an_opener_the_path_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "report.html"
    file.touch()
    with pytest.raises(BridgeError) as error:
        open_file(file)
    assert str(file) in error.value.hint


def test_a_bench_is_not_changed_by_its_panel(person: Person) -> None:
    """Other actions of the same script go on to print and to sleep as before."""
    made: list[Bench] = []

    def doing() -> Doing:
        yield person.sees("Ready")
        person.close()

    person.open(doing(), made.append)
    assert made[0].desk.clock is person.session and made[0].desk.cancelled() is False
