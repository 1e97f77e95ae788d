"""The other end of an actor's pipe: what it told, read in the background."""

from __future__ import annotations

import json
import subprocess
import threading
from typing import Any

from ._home import Home, wait_until


class Actor:
    """One of `_actors`, started in a home and killed with it.

    Attributes:
        told: everything that it said, in order.
    """

    def __init__(self, home: Home, *arguments: object) -> None:
        self.told: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] = home.actor(*arguments)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def count(self, what: str) -> int:
        """How often it told this."""
        return sum(what in told for told in list(self.told))

    def find(self, what: str) -> Any:
        """What it told last of this; None when it did not."""
        return next((told[what] for told in reversed(self.told) if what in told), None)

    def wait_for(self, what: str, times: int = 1, patience_s: float = 120.0) -> None:
        """Wait until it has told this so often.

        Raises:
            RuntimeError: it never did.
        """
        wait_until(lambda: self.count(what) >= times or not self._reader.is_alive(), patience_s)
        if self.count(what) < times:
            raise RuntimeError(
                f"A client was to tell {what} {times} times; it told {self.told[-3:]}"
            )

    def go(self) -> None:
        """Let it go on after it said that it is ready."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - a pipe
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.told.append(json.loads(line))
