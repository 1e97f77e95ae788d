"""How far a run is: in Nuke's progress window and the node's status line, or printed."""

from __future__ import annotations

import time
from typing import Any, Optional, Protocol

import nuke

from .main_thread import on_main_thread
from .status import set_status

_WINDOW_EVERY_S = 0.1
_STATUS_EVERY_S = 0.5
_PRINT_EVERY_S = 2.0
_WHOLE = 100


class Progress(Protocol):
    """Usable from any thread."""

    def show(self, text: str, percent: int) -> None:
        """Say where a run is; what comes too fast is left out."""

    def cancelled(self) -> bool:
        """Whether a person cancelled it there."""

    def close(self) -> None: ...


class _Pace:
    """Lets something new through at most every so many seconds; beginnings and ends always."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._last = float("-inf")
        self._text = ""

    def is_due(self, text: str, percent: int) -> bool:
        begins = text.partition(":")[0] != self._text.partition(":")[0]
        now = time.monotonic()
        late = begins or percent == _WHOLE or now - self._last >= self._every_s
        due = late and text != self._text
        if due:
            self._text, self._last = text, now
        return due


class WindowProgress:
    """A `nuke.ProgressTask`; made on the main thread."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._task: Optional[Any] = nuke.ProgressTask(f"SparkVSR: {node.name()}")
        self._window, self._status = _Pace(_WINDOW_EVERY_S), _Pace(_STATUS_EVERY_S)

    def show(self, text: str, percent: int) -> None:
        task = self._task
        if task is not None and self._window.is_due(text, percent):
            task.setMessage(text)
            task.setProgress(percent)
        if self._status.is_due(text, percent):
            on_main_thread(lambda: set_status(self._node, text))

    def cancelled(self) -> bool:
        task = self._task
        return task is not None and bool(task.isCancelled())

    def close(self) -> None:
        self._task = None  # the window goes with its object


class PrintedProgress:
    """Lines on the terminal, for `nuke -t`."""

    def __init__(self) -> None:
        self._pace = _Pace(_PRINT_EVERY_S)

    def show(self, text: str, percent: int) -> None:
        if text and self._pace.is_due(text, percent):
            print(f"SparkVSR: {text}", flush=True)

    def cancelled(self) -> bool:
        return False

    def close(self) -> None:
        """There is nothing to close."""
