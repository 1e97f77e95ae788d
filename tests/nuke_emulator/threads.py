"""The main thread and what other threads may ask of it."""

# ruff: noqa: N802
from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .host import API, host

NOT_HERE = "Invalid function call in non-gui mode"


class MainQueue:
    """Calls that wait until the main thread has time: a test gives it by pumping."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.waiting: set[threading.Event] = set()
        self.modal_depth = 0

    def pump(self) -> int:
        """Run what has been posted; how many calls that were. A modal dialog runs none."""
        count = 0
        while not self.modal_depth and not self.calls.empty():
            self.calls.get()()
            count += 1
        return count

    def pump_until(self, done: Callable[[], bool], seconds: float = 20) -> None:
        """Pump until something holds.

        Raises:
            TimeoutError: it did not come to hold.
        """
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("nothing came while the main thread was pumped")
            if not self.pump():
                time.sleep(0.002)

    @contextmanager
    def modal(self) -> Iterator[None]:
        """A dialog is open: nothing that was posted runs."""
        self.modal_depth += 1
        try:
            yield
        finally:
            self.modal_depth -= 1

    def release(self) -> None:
        """The application ends: whoever waits for the main thread waits no longer."""
        while not self.calls.empty():
            self.calls.get()
        for event in list(self.waiting):
            event.set()


def main_queue() -> MainQueue:
    found: MainQueue = host().queue
    return found


def _call(call: Any, args: Any, kwargs: Any) -> Any:
    """Run a posted call; what it raises is printed and lost."""
    wrapped = args if isinstance(args, tuple) else (args,)
    try:
        return call(*wrapped, **(kwargs or {}))
    except BaseException:
        host().printed.append(traceback.format_exc())
        return None


def _check() -> None:
    session = host()
    if not session.profile.gui or threading.current_thread() is session.main:
        raise RuntimeError(NOT_HERE)


def executeInMainThread(call: Any, args: Any = (), kwargs: Any = None) -> None:
    """Post a call and go on."""
    _check()
    if not host().closed:
        main_queue().calls.put(lambda: _call(call, args, kwargs))


def executeInMainThreadWithResult(call: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Post a call and wait for what it returns, without any limit of time."""
    _check()
    session, waiting, results = host(), threading.Event(), list[Any]()

    def run() -> None:
        results.append(_call(call, args, kwargs))
        waiting.set()

    if session.closed:
        return None
    session.queue.waiting.add(waiting)
    session.queue.calls.put(run)
    waiting.wait()
    session.queue.waiting.discard(waiting)
    return results[0] if results else None


API["executeInMainThread"] = executeInMainThread
API["executeInMainThreadWithResult"] = executeInMainThreadWithResult
