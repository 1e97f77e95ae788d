"""Runs queued jobs on the worker, one by one, and turns what it says into states and messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from sparkvsr.errors import CancelledError, SparkVSRError

from ._jobs import Job, JobTable
from ._log import LOG
from ._messages import CancelledEvent, Failed, Message, NoticeEvent, Progress
from ._pipe import CancelJob, FrameStored, FromWorker, JobFinished, RunJob, WorkerNotice
from ._worker_process import WorkerProcess
from .errors import MAX_TEXT, WorkerCrashedError, from_wire, to_wire
from .paths import Paths
from .store import Store

CANCEL_GRACE_S: Final = 5.0
_PROGRESS_S: Final = 0.1
_MAX_NOTICES: Final = 100
_MAX_NOTICE_DATA: Final = 16 << 10

Publish = Callable[[Job, Message], None]


class Runner:
    """Owns the worker. The worker is started at the first job and kept for the next ones.

    Args:
        publish: sends a message to every client that is attached to a job.
        wake: called from another thread when `tick` has something to do.
    """

    def __init__(
        self,
        paths: Paths,
        store: Store,
        jobs: JobTable,
        publish: Publish,
        wake: Callable[[], None],
    ) -> None:
        self._paths = paths
        self._store = store
        self._jobs = jobs
        self._publish = publish
        self._wake = wake
        self._worker: WorkerProcess | None = None
        self._job: Job | None = None
        self._kill_at = float("inf")
        self._progress_at = float("inf")
        self._last_progress = 0.0
        self.frames_computed = 0

    @property
    def worker_pid(self) -> int:
        """Process id of the worker; 0 when there is none."""
        return self._worker.pid if self._worker else 0

    def tick(self) -> None:
        """Take in what the worker said, keep deadlines, start the next job."""
        if self._worker is not None:
            for event in self._worker.events():
                if event is None:
                    self._worker_gone()
                    break
                self._take(event)
        now = time.monotonic()
        if now >= self._progress_at:
            self._send_progress()
        if now >= self._kill_at:
            self._kill_cancelled()
        if self._job is None:
            self._start_next()

    def seconds_to_deadline(self) -> float:
        """How long `tick` may wait if nothing else happens."""
        return max(0.0, min(self._kill_at, self._progress_at) - time.monotonic())

    def cancel(self, job: Job) -> None:
        """Cancel a queued job at once, the running one as soon as it can stop; no other."""
        if job.state == "queued":
            self._jobs.withdraw(job)
            self._cancelled(job)
        elif job.state == "running" and self._worker is not None:
            job.state = "cancelling"
            self._kill_at = time.monotonic() + CANCEL_GRACE_S
            self._worker.send(CancelJob(job.id))

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None
        if self._job is not None:
            self._store.drop_results(self._job.id)
            self._job = None

    def _start_next(self) -> None:
        job = self._jobs.take_next()
        if job is None:
            return
        self._store.drop_results(job.id)
        if self._worker is None:
            try:
                self._worker = WorkerProcess(self._paths, self._wake)
            except OSError as error:
                LOG.exception("no worker can be started")
                self._fail(job, WorkerCrashedError(f"No worker can be started: {error.strerror}."))
                return
        LOG.info("job %s: running %s on %d frames", job.id[:12], job.engine, job.frames)
        job.state = "running"
        self._job = job
        self._worker.send(RunJob(job.id))

    def _take(self, event: FromWorker) -> None:
        job = self._job
        if job is None or event.job != job.id:
            return
        if isinstance(event, WorkerNotice):
            self._pass_on(job, event)
        elif isinstance(event, FrameStored):
            job.trust.append(event.trust)
            self.frames_computed += 1
            self._progress_at = min(self._progress_at, self._last_progress + _PROGRESS_S)
        elif isinstance(event, JobFinished):
            self._finish(job)
        elif event.code == CancelledError.code:
            self._cancelled(job)
        else:
            self._fail(job, from_wire(event.code, event.message, event.hint))

    def _pass_on(self, job: Job, event: WorkerNotice) -> None:
        data = event.data
        if len(msgspec.msgpack.encode(data)) > _MAX_NOTICE_DATA:
            LOG.warning("job %s: the data of a notice is too large to be sent", job.id[:12])
            data = {}
        notice = NoticeEvent(job=job.id, kind=event.kind, text=event.text[:MAX_TEXT], data=data)
        job.notices = [*job.notices, notice][-_MAX_NOTICES:]
        self._publish(job, notice)

    def _finish(self, job: Job) -> None:
        self._send_progress()
        job.state = "done"
        try:
            self._store.complete(job.id, msgspec.json.encode(job))
        except (SparkVSRError, OSError) as error:
            self._fail(job, error)
            return
        LOG.info("job %s: done", job.id[:12])
        self._release(job)

    def _fail(self, job: Job, error: Exception) -> None:
        job.state = "failed"
        job.failure = Failed(job=job.id, **to_wire(error))
        LOG.error("job %s: failed: %s", job.id[:12], job.failure.code, exc_info=error)
        self._discard(job)
        self._publish(job, job.failure)

    def _cancelled(self, job: Job) -> None:
        LOG.info("job %s: cancelled", job.id[:12])
        job.state = "cancelled"
        self._discard(job)
        self._publish(job, CancelledEvent(job=job.id))

    def _discard(self, job: Job) -> None:
        job.trust = []
        self._store.drop_results(job.id)
        self._release(job)

    def _release(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self._kill_at = self._progress_at = float("inf")

    def _send_progress(self) -> None:
        self._progress_at = float("inf")
        self._last_progress = time.monotonic()
        if self._job is not None:
            job = self._job
            self._publish(job, Progress(job=job.id, done=job.done, of=job.frames))

    def _kill_cancelled(self) -> None:
        if self._worker is not None and self._job is not None:
            LOG.warning("job %s: does not stop, so the worker is killed", self._job.id[:12])
            self._worker.kill()
            self._worker = None
            self._cancelled(self._job)

    def _worker_gone(self) -> None:
        if self._worker is None:
            return
        status = self._worker.kill()
        self._worker = None
        if self._job is None:
            return
        if self._job.state == "cancelling":
            self._cancelled(self._job)
            return
        how = f"signal {-status}" if status < 0 else f"status {status}"
        self._fail(
            self._job,
            WorkerCrashedError(
                f"The process that ran the job died ({how}).",
                f"See {self._paths.log_file} for its last words, then run the job again.",
            ),
        )
