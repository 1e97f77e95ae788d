"""The daemon's jobs, kept in the journal, and the queue: previews first, then clients in turn."""

from __future__ import annotations

import time
from itertools import count
from typing import Final

from sparkvsr.errors import SparkVSRError

from ._admission import Admission
from ._job import Job
from ._log import job_log
from ._messages import MAX_LISTED_JOBS, Failed, JobInfo, JobState
from ._results import Results
from .errors import ManifestError, UnknownJobError, WorkerCrashedError, to_wire
from .journal import Journal
from .manifest import Manifest

_REMEMBERED: Final = 256
_DAEMON_CRASHES: Final = 2


class JobTable:
    """Every job that the daemon knows."""

    def __init__(self, journal: Journal, results: Results, admission: Admission) -> None:
        self._journal, self._results, self._admission = journal, results, admission
        self._jobs: dict[str, Job] = {}
        self._turns: dict[str, int] = {}
        self._turn = count(1)
        self._order = count(1)

    def recover(self) -> None:
        """Take up what an earlier daemon left; what the store lacks is believed no longer."""
        for job in self._journal.jobs():
            self._jobs[job.id] = job
            self._order = count(job.order + 1)
            if job.on_worker:
                self._after_crash(job)
            if job.active:
                self._recover_active(job)
        self._results.remove_unknown(set(self._jobs))

    def submit(self, manifest_digest: str, client: str) -> Job:
        """The job of a manifest: the one there is, or a new one at the end of the queue.

        Raises:
            ManifestError: the manifest is not valid, or blobs are missing.
            LimitError: too many jobs wait, or this has too many frames.
            StoreFullError: its results could not be kept.
        """
        job = self._jobs.get(manifest_digest)
        if job is not None and (job.active or job.state in ("done", "parked")):
            self._results.touch(job)
            return job
        return self._queue(manifest_digest, client)

    def retry(self, job: Job, client: str) -> Job:
        """Queue a job again that has ended without success; others are left as they are.

        Raises:
            See `submit`.
        """
        return job if job.active or job.state == "done" else self._queue(job.id, client)

    def find(self, name: str) -> Job:
        """The job whose id begins with `name`.

        Raises:
            UnknownJobError: there is none, or several.
        """
        found = [job for identifier, job in self._jobs.items() if identifier.startswith(name)]
        if len(found) > 1:
            raise UnknownJobError(f"{len(found)} jobs begin with {name}.", "Give more of the id.")
        if not found:
            raise UnknownJobError(f"There is no job {name}.", "`sparkvsr jobs` lists them.")
        return found[0]

    def active(self) -> list[Job]:
        """Those that wait or run."""
        return [job for job in self._jobs.values() if job.active]

    def waiting(self) -> list[Job]:
        """Queued jobs in the order in which they will be run, if no other comes."""
        queued = sorted(
            (job for job in self._jobs.values() if job.state == "queued"), key=lambda j: j.order
        )
        turns, ranked = dict(self._turns), []
        batch = [job for job in queued if not job.preview]
        while batch:
            job = min(batch, key=lambda j: (turns.get(j.client, 0), j.order))
            batch.remove(job)
            turns[job.client] = max(turns.values(), default=0) + 1
            ranked.append(job)
        return [job for job in queued if job.preview] + ranked

    def get(self, identifier: str) -> Job | None:
        """A job by its whole id."""
        return self._jobs.get(identifier)

    def requeue(self, job: Job) -> None:
        """Queue a finished job again, in its old place, since some of its frames are lost.

        Raises:
            ManifestError: its pictures are no longer there.
        """
        self._enter_queue(job, self._admission.manifest(job.id))

    def finished(self, job: Job) -> None:
        """All frames of a job are in the store; its windows are of no use any more."""
        self._results.finish(job)
        self.enter(job, "done")

    def next(self, *, preview: bool) -> Job | None:
        """The queued preview, or batch job, whose turn it is."""
        queued = [j for j in self._jobs.values() if j.state == "queued" and j.preview == preview]
        return min(queued, key=self._rank, default=None)

    def begun(self, job: Job) -> None:
        """A worker was given a job: its client has had its turn, unless it was a preview."""
        if not job.preview:
            self._turns[job.client] = next(self._turn)

    def ahead(self, job: Job) -> int:
        """How many jobs are run before a queued one, counting the running ones."""
        if job.state != "queued":
            return 0
        running = sum(other.on_worker for other in self._jobs.values())
        return self.waiting().index(job) + running

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return sum(job.state == "queued" for job in self._jobs.values())

    def newest(self) -> tuple[JobInfo, ...]:
        """The latest jobs, oldest first, as many as fit into one message."""
        return tuple(job.info() for job in list(self._jobs.values())[-MAX_LISTED_JOBS:])

    def enter(self, job: Job, state: JobState, reason: str = "") -> None:
        """Give a job another state, for good."""
        job.state, job.reason = state, reason
        self._journal.save(job)
        if not job.active:
            self._admission.release(job)
            self._forget_old()

    def got_on(self, job: Job) -> None:
        """A job gets on: what made earlier tries fail has not stopped it."""
        if job.crashes or job.daemon_crashes:
            job.crashes = job.daemon_crashes = 0
            self._journal.save(job)

    def forgotten(self, name: str) -> None:
        """The results of a job were removed to make room; so is the job."""
        self._jobs.pop(name, None)
        self._results.forget(name)

    def _queue(self, digest: str, client: str) -> Job:
        manifest = self._admission.manifest(digest)
        job = self._jobs.get(digest) or _new_job(digest, manifest)
        self._admission.check(job, manifest, self.queued)
        job.order, job.client, job.created = next(self._order), client, time.time()
        job.crashes = job.daemon_crashes = 0
        self._jobs.pop(digest, None)
        self._jobs[digest] = job
        self._enter_queue(job, manifest)
        job_log(job.id).info("queued, %d frames for %s", job.frames, job.engine)
        return job

    def _enter_queue(self, job: Job, manifest: Manifest) -> None:
        self._admission.hold(job, manifest)
        self._results.check(job)
        job.failure, job.waits_for_room, job.room_tried = None, 0, 0
        self.enter(job, "queued")

    def _after_crash(self, job: Job) -> None:
        if job.state == "cancelling":
            self.enter(job, "cancelled")
            return
        if job.state == "pausing":
            self.enter(job, "paused")
            return
        job.daemon_crashes += 1
        if job.daemon_crashes < _DAEMON_CRASHES:
            self.enter(job, "queued")
            return
        self._park(
            job,
            WorkerCrashedError(
                f"The daemon died {job.daemon_crashes} times in a row while it ran this job.",
                f"`sparkvsr logs {job.short}` tells more; `sparkvsr retry {job.short}` tries "
                "again.",
            ),
        )

    def _park(self, job: Job, error: SparkVSRError) -> None:
        job.failure = Failed(job=job.id, **to_wire(error))
        self.enter(job, "parked", error.message)

    def _recover_active(self, job: Job) -> None:
        try:
            manifest = self._admission.manifest(job.id)
        except ManifestError as error:
            self._park(job, error)
        else:
            self._admission.hold(job, manifest)
            self._results.check(job)

    def _rank(self, job: Job) -> tuple[int, int]:
        return (0 if job.preview else self._turns.get(job.client, 0), job.order)

    def _forget_old(self) -> None:
        empty = [job for job in self._jobs.values() if not job.active and not job.done]
        for old in empty[:-_REMEMBERED]:
            self.forgotten(old.id)


def _new_job(digest: str, manifest: Manifest) -> Job:
    return Job(
        id=digest,
        order=0,
        client="",
        preview=manifest.preview is not None,
        frames=len(manifest.results),
        engine=manifest.settings.engine,
        engine_version=manifest.engine_version,
        layout=manifest.result,
        created=0.0,
    )
