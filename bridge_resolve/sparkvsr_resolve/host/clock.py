"""Time, as a port: Resolve needs it to settle, and tests have none to lose."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the bridge asks of time."""

    def now(self) -> float:
        """Seconds; only differences mean something."""

    def sleep(self, seconds: float) -> None:
        """Let Resolve go on."""


class SystemClock:
    """The computer's."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
