"""Calls in a worker thread, while the main thread of the emulated Nuke is pumped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from nuke_emulator import Session


def worker(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """A thread that keeps what a call gives or raises."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def from_worker(session: Session, call: Callable[[], Any]) -> Any:
    """What a call in a worker thread gives or raises, while the main thread is pumped."""
    thread, results = worker(call)
    session.queue.pump_until(lambda: not thread.is_alive())
    return results[0]
