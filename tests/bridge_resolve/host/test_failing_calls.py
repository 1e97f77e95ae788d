"""Any call may fail: there is a sentence or the same answer, and nothing of the user's changes.

Each call that an action makes fails once, in each way in which Resolve's calls do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item, Track
from sparkvsr_resolve.core import BridgeError, Capabilities, ClipState, Level, MarkerFilter
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.again import find_again
from sparkvsr_resolve.host.clip import Clip
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.doctor import examine
from sparkvsr_resolve.host.locate import find_clips
from sparkvsr_resolve.host.marks import read_plan, read_state, write_state
from sparkvsr_resolve.host.ready import check_ready

FAILURES = [None, False, "", OSError("the connection broke")]
VERSIONS = [Profile(version=version) for version in ((18, 6, 0), (21, 1, 1))]
pytestmark = pytest.mark.parametrize("resolve_profile", VERSIONS)


class NoTimer:
    """In place of a thread for each of very many calls, none of which hangs."""

    daemon = False

    def __init__(self, *given: object) -> None:
        pass

    def start(self) -> None:
        pass

    cancel = start


@pytest.fixture(autouse=True)
def no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkvsr_resolve.host.watched.threading.Timer", NoTimer)


class Faults:
    """Lets each call of an action fail once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.tried = 0

    def each(
        self,
        action: Callable[[], Any],
        check: Callable[[Any], None],
        ways: Sequence[Any] = FAILURES,
    ) -> None:
        """Run an action once as it is, then once for each way of failing of each of its calls."""
        start = len(self._session.log)
        check(action())
        names = [entry.name for entry in self._session.log[start:]]
        before = self._session.state()
        seen: Counter[str] = Counter()
        for name in names:
            seen[name] += 1
            for how in ways:
                self._session.fail(name, seen[name], how)
                self._once(action, check)
                assert self._session.state() == before, (name, seen[name], how)
                self.tried += 1

    def _once(self, action: Callable[[], Any], check: Callable[[Any], None]) -> None:
        try:
            result = action()
        except BridgeError as error:
            assert error.message and error.hint
            return
        finally:
            self._session.gate.faults.clear()
        check(result)


@pytest.fixture
def faults(session: Session) -> Faults:
    return Faults(session)


@pytest.fixture
def clip(desk: Desk, capabilities: Capabilities) -> Clip:
    return find_clips(desk, capabilities)[0]


def test_finding_a_clip(session: Session, desk: Desk, plate: Item, faults: Faults) -> None:
    expected = find_clips(desk, Abilities().look(desk))[0]

    def check(found: tuple[Clip, ...]) -> None:
        (clip,) = found
        assert (clip.item, clip.span, clip.track) == (plate.uid, expected.span, 1)
        assert clip.pool_item == expected.pool_item
        assert clip.verdict.level >= expected.verdict.level
        assert clip.verdict.level < Level.REFUSED

    faults.each(lambda: find_clips(desk, Abilities().look(desk)), check)
    assert faults.tried > 100


def test_finding_a_clip_that_resolve_does_not_know_of_yet(
    session: Session, desk: Desk, plate: Item, faults: Faults, capabilities: Capabilities
) -> None:
    def action() -> tuple[Clip, ...]:
        session.seated = False
        return find_clips(desk, capabilities)

    def check(found: tuple[Clip, ...]) -> None:
        assert found[0].item == plate.uid

    faults.each(action, check)


def test_finding_a_clip_below_a_title(
    session: Session, desk: Desk, plate: Item, faults: Faults, capabilities: Capabilities
) -> None:
    session.current.tracks["video"].append(Track("Titles"))
    title = session.title(0, 40, 2)

    def check(found: tuple[Clip, ...]) -> None:
        assert found[0].item in (plate.uid, title.uid)

    faults.each(lambda: find_clips(desk, capabilities), check)


def test_finding_it_again(
    desk: Desk, plate: Item, faults: Faults, capabilities: Capabilities, clip: Clip
) -> None:
    def check(found: Any) -> None:
        assert found.GetUniqueId() == plate.uid

    faults.each(lambda: find_again(desk, capabilities, clip), check)


def test_reading_the_plan(
    session: Session,
    desk: Desk,
    plate: Item,
    faults: Faults,
    capabilities: Capabilities,
    clip: Clip,
) -> None:
    session.mark(session.current, 13)
    session.mark(plate, 9)
    expected = read_plan(desk, capabilities, clip, MarkerFilter())

    def check(plan: object) -> None:
        assert plan == expected

    faults.each(lambda: read_plan(desk, capabilities, clip, MarkerFilter()), check)


@pytest.mark.parametrize("has_marker", [True, False])
def test_remembering_a_result(
    session: Session,
    desk: Desk,
    plate: Item,
    faults: Faults,
    capabilities: Capabilities,
    clip: Clip,
    has_marker: bool,
) -> None:
    """It is remembered whole, or not at all."""
    if has_marker:
        session.mark(session.current, 13)
    plan = read_plan(desk, capabilities, clip, MarkerFilter())
    state = ClipState(clip.item, "job", 1, "/result.mov")

    def forget() -> None:
        plate.markers.clear()
        for marker in session.current.markers.values():
            marker.custom = ""

    def action() -> ClipState | None:
        try:
            write_state(desk, capabilities, clip, plan, state)
            return read_state(desk, capabilities, clip)
        finally:
            kept = [m.custom for o in (plate, session.current) for m in o.markers.values()]
            assert set(kept) <= {"", state.to_text()}
            forget()

    def check(found: ClipState | None) -> None:
        assert found == state

    faults.each(action, check)


def test_remembering_a_result_while_dialogs_open_and_are_closed(
    session: Session,
    desk: Desk,
    plate: Item,
    faults: Faults,
    capabilities: Capabilities,
    clip: Clip,
) -> None:
    plan = read_plan(desk, capabilities, clip, MarkerFilter())
    state = ClipState(clip.item, "job", 1, "/result.mov")

    def dialog() -> None:
        session.modal(True)
        session.at(4.0, lambda: session.modal(False))

    def action() -> list[str]:
        write_state(desk, capabilities, clip, plan, state)
        kept = [marker.custom for marker in plate.markers.values()]
        plate.markers.clear()
        session.sleep(5.0)
        return kept

    done = []

    def check(kept: list[str]) -> None:
        assert kept == [state.to_text()]
        done.append(kept)

    faults.each(action, check, [dialog])
    assert len(done) == faults.tried + 1


def test_checking_and_examining(
    session: Session,
    desk: Desk,
    plate: Item,
    faults: Faults,
    capabilities: Capabilities,
    tmp_path: Path,
) -> None:
    def check_nothing(found: None) -> None:
        assert found is None

    def check_page(text: str) -> None:
        assert text.splitlines()[0] == "Resolve"
        assert "SparkVSR\n  installed, version 1: agent" in text

    faults.each(lambda: check_ready(desk, capabilities, tmp_path), check_nothing)
    install = {"agent": ["agent"], "version": "1"}
    faults.each(lambda: examine(desk, Abilities(), tmp_path, None, lambda: install), check_page)
