"""How a run talks: lines for a person, or lines of JSON for a program."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Optional, TextIO

_PROGRESS_EVERY_S = 2.0

Event = dict[str, Any]


class Voice:
    """Usable from any thread.

    Every event has `event`, its kind, and `text`, which says all of it to a person.

    Args:
        write: takes one event at a time.
        every_s: progress that comes sooner is left out; the last one never is.
    """

    def __init__(self, write: Callable[[Event], None], every_s: float = _PROGRESS_EVERY_S) -> None:
        self._write = write
        self._every_s = every_s
        self._lock = threading.Lock()
        self._progress_at = float("-inf")

    def tell(self, event: str, text: str, **fields: Any) -> None:
        with self._lock:
            self._write({"event": event, "text": text, **fields})

    def say(self, text: str) -> None:
        """What is being done."""
        self.tell("notice", text, kind="note")

    def warn(self, text: str) -> None:
        """What a person should know."""
        self.tell("notice", text, kind="warning")

    def progress(self, frames: int, of: int) -> None:
        """So many frames are restored."""
        now = time.monotonic()
        if frames == of or now - self._progress_at >= self._every_s:
            self._progress_at = now
            self.tell("progress", f"Restored {frames} of {of} frames", frames=frames, of=of)

    def fail(self, code: str, message: str, hint: str) -> None:
        """Why it ends."""
        text = f"{message} {hint}".strip()
        self.tell("error", text, code=code, message=message, hint=hint)


def print_text(event: Event) -> None:
    """To the console of Resolve, or a terminal."""
    print(event["text"], flush=True)


class JsonLines:
    """Lines of JSON for the process that started this one.

    Args:
        out: taken from this process: what libraries print goes to stderr from now on.
    """

    def __init__(self, out: Optional[TextIO] = None) -> None:
        self._out = out or sys.stdout
        sys.stdout = sys.stderr

    def __call__(self, event: Event) -> None:
        try:
            self._out.write(json.dumps(event) + "\n")
            self._out.flush()
        except OSError:  # nobody reads any more: what is under way is to end well all the same
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())
