"""The progress dialog: one per task, there as long as the object lives."""

# ruff: noqa: N802
from __future__ import annotations

import weakref
from typing import Any

from .host import api_class, host


class ProgressWatch:
    """What tests see of the dialogs, and how they press cancel."""

    def __init__(self) -> None:
        self.live: weakref.WeakSet[Any] = weakref.WeakSet()
        self.titles: list[str] = []
        self.messages: list[str] = []
        self.values: list[int] = []
        self.polls = 0
        self.cancel_at_poll: int | None = None


@api_class
class ProgressTask:
    """`ProgressTask(title)`, made on the main thread, moved and polled from any."""

    def __init__(self, title: str) -> None:
        session = host()
        session.check_main("nuke.ProgressTask")
        if not session.profile.gui and not session.profile.terminal_progress:
            raise RuntimeError("there is no progress dialog in a terminal session")
        if not isinstance(title, str):
            raise TypeError("the title is a text")
        self._watch: ProgressWatch = session.progress_watch
        self._cancelled = False
        self._watch.live.add(self)
        self._watch.titles.append(title)

    def setMessage(self, message: str) -> None:
        if not isinstance(message, str):
            raise TypeError("the message is a text")
        self._watch.messages.append(message)

    def setProgress(self, progress: int) -> None:
        if not isinstance(progress, int):
            raise TypeError("the progress is a whole number")
        self._watch.values.append(progress)

    def isCancelled(self) -> bool:
        """True from the poll on that the test chose; it cannot be taken back."""
        at = self._watch.cancel_at_poll
        self._cancelled = self._cancelled or (at is not None and self._watch.polls >= at)
        self._watch.polls += 1
        return self._cancelled
