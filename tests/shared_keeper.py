"""A keeper that threads and processes share through one folder, and helpers that work for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock

from sparkvsr import CancelledError, Request
from sparkvsr._look import ShotSource
from sparkvsr.executor import restore_window
from sparkvsr.kept import PlanChoice
from sparkvsr.planner import Plan, PlannedWindow

POLL_S: Final = 0.005


class State(msgspec.Struct):
    """What all sharers know.

    Attributes:
        claimed: position to owner.
        kept: position to owner, in the order in which they were kept.
        over: the run has ended, well or not.
    """

    choice: PlanChoice | None = None
    windows: tuple[PlannedWindow, ...] = ()
    claimed: dict[int, str] = {}
    kept: dict[int, str] = {}
    stored: int = 0
    over: bool = False


class SharedKeeper:
    """One sharer's view; the state is a file that all of them change under a lock."""

    def __init__(
        self, folder: Path, owner: str, on_border: Callable[[], None] = lambda: None
    ) -> None:
        self._folder, self._owner, self._on_border = folder, owner, on_border
        self._lock = FileLock(folder / "lock", thread_local=False)

    def choice(self) -> PlanChoice | None:
        return self.look().choice

    def planned(self, choice: PlanChoice, plan: Plan) -> None:
        with self.changed() as state:
            state.choice, state.windows = choice, plan.windows

    def claim(self, wanted: int) -> int | None:
        while True:
            with self.changed() as state:
                if wanted in state.kept:
                    return None
                ready = _ready(state)
                if ready:
                    position = wanted if wanted in ready else ready[0]
                    state.claimed[position] = self._owner
                    return position
                if state.over:
                    raise CancelledError("The run is over.")
            time.sleep(POLL_S)

    def claim_any(self) -> int | None:
        """The last window that can be restored now; None when the run is over."""
        while True:
            with self.changed() as state:
                if state.over:
                    return None
                if ready := _ready(state):
                    state.claimed[ready[-1]] = self._owner
                    return ready[-1]
            time.sleep(POLL_S)

    def path(self, position: int) -> Path:
        return self._folder / f"{position}.safetensors"

    def kept(self, position: int, nbytes: int) -> None:
        with self.changed() as state:
            assert state.claimed.pop(position) == self._owner
            assert position not in state.kept
            assert self.path(position).stat().st_size == nbytes
            state.kept[position] = self._owner

    def damaged(self, position: int) -> None:
        with self.changed() as state:
            del state.kept[position]

    def stored(self) -> int:
        return self.look().stored

    def drop(self, position: int) -> None:
        self.path(position).unlink(missing_ok=True)

    def border(self) -> None:
        self._on_border()

    def look(self) -> State:
        with self._lock:
            return self._read()

    @contextmanager
    def changed(self) -> Iterator[State]:
        """The state, to be changed while nobody else looks at it."""
        with self._lock:
            state = self._read()
            yield state
            (self._folder / "state.part").write_bytes(msgspec.json.encode(state))
            (self._folder / "state.part").replace(self._folder / "state")

    def _read(self) -> State:
        file = self._folder / "state"
        return msgspec.json.decode(file.read_bytes(), type=State) if file.exists() else State()


def help_out(folder: Path, owner: str, request: Request, source: ShotSource) -> None:
    """Restore windows for somebody else's run until that is over."""
    keeper = SharedKeeper(folder, owner)
    while (position := keeper.claim_any()) is not None:
        choice = keeper.choice()
        assert choice is not None
        restore_window(request, source, choice, position, keeper, cancelled=lambda: False)


def _ready(state: State) -> list[int]:
    """Free windows whose neighbours' anchors are there."""
    return [
        window.position
        for window in state.windows
        if window.position not in state.claimed.keys() | state.kept.keys()
        and all(anchor.window in state.kept for anchor in window.anchors)
    ]
