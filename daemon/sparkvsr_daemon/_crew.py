"""The workers: one for each device, started when there is work, ended when there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ._log import LOG
from ._pipe import FromWorker, RestoreWindow, ToWorker
from ._worker_process import WorkerProcess
from .paths import Paths

_LONGEST_PAUSE_S: Final = 8.0
_FIRST_PAUSE_S: Final = 0.25


@dataclass(eq=False)
class Hand:
    """One worker, and what it is at.

    Attributes:
        jobs: that it leads; all but the last wait for the one behind them.
        current: the one that it has begun; empty between two.
        helping: the window of another's job that it restores.
        idle_since: on the monotonic clock.
    """

    number: int
    process: WorkerProcess
    jobs: list[str] = field(default_factory=list)
    current: str = ""
    helping: RestoreWindow | None = None
    idle_since: float = field(default_factory=time.monotonic)

    @property
    def idle(self) -> bool:
        """It has nothing to do."""
        return not self.jobs and self.helping is None

    def send(self, message: ToWorker) -> None:
        """Tell it something; if it is gone, its events say so."""
        self.process.send(message)

    def rest(self) -> None:
        """It may have become idle now."""
        self.idle_since = time.monotonic()


class Crew:
    """All workers. One that dies is replaced when there is work, after a pause that grows.

    Args:
        size: how many; None is one for each device that the engine in use has.
        idle_s: after so long without work a worker is ended, which frees its device's memory.
        wake: called from another thread when a worker has said something.
    """

    def __init__(
        self, paths: Paths, size: int | None, idle_s: float, wake: Callable[[], None]
    ) -> None:
        self.hands: list[Hand] = []
        self.devices = 1
        self._paths, self._size, self._idle_s, self._wake = paths, size, idle_s, wake
        self._failures = 0
        self._start_at = 0.0

    def events(self) -> Iterator[tuple[Hand, FromWorker | None]]:
        """What the workers have said; None for one that is gone."""
        for hand in list(self.hands):
            for event in hand.process.events():
                yield hand, event

    def idle_hand(self) -> Hand | None:
        """A worker without work, started if there may be one more; None if there is none now.

        Raises:
            OSError: none can be started.
        """
        for hand in self.hands:
            if hand.idle:
                return hand
        if len(self.hands) >= (self._size or self.devices) or time.monotonic() < self._start_at:
            return None
        number = next(n for n in range(len(self.hands) + 1) if n not in self._numbers())
        process = WorkerProcess(self._paths, number, self._device(number), self._wake)
        self.hands.append(Hand(number, process))
        return self.hands[-1]

    def got_on(self) -> None:
        """A worker has finished something, so the next start needs no pause."""
        self._failures = 0

    def lost(self, hand: Hand) -> str:
        """A worker has died or must: end it, and say how it ended."""
        status = hand.process.kill()
        self.hands.remove(hand)
        pause = _FIRST_PAUSE_S * 2**self._failures if self._failures else 0.0
        self._failures += 1
        self._start_at = time.monotonic() + min(pause, _LONGEST_PAUSE_S)
        return f"signal {-status}" if status < 0 else f"status {status}"

    def end_idle(self) -> None:
        """End the workers that have had nothing to do for long."""
        for hand in list(self.hands):
            if hand.idle and time.monotonic() - hand.idle_since >= self._idle_s:
                LOG.info("worker %d was idle and is ended", hand.process.pid)
                self._end(hand)

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        for hand in list(self.hands):
            self._end(hand)

    def seconds_to_deadline(self) -> float:
        """How long nothing has to be done if no worker says anything."""
        now = time.monotonic()
        ends = [hand.idle_since + self._idle_s for hand in self.hands if hand.idle]
        starts = [self._start_at] if self._start_at > now else []
        return max(0.0, min([*ends, *starts], default=float("inf")) - now)

    def _end(self, hand: Hand) -> None:
        hand.process.end()
        self.hands.remove(hand)

    def _numbers(self) -> set[int]:
        return {hand.number for hand in self.hands}

    def _device(self, number: int) -> str | None:
        """Of several devices each worker sees one; the first finds out how many there are."""
        if number == 0 or self.devices == 1:
            return None
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        names = visible.split(",") if visible else [str(n) for n in range(self.devices)]
        return names[number] if number < len(names) else None
