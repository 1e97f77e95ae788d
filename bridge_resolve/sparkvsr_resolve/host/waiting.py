"""Waiting for the agent without holding up the thread that calls the API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from .clock import Clock

T = TypeVar("T")

_LOOK_S = 0.1


class LeftError(Exception):
    """Nobody waits for a restoration any more; the agent goes on with it."""


class Following:
    """A `Watcher`: what the thread that waits and the API's thread tell each other.

    Attributes:
        progress: frames that are done, and how many there are; 0 while that is not known.
    """

    def __init__(self) -> None:
        self.progress = (0, 0)
        self._cancelled, self._left = threading.Event(), threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def leave(self) -> None:
        """Wait no longer, once the agent has the job."""
        self._left.set()

    # For the thread that waits.

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        if self._left.is_set():
            raise LeftError

    def started(self, frames: int) -> None:
        self.progress = (0, frames)

    def progressed(self, frames: int) -> None:
        self.progress = (frames, self.progress[1])


def wait_for(clock: Clock, work: Callable[[], T], meanwhile: Callable[[], None]) -> T:
    """Do work in another thread, and give what it gives or raise what it raises.

    Args:
        work: calls nothing of Resolve.
        meanwhile: called here, again and again. What it raises ends the waiting, not the work.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="sparkvsr-agent", daemon=True).start()
    while not outcome.done():
        meanwhile()
        clock.sleep(_LOOK_S)
    return outcome.result()
