"""Doing things on Nuke's main thread from a worker, with results and exceptions carried across.

Nodes, knobs and renders belong to the main thread. Nuke's own `executeInMainThreadWithResult`
prints the exception of what it ran and returns None; and on the main thread, or without a GUI, it
must not be called at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import nuke

T = TypeVar("T")


class NukeQuitsError(RuntimeError):
    """Nuke runs nothing on its main thread any more."""


def on_main_thread(do: Callable[[], T]) -> T:
    """Run something on the main thread, wait for it, and give what it gave.

    Raises:
        Whatever `do` raised; NukeQuitsError if Nuke did not run it.
    """
    if not nuke.GUI or threading.current_thread() is threading.main_thread():
        return do()
    outcome: Future[T] = Future()  # kept here: Nuke gives None for whatever went wrong

    def run() -> None:
        try:
            outcome.set_result(do())
        except BaseException as error:
            outcome.set_exception(error)

    nuke.executeInMainThreadWithResult(run)  # type: ignore[no-untyped-call]
    if not outcome.done():
        raise NukeQuitsError("Nuke did not run what it was asked to run on its main thread.")
    return outcome.result()
