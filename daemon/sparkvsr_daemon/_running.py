"""Jobs on workers, and what becomes of one that stops: done, queued, paused, parked or failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sparkvsr.errors import CancelledError, DeviceError, DiskFullError

from ._crew import Crew, Hand
from ._desk import WindowDesk
from ._job import Job
from ._jobs import JobTable
from ._log import job_log
from ._messages import CancelledEvent, Failed, JobState
from ._pipe import JobStopped
from ._reporter import Reporter
from .errors import WorkerCrashedError, from_wire, to_wire

_CRASHES: Final = 5


@dataclass(eq=False)
class Running:
    """A job on the worker that leads it.

    Attributes:
        then: the state that it is to have when it has stopped; None while it is to go on.
        kill_at: on the monotonic clock, when its worker has had time enough to stop.
    """

    job: Job
    hand: Hand
    then: JobState | None = None
    kill_at: float = float("inf")


class RunningJobs:
    """Every job that a worker leads."""

    def __init__(self, jobs: JobTable, desk: WindowDesk, crew: Crew, reporter: Reporter) -> None:
        self._jobs, self._desk, self._crew, self._reporter = jobs, desk, crew, reporter
        self._running: dict[str, Running] = {}

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def __len__(self) -> int:
        return len(self._running)

    def get(self, job: Job) -> Running | None:
        """A job on its worker, or None."""
        return self._running.get(job.id)

    def add(self, job: Job, hand: Hand) -> None:
        """A worker is to lead a job."""
        self._jobs.enter(job, "running")
        self._running[job.id] = Running(job, hand)
        hand.jobs.append(job.id)

    def finish(self, job: Job) -> None:
        """All frames of a job are in the store."""
        job_log(job.id).info("done")
        self._jobs.finished(job)
        self._release(job)

    def stopped(self, running: Running, event: JobStopped) -> None:
        """A worker has left a job."""
        job = running.job
        if running.then is not None:
            self.ended_early(job, running.then)
        elif event.code == CancelledError.code:  # it was in the way of one that had to stop
            self.ended_early(job, "queued")
        elif event.code == DiskFullError.code:
            job.waits_for_room = max(job.bytes_to_come, 2 * job.room_tried)
            self.ended_early(job, "paused", event.message)
        elif event.code == DeviceError.code:  # its process is of no use any more
            job_log(job.id).error("%s", event.message)
            self.hand_gone(running.hand)
        else:
            self.fail(job, from_wire(event.code, event.message, event.hint))

    def ended_early(self, job: Job, state: JobState, reason: str = "") -> None:
        """A job does not run any more, though no error ended it."""
        job_log(job.id).info("%s %s", state, reason)
        self._jobs.enter(job, state, reason)
        self._release(job)
        if state == "cancelled":
            self._reporter.publish(job, CancelledEvent(job=job.id))
        elif state == "paused":
            text = f"Job {job.short} is paused. {reason}".strip()
            self._reporter.say(job, "warning", text, {"paused": True})

    def fail(self, job: Job, error: Exception, state: JobState = "failed") -> None:
        """An error has ended a job."""
        job.failure = Failed(job=job.id, **to_wire(error))
        job_log(job.id).error("%s: %s", state, job.failure.code, exc_info=error)
        self._jobs.enter(job, state, job.failure.message)
        self._release(job)
        self._reporter.publish(job, job.failure)

    def hand_gone(self, hand: Hand) -> None:
        """A worker has died, or must; its jobs are queued again, unless they were to stop."""
        if hand not in self._crew.hands:
            return
        how = self._crew.lost(hand)
        self._desk.gone(hand)
        was_at = hand.current or "".join(hand.jobs[:1])  # it may have died before it began
        for name in list(hand.jobs):
            running = self._running[name]
            if running.then is not None:
                self.ended_early(running.job, running.then)
            elif name == was_at:
                self._crashed(running.job, how)
            else:
                self.ended_early(running.job, "queued")
        if hand.helping is not None and hand.helping.job in self._running:
            self._running[hand.helping.job].job.crashes += 1

    def _crashed(self, job: Job, how: str) -> None:
        job_log(job.id).error("its worker died (%s)", how)
        job.crashes += 1
        if job.crashes < _CRASHES:
            self.ended_early(job, "queued")
            text = "The process that ran the job died; another one goes on."
            self._reporter.say(job, "warning", text, {"crashes": job.crashes})
            return
        error = WorkerCrashedError(
            f"The process that ran the job died {job.crashes} times in a row ({how}).",
            f"`sparkvsr logs {job.short}` tells more; `sparkvsr retry {job.short}` tries again.",
        )
        self.fail(job, error, "parked")

    def _release(self, job: Job) -> None:
        running = self._running.pop(job.id, None)
        if running is not None:
            self._desk.close(job)
            self._reporter.close(job)
            if job.id in running.hand.jobs:
                running.hand.jobs.remove(job.id)
            running.hand.current = running.hand.jobs[-1] if running.hand.jobs else ""
            running.hand.rest()
