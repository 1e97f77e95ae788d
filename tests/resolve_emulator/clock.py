"""Virtual time: nothing sleeps for real, what is due runs when the time comes."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from threading import RLock


class Clock:
    """Seconds since the session began, and what happens when."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._lock = RLock()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass; events run in order, each at its own time."""
        with self._lock:
            end = self._now + max(0.0, seconds)
            while self._events and self._events[0][0] <= end:
                self._run_next()
            self._now = max(self._now, end)

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        with self._lock:
            due = self._now + max(0.0, seconds)
            heapq.heappush(self._events, (due, next(self._order), action))

    def step(self) -> bool:
        """Go to the next event; False when nothing is to come."""
        with self._lock:
            if not self._events:
                return False
            self._run_next()
            return True

    def _run_next(self) -> None:
        due, _, action = heapq.heappop(self._events)
        self._now = max(self._now, due)
        action()
