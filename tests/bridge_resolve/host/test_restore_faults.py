"""What happens to a clip, the agent and Resolve while the agent works."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Session
from resolve_emulator.model import Item
from restoring import FLOW, Patient
from sparkvsr_link import BridgeError, RestorationCancelledError
from sparkvsr_resolve.host.bench import Bench, look
from sparkvsr_resolve.host.restore import Prepared, prepare
from sparkvsr_resolve.host.under_way import restore


class Doer(Patient):
    """Somebody, or something, that does a thing as soon as the agent works."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do = do

    def started(self, frames: int) -> None:
        self._do()


@pytest.fixture
def prepared(session: Session, plate: Item, bench: Bench) -> Prepared:
    session.mark(session.current, 12)
    session.grade(plate, 7)
    return prepare(bench, look(bench, FLOW), FLOW)


def placed(session: Session) -> list[Any]:
    return [item for track in session.current.tracks["video"][1:] for item in track.items]


def delete(session: Session, plate: Item) -> None:
    session.remove(plate)


def move(session: Session, plate: Item) -> None:
    plate.start += 24


def trim(session: Session, plate: Item) -> None:
    plate.duration -= 2


@pytest.mark.parametrize(
    ("do", "change"), [(delete, "deleted"), (move, "was moved"), (trim, "was trimmed")]
)
def test_a_clip_that_is_edited_meanwhile_is_left_alone_and_the_result_stays_on_the_disk(
    session: Session,
    plate: Item,
    bench: Bench,
    prepared: Prepared,
    do: Callable[[Session, Item], None],
    change: str,
) -> None:
    with pytest.raises(BridgeError, match=change):
        restore(bench, prepared, Doer(lambda: do(session, plate)))
    assert placed(session) == []
    assert session.project.root.bins == []
    assert Path(prepared.job["output"]).is_file()


def test_resolve_that_ends_meanwhile_is_a_sentence(
    session: Session, bench: Bench, prepared: Prepared
) -> None:
    with pytest.raises(BridgeError):
        restore(bench, prepared, Doer(session.quit))
    assert Path(prepared.job["output"]).is_file()


def test_an_agent_that_is_killed_is_replaced(
    session: Session, bench: Bench, prepared: Prepared
) -> None:
    killed: list[int] = []

    def kill() -> None:
        link = bench.agent.process
        if link is not None and not killed:
            killed.append(link._process.pid)
            os.kill(killed[0], signal.SIGKILL)

    returned = restore(bench, prepared, Doer(kill))
    assert killed and returned.place.frames == 12
    assert len(placed(session)) == 1


def test_a_cancel_leaves_the_timeline_as_it_was(
    session: Session, bench: Bench, prepared: Prepared
) -> None:
    class Impatient(Patient):
        cancelled = True

    with pytest.raises(RestorationCancelledError):
        restore(bench, prepared, Impatient())
    assert placed(session) == []
    assert not Path(prepared.job["output"]).exists()
