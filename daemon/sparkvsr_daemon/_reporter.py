"""Tells clients how a job gets on: notices at once, progress at most ten times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ._job import Job
from ._log import job_log
from ._messages import Message, NoticeEvent, NoticeKind, Progress
from .errors import MAX_TEXT

_PROGRESS_S: Final = 0.1
_MAX_NOTICES: Final = 100
_MAX_NOTICE_DATA: Final = 16 << 10

Publish = Callable[[Job, Message], None]


class Reporter:
    """Speaks to every client that follows a job.

    Args:
        publish: sends a message to all of them.
    """

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self._due: dict[str, tuple[float, Job]] = {}
        self._last: dict[str, float] = {}

    def say(self, job: Job, kind: NoticeKind, text: str, data: dict[str, Any]) -> None:
        """Something that the person should know; who follows the job later is told, too."""
        if len(msgspec.msgpack.encode(data)) > _MAX_NOTICE_DATA:
            job_log(job.id).warning("the data of a notice is too large to be sent")
            data = {}
        notice = NoticeEvent(job=job.id, kind=kind, text=text[:MAX_TEXT], data=data)
        job.notices = [*job.notices, notice][-_MAX_NOTICES:]
        self.publish(job, notice)

    def moved(self, job: Job) -> None:
        """A frame was finished: tell soon."""
        due = self._last.get(job.id, 0.0) + _PROGRESS_S
        self._due.setdefault(job.id, (due, job))

    def tick(self) -> None:
        """Tell what is due."""
        now = time.monotonic()
        for due, job in list(self._due.values()):
            if now >= due:
                self.progress(job)

    def progress(self, job: Job) -> None:
        """Tell now how far a job is."""
        self._due.pop(job.id, None)
        self._last[job.id] = time.monotonic()
        self.publish(job, Progress(job=job.id, done=job.done, of=job.frames))

    def close(self, job: Job) -> None:
        """A job does not run any more."""
        self._due.pop(job.id, None)
        self._last.pop(job.id, None)

    def seconds_to_deadline(self) -> float:
        """How long `tick` may wait."""
        return min((due for due, _ in self._due.values()), default=float("inf")) - time.monotonic()
