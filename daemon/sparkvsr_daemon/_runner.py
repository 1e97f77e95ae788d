"""Gives jobs and windows to workers, takes in what they say, and does what people ask for."""

from __future__ import annotations

import time
from typing import Final

from sparkvsr.errors import DeviceError, SparkVSRError

from ._crew import Crew, Hand
from ._desk import WindowDesk
from ._job import Job, StoredFrame
from ._jobs import JobTable
from ._log import LOG, job_log
from ._messages import JobState, WorkerInfo
from ._pipe import (
    FrameStored,
    FromWorker,
    HelpEnded,
    JobFinished,
    JobPlanned,
    JobStarted,
    JobStopped,
    RestoreWindow,
    RunJob,
    StopJob,
    WindowDamaged,
    WindowDropped,
    WindowStored,
    WindowWanted,
    WorkerNotice,
)
from ._reporter import Reporter
from ._results import Results
from ._running import Running, RunningJobs
from .errors import BusyError, WorkerCrashedError
from .journal import Journal
from .store import Store

_ROOM_CHECK_S: Final = 5.0
_NEVER: Final = float("inf")


class Runner:
    """Runs queued jobs: previews at the next window border, others one after another.

    Args:
        grace_s: how long a worker may take to stop a job before it is killed.

    Attributes:
        paused: the whole queue waits.
        frames_computed, windows_restored: since the start of the daemon.
    """

    def __init__(
        self,
        journal: Journal,
        store: Store,
        jobs: JobTable,
        results: Results,
        desk: WindowDesk,
        crew: Crew,
        reporter: Reporter,
        grace_s: float,
    ) -> None:
        self._journal, self._store, self._jobs, self._results = journal, store, jobs, results
        self._desk, self._crew, self._reporter = desk, crew, reporter
        self._grace_s = grace_s
        self._running = RunningJobs(jobs, desk, crew, reporter)
        self._room_check_at = 0.0
        self.paused = journal.paused
        self.frames_computed = 0
        self.windows_restored = 0

    @property
    def busy(self) -> bool:
        """Something runs, or will as soon as it can."""
        return self.to_do > 0

    @property
    def to_do(self) -> int:
        """How many jobs run, or will as soon as they can."""
        return len(self._running) + (0 if self.paused else self._jobs.queued)

    def workers(self) -> tuple[WorkerInfo, ...]:
        """Every worker, and what it is at."""
        return tuple(
            WorkerInfo(
                pid=hand.process.pid,
                job=hand.helping.job if hand.helping else "".join(hand.jobs[-1:]),
            )
            for hand in self._crew.hands
        )

    def tick(self) -> None:
        """Take in what workers said, keep deadlines, hand out work."""
        for hand, event in self._crew.events():
            if event is None:
                self._running.hand_gone(hand)
            else:
                self._take(hand, event)
        now = time.monotonic()
        for running in list(self._running):
            if now >= running.kill_at:
                job_log(running.job.id).warning("does not stop, so its worker is killed")
                self._running.hand_gone(running.hand)
        self._reporter.tick()
        if now >= self._room_check_at:
            self._room_check_at = now + _ROOM_CHECK_S
            self._wake_for_room()
        if not self.paused:
            self._hand_out()
        self._desk.answer()
        self._crew.end_idle()

    def seconds_to_deadline(self) -> float:
        """How long `tick` may wait if nothing else happens."""
        kills = min((running.kill_at for running in self._running), default=_NEVER)
        others = self._crew.seconds_to_deadline(), self._reporter.seconds_to_deadline()
        return max(0.0, min(kills - time.monotonic(), *others))

    def cancel(self, job: Job) -> None:
        """Cancel a waiting job at once, a running one as soon as it can stop; no other."""
        self._stop(job, "cancelled")

    def pause(self, job: Job) -> bool:
        """Let a job wait; what it has finished is kept. False if it has ended, or waits already."""
        if job.state not in ("queued", "running"):
            return False
        self._stop(job, "paused")
        return True

    def resume(self, job: Job) -> bool:
        """Let a paused job go on."""
        if job.state == "pausing":
            running = self._running.get(job)
            if running is not None:
                running.then = "queued"
            return running is not None
        if job.state != "paused":
            return False
        job.waits_for_room, job.room_tried = 0, job.waits_for_room
        self._jobs.enter(job, "queued")
        return True

    def pause_all(self, paused: bool) -> None:
        """Let the whole queue wait, or go on."""
        self.paused = self._journal.paused = paused
        if paused:
            for running in list(self._running):
                self._stop(running.job, "queued")

    def damaged(self, job: Job, position: int) -> None:
        """A restored frame is not what was written: it and those behind it are made again."""
        job_log(job.id).warning("restored frame %d is damaged and made again", position)
        self._results.cut(job, position)
        if job.state == "done":
            try:
                self._jobs.requeue(job)
            except SparkVSRError as error:
                self._running.fail(job, error)
        elif job.on_worker:
            self._stop(job, "queued")

    def unload(self) -> int:
        """End the workers; gives how many there were.

        Raises:
            BusyError: one of them runs a job.
        """
        running = next(iter(self._running), None)
        if running is not None:
            short = running.job.short
            raise BusyError(
                f"Job {short} is running.", f"Let it wait first: sparkvsr pause {short}."
            )
        ended = len(self._crew.hands)
        self._crew.close()
        return ended

    def close(self) -> None:
        """End the workers, whatever they are doing; a running job goes on at the next start."""
        self._crew.close()
        self._store.remove_parts()
        for running in list(self._running):
            self._running.ended_early(running.job, running.then or "queued")

    def _stop(self, job: Job, then: JobState) -> None:
        running = self._running.get(job)
        if running is None:
            if job.active and job.state != then:
                self._running.ended_early(job, then)
            return
        if running.then != "cancelled":  # nothing takes a cancel back
            running.then = then
        states: dict[JobState, JobState] = {"cancelled": "cancelling", "paused": "pausing"}
        self._jobs.enter(job, states.get(running.then, "running"))
        running.kill_at = min(running.kill_at, time.monotonic() + self._grace_s)
        for hand in self._crew.hands:
            if hand is running.hand or (hand.helping and hand.helping.job == job.id):
                hand.send(StopJob(job.id))

    def _hand_out(self) -> None:
        try:
            self._start_previews()
            while (hand := self._worker_for_work()) is not None:
                if (window := self._desk.help(hand)) is not None:
                    hand.helping = window
                    hand.send(window)
                elif (job := self._jobs.next(preview=False)) is not None:
                    self._start(job, hand)
                else:
                    return
        except OSError as error:
            LOG.exception("no worker can be started")
            for job in self._jobs.waiting():
                reason = f"No worker can be started: {error.strerror}."
                self._running.fail(job, WorkerCrashedError(reason, "See `sparkvsr doctor`."))

    def _worker_for_work(self) -> Hand | None:
        """An idle worker; none is started without need."""
        idle = next((hand for hand in self._crew.hands if hand.idle), None)
        if idle is None and (self._desk.can_be_helped or self._jobs.next(preview=False)):
            return self._crew.idle_hand()
        return idle

    def _start_previews(self) -> None:
        while (job := self._jobs.next(preview=True)) is not None:
            hand = self._crew.idle_hand()
            if hand is None:
                leading = (hand for hand in self._crew.hands if len(hand.jobs) == 1)
                hand = next(leading, None)
            if hand is None:
                return
            self._start(job, hand)

    def _start(self, job: Job, hand: Hand) -> None:
        self._jobs.begun(job)
        if job.done == job.frames:
            self._running.finish(job)
            return
        job_log(job.id).info("runs %s on %d frames, from %d on", job.engine, job.frames, job.done)
        job.notices = []
        self._running.add(job, hand)
        hand.send(RunJob(job.id, job.done, job.choice))
        if job.done or job.windows_kept:
            data = {"done": job.done, "windows_kept": job.windows_kept}
            self._reporter.say(job, "note", _resumed(job), data)

    def _take(self, hand: Hand, event: FromWorker) -> None:
        job = self._jobs.get(event.job)
        if job is None:
            return
        running = self._running.get(job)
        leads = running is not None and running.hand is hand
        match event:
            case JobStarted():
                hand.current = event.job
            case WorkerNotice():
                self._reporter.say(job, event.kind, event.text, event.data)
            case FrameStored() | JobFinished() | JobStopped():
                if running is not None and leads:
                    self._led(running, event)
            case JobPlanned():
                if leads:
                    self._crew.devices = max(self._crew.devices, event.devices)
                    self._desk.plan(hand, job, event, self._helping())
            case WindowWanted():
                self._desk.want(hand, event)
            case WindowStored():
                self._crew.got_on()
                self.windows_restored += 1
                self._desk.keep(job, event)
            case WindowDamaged() | WindowDropped():
                self._desk.lose(job, event)
            case HelpEnded():
                hand.helping = None
                hand.rest()
                self._desk.helped(hand, job, event)
                if event.code == DeviceError.code:
                    self._running.hand_gone(hand)

    def _led(self, running: Running, event: FrameStored | JobFinished | JobStopped) -> None:
        if isinstance(event, FrameStored):
            self._frame(running, event)
        elif isinstance(event, JobFinished):
            self._reporter.progress(running.job)
            self._running.finish(running.job)
        else:
            self._running.stopped(running, event)

    def _helping(self) -> list[tuple[Hand, RestoreWindow]]:
        return [(hand, hand.helping) for hand in self._crew.hands if hand.helping is not None]

    def _frame(self, running: Running, event: FrameStored) -> None:
        if event.index != running.job.done:
            return  # of before a cut
        self._results.add(running.job, StoredFrame(event.trust, event.crc32))
        self._jobs.got_on(running.job)
        self._crew.got_on()
        self.frames_computed += 1
        self._reporter.moved(running.job)

    def _wake_for_room(self) -> None:
        for job in self._jobs.active():
            if 0 < job.waits_for_room < self._store.free:
                job_log(job.id).info("there is room again")
                self._journal.restore_ballast()
                self.resume(job)


def _resumed(job: Job) -> str:
    frames = f"{job.done} of {job.frames} frames"
    return f"Job {job.short} goes on: {frames} and {job.windows_kept} windows are finished."
