"""Previews while a slider moves: the newest request wins, at most as fast as they return."""

from __future__ import annotations

import threading
from typing import Generic, Optional, TypeVar

T = TypeVar("T")


class Throttle(Generic[T]):
    """Lets one request run at a time and keeps the newest of those that come meanwhile.

    Whoever gets a request from `offer` or `returned` sends it, and calls `returned` when its answer
    or its failure is there. Usable from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = False
        self._waiting: Optional[T] = None

    def offer(self, request: T) -> Optional[T]:
        """A new request: returned when it is to be sent now; kept in place of an older one else."""
        with self._lock:
            if self._running:
                self._waiting = request
                return None
            self._running = True
            return request

    def returned(self) -> Optional[T]:
        """The running request came back: the next one to send, None when nobody asked meanwhile."""
        with self._lock:
            following, self._waiting = self._waiting, None
            self._running = following is not None
            return following

    def drop(self) -> None:
        """Forget what waits, as for a cancel; what runs still comes back."""
        with self._lock:
            self._waiting = None
