"""The loop of a window, run for as long as something is waited for.

Handlers of the window only take note of what a person wants. Work is done outside of them, in the
same thread, and whenever it sleeps this loop runs: so the window answers while Resolve renders, and
no work ever begins within other work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .clock import Clock

TIMER = "SparkVsrTick"

_TICK_MS = 50
_YIELD_S = 0.005  # the loop holds the interpreter nearly all the time: other threads need a share


class WindowLoop:
    """A `Clock` whose sleep serves the window.

    Args:
        ui: the UIManager.
        dispatcher: of the window.
        clock: what time it is.
    """

    def __init__(self, ui: Any, dispatcher: Any, clock: Clock) -> None:
        self._dispatcher, self._clock = dispatcher, clock
        self._is_over: Callable[[], bool] = lambda: True
        self._timer = ui.Timer({"ID": TIMER, "Interval": _TICK_MS})
        dispatcher.On[TIMER].Timeout = self._tick

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        end = self.now() + seconds
        self.serve_until(lambda: self.now() >= end)

    def serve_until(self, is_over: Callable[[], bool]) -> None:
        """Let the window answer until something holds, for one tick at least.

        It may return earlier: when Resolve ends the loop.
        """
        self._is_over = is_over
        self._timer.Start()
        try:
            self._dispatcher.RunLoop()
        finally:
            self._timer.Stop()

    def _tick(self, event: Any) -> None:
        time.sleep(_YIELD_S)
        if self._is_over():
            self._dispatcher.ExitLoop()
