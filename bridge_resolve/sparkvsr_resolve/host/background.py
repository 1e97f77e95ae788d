"""The agent is waited for in a thread of its own; Resolve's thread shows how far it is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Optional

from .bench import Bench
from .under_way import UnderWay, await_agent
from .voice import Voice

_LOOK_S = 0.2  # how soon a wish to cancel is seen


class _Reporter:
    """Hears of the agent in the thread that waits for it; a `sparkvsr_link.Watcher`."""

    def __init__(self) -> None:
        self.told: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self.asked = threading.Event()
        self._frames = 0

    @property
    def cancelled(self) -> bool:
        return self.asked.is_set()

    def check(self) -> None:
        """Nothing but a person ends the waiting."""

    def started(self, frames: int) -> None:
        self._frames = frames

    def progressed(self, frames: int) -> None:
        self.told.put((frames, self._frames))


def follow(
    bench: Bench, under_way: UnderWay, voice: Voice, found: Optional[Mapping[str, Any]] = None
) -> None:
    """Let the agent restore what was captured. No call of the API is made meanwhile.

    Args:
        found: as of `await_agent`.

    Raises:
        LinkError: it failed.
        RestorationCancelledError: the person cancelled it.
    """
    reporter = _Reporter()
    end: Future[None] = Future()

    def work() -> None:
        try:
            await_agent(bench.agent, under_way, reporter, found)
            end.set_result(None)
        except BaseException as error:
            end.set_exception(error)

    threading.Thread(target=work, name="sparkvsr-restore", daemon=True).start()
    while not (end.done() and reporter.told.empty()):
        if bench.desk.cancelled():
            reporter.asked.set()
        try:
            voice.progress(*reporter.told.get(timeout=_LOOK_S))
        except Empty:
            continue
    end.result()
