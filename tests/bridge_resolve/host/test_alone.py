"""One script at a time drives Resolve; others wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolve_emulator import Session
from sparkvsr_link import AgentSession, BridgeError
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.host.alone import PATIENCE_S, alone
from sparkvsr_resolve.host.bench import Bench
from sparkvsr_resolve.host.connect import connect


class Waiting:
    """A bench of which another script has the lock."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.said: list[str] = []
        self.cancelled: Callable[[], bool] = lambda: False
        desk = connect(session.resolve, session, self.said.append, lambda: self.cancelled())
        self.bench = Bench(desk, AgentSession("test"), folder=folder)
        self.other = ScriptLock.take(folder)


@pytest.fixture
def waiting(session: Session, tmp_path: Path) -> Iterator[Waiting]:
    found = Waiting(session, tmp_path)
    yield found
    found.other.release()


def test_it_is_waited_for_and_said_once(session: Session, waiting: Waiting) -> None:
    session.at(30.0, waiting.other.release)
    with alone(waiting.bench):
        assert session.now() >= 30.0
        with pytest.raises(BridgeError, match="works in Resolve already"):
            ScriptLock.take(waiting.bench.folder)
    assert waiting.said == ["Waiting until another script of SparkVSR has finished in Resolve"]
    ScriptLock.take(waiting.bench.folder).release()


def test_a_free_lock_is_taken_at_once_and_given_back_after_an_error(
    session: Session, waiting: Waiting
) -> None:
    waiting.other.release()
    with pytest.raises(KeyError), alone(waiting.bench):
        raise KeyError
    assert session.now() < 1.0 and not waiting.said
    ScriptLock.take(waiting.bench.folder).release()


def test_patience_ends(session: Session, waiting: Waiting) -> None:
    with pytest.raises(BridgeError, match="works in Resolve already"), alone(waiting.bench):
        pass
    assert session.now() >= PATIENCE_S


def test_a_person_need_not_wait(session: Session, waiting: Waiting) -> None:
    waiting.cancelled = lambda: session.now() > 5.0
    with pytest.raises(BridgeError), alone(waiting.bench):
        pass
    assert session.now() < 10.0
