"""The daemon's jobs, kept in the journal, and the queue: previews first, then clients in turn."""

from __future__ import annotations

import time
from itertools import count
from typing import Final

from sparkvsr.errors import SparkVSRError

from ._job import Job, StoredFrame
from ._messages import MAX_LISTED_JOBS, Failed, JobInfo, JobState
from ._room import Item, Room
from .errors import LimitError, ManifestError, UnknownJobError, WorkerCrashedError, to_wire
from .journal import Journal
from .manifest import Manifest, parse_manifest
from .store import Store, plan_name

_REMEMBERED: Final = 256
_WINDOWS_WAITING: Final = 4
_USUAL_WINDOW: Final = 33
_DAEMON_CRASHES: Final = 2


class JobTable:
    """Every job that the daemon knows.

    Args:
        max_queued: jobs that may wait at once.
        max_frames: of a job.
    """

    def __init__(
        self, journal: Journal, store: Store, room: Room, max_queued: int, max_frames: int
    ) -> None:
        self._journal, self._store, self._room = journal, store, room
        self._max_queued, self._max_frames = max_queued, max_frames
        self._jobs: dict[str, Job] = {}
        self._stored: dict[str, list[StoredFrame]] = {}
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
        for name, _ in self._store.jobs():
            if name not in self._jobs:
                self._drop_results(name)

    def submit(self, manifest_digest: str, client: str) -> Job:
        """The job of a manifest: the one there is, or a new one at the end of the queue.

        Raises:
            ManifestError: the manifest is not valid, or blobs are missing.
            LimitError: too many jobs wait, or this has too many frames.
            StoreFullError: its results could not be kept.
        """
        job = self._jobs.get(manifest_digest)
        if job is not None and (job.active or job.state in ("done", "parked")):
            self._room.touch(Item("job", job.id))
            self._store.touch_results(job.id)
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
        self._enter_queue(job, self.checked_manifest(job.id))

    def finished(self, job: Job) -> None:
        """All frames of a job are in the store; its windows are of no use any more."""
        self._room.grow(Item("job", job.id), -self._store.drop_windows(job.id))
        self._journal.forget_windows(job.id)
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
            self._room.release(job.id)
            self._forget_old()

    def stored(self, job: Job) -> list[StoredFrame]:
        """The finished frames of a job."""
        if job.id not in self._stored:
            self._stored[job.id] = self._journal.frames(job.id)
        return self._stored[job.id]

    def add_frame(self, job: Job, frame: StoredFrame) -> None:
        """The next frame of a job is in the store."""
        self.stored(job).append(frame)
        self._journal.add_frame(job.id, job.done, frame)
        job.done += 1
        self._room.grow(Item("job", job.id), job.layout.nbytes)
        self.got_on(job)

    def cut(self, job: Job, first: int) -> None:
        """The frames of a job from `first` on are no longer believed."""
        self._cut(job, first)
        self._journal.lose_dropped_windows(job.id)
        self._journal.save(job)

    def got_on(self, job: Job) -> None:
        """A job gets on: what made earlier tries fail has not stopped it."""
        if job.crashes or job.daemon_crashes:
            job.crashes = job.daemon_crashes = 0
            self._journal.save(job)

    def forgotten(self, name: str) -> None:
        """The results of a job were removed to make room; so is the job."""
        self._jobs.pop(name, None)
        self._stored.pop(name, None)
        self._journal.forget(name)

    def checked_manifest(self, digest: str) -> Manifest:
        """The manifest of a job, all of whose blobs are there.

        Raises:
            ManifestError: the manifest is not valid, or blobs are missing.
        """
        try:
            manifest = parse_manifest(self._store.blob_path(digest).read_bytes())
        except FileNotFoundError:
            raise ManifestError(
                f"The daemon does not hold manifest {digest[:12]}.", "Restore the shot again."
            ) from None
        missing = 0
        for blob, size in manifest.blobs.items():
            found = self._store.blob_size(blob)
            missing += found is None or (size is not None and found != size)
        if missing:
            raise ManifestError(
                f"The daemon does not hold {missing} of the {len(manifest.blobs)} pictures of the "
                "job.",
                "Ask with `missing` which they are, and send them first.",
            )
        return manifest

    def _queue(self, digest: str, client: str) -> Job:
        manifest = self.checked_manifest(digest)
        if self.queued >= self._max_queued:
            raise LimitError(
                f"{self.queued} jobs wait already.",
                "Wait, or raise max_queued_jobs in daemon.toml (docs/daemon.md).",
            )
        if manifest.shot.frames > self._max_frames:
            raise LimitError(
                f"The shot has {manifest.shot.frames} frames; this daemon takes "
                f"{self._max_frames}.",
                "Restore it in parts, or raise max_frames in daemon.toml (docs/daemon.md).",
            )
        job = self._jobs.get(digest) or _new_job(digest, manifest)
        nbytes = _expected(job, manifest)
        self._room.check(nbytes, f"Job {job.short}")
        job.order, job.client, job.created = next(self._order), client, time.time()
        job.crashes = job.daemon_crashes = 0
        self._jobs.pop(digest, None)
        self._jobs[digest] = job
        self._enter_queue(job, manifest)
        self._room.make(nbytes)
        return job

    def _enter_queue(self, job: Job, manifest: Manifest) -> None:
        self._hold(job, manifest, _expected(job, manifest))
        self._check_results(job)
        job.failure, job.waits_for_room, job.room_tried = None, 0, 0
        self.enter(job, "queued")

    def _hold(self, job: Job, manifest: Manifest, nbytes: int) -> None:
        blobs = [job.id, *manifest.blobs]
        self._room.hold(job.id, (Item("blob", b) for b in blobs), {Item("job", job.id): nbytes})
        for blob in blobs:
            self._room.touch(Item("blob", blob))
            self._store.touch_blob(blob)

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
            manifest = self.checked_manifest(job.id)
        except ManifestError as error:
            self._park(job, error)
        else:
            self._hold(job, manifest, _expected(job, manifest))
            self._check_results(job)

    def _check_results(self, job: Job) -> None:
        """Believe what journal and store agree on."""
        self._stored.pop(job.id, None)
        size = job.layout.nbytes
        positions = range(len(self.stored(job)))
        bad = next((p for p in positions if self._store.result_size(job.id, p) != size), None)
        if bad is not None:
            self._cut(job, bad)
        job.done = len(self.stored(job))
        if job.choice is not None:
            self._check_windows(job)
        self._journal.save(job)

    def _cut(self, job: Job, first: int) -> None:
        self._journal.drop_frames(job.id, first)
        del self.stored(job)[first:]
        job.done = first
        self._room.grow(Item("job", job.id), -self._store.drop_frames(job.id, first))

    def _check_windows(self, job: Job) -> None:
        assert job.choice is not None  # noqa: S101
        plan = plan_name(job.choice)
        there = self._store.windows(job.id, plan)
        known = self._journal.windows(job.id, job.choice)
        believed = {
            p for p, nbytes in known.items() if nbytes is not None and nbytes == there.get(p)
        }
        for position, nbytes in known.items():
            if nbytes is not None and position not in believed:
                self._journal.lose_window(job.id, job.choice, position)
        for position in there.keys() - believed:
            self._store.window_path(job.id, plan, position).unlink()

    def _drop_results(self, name: str) -> None:
        self._store.drop_results(name)
        self._room.gone(Item("job", name))

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


def _expected(job: Job, manifest: Manifest) -> int:
    """Bytes that a job's results will take, with the restored windows that wait to be joined."""
    window = manifest.settings.window or _USUAL_WINDOW
    return job.bytes_of(job.frames, window * _WINDOWS_WAITING)
