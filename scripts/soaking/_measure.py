"""Memory over time, and what stands at which share of sorted values."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Sequence
from typing import Self

import psutil  # type: ignore[import-untyped]

MB = 1e6


class Memory:
    """Samples the resident memory of a process while it is entered.

    Attributes:
        samples: time (monotonic, s) and bytes.
    """

    def __init__(self, pid: int, every_s: float = 0.05) -> None:
        self.samples: list[tuple[float, int]] = []
        self._process = psutil.Process(pid)
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def since(self, moment: float = 0.0) -> list[int]:
        """Bytes from a moment on."""
        return [size for at, size in self.samples if at >= moment]

    @property
    def growth(self) -> int:
        """From the first sample to the largest one."""
        return max(self.since()) - self.samples[0][1]

    def _watch(self) -> None:
        while not self._stop.wait(self._every_s):
            self._sample()

    def _sample(self) -> None:
        with contextlib.suppress(psutil.Error):
            self.samples.append((time.monotonic(), self._process.memory_info().rss))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
