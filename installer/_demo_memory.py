"""Peak memory of the processes that work for one `SPARKVSR_HOME`; Linux only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


class PeakMemory:
    """Watches, while in its `with`, every process that was started with this `SPARKVSR_HOME`.

    That finds client, supervisor and worker, also where they are not each other's children.
    """

    def __init__(self, home: Path) -> None:
        self._mark = b"\0SPARKVSR_HOME=" + str(home).encode() + b"\0"
        self._peaks: dict[str, int] = {}  # process id to KiB
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def mebibytes(self) -> float | None:
        """Sum of the peaks of the processes' resident memory; None where it cannot be measured.

        Pages that processes share are counted in each, so this is an upper bound.
        """
        return sum(self._peaks.values()) / 1024 or None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            for process in _PROC.glob("[0-9]*"):
                try:
                    if self._mark in b"\0" + (process / "environ").read_bytes():
                        self._note(process.name, (process / "status").read_text())
                except OSError:  # it ended, or is another user's
                    continue

    def _note(self, process: str, status: str) -> None:
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self._peaks[process] = max(self._peaks.get(process, 0), int(line.split()[1]))
