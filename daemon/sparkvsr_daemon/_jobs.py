"""The daemon's jobs: one queue, first come first served, one running at a time."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

import msgspec
from msgspec import Struct

from ._messages import MAX_LISTED_JOBS, Failed, JobInfo, JobState, Layout, NoticeEvent
from .errors import ManifestError, UnknownJobError
from .manifest import Manifest, parse_manifest
from .store import Store

_REMEMBERED: Final = 256


class Job(Struct, kw_only=True):
    """One job. Encoded as it stands, it is the record that a completed job leaves on disk.

    Attributes:
        layout: of a restored frame.
        trust: of every frame that is in the store; frames are finished in order.
    """

    id: str
    frames: int
    engine: str
    engine_version: str
    layout: Layout
    created: float
    state: JobState = "queued"
    trust: list[float] = []
    notices: list[NoticeEvent] = []
    failure: Failed | None = None

    @property
    def done(self) -> int:
        """How many restored frames are in the store."""
        return len(self.trust)

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")

    def info(self) -> JobInfo:
        """As clients see it."""
        return JobInfo(
            id=self.id,
            state=self.state,
            frames=self.frames,
            done=self.done,
            engine=self.engine,
            engine_version=self.engine_version,
            layout=self.layout,
            created=self.created,
            error=self.failure.message[:200] if self.failure else "",
        )


class JobTable:
    """Every job of this start, and those that earlier starts completed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()

    def submit(self, manifest_digest: str) -> Job:
        """The job of a manifest: the one there is, or a new one at the end of the queue.

        Raises:
            ManifestError: the manifest is not valid, or blobs are missing.
        """
        job = self._jobs.get(manifest_digest)
        if job is not None and job.state in ("queued", "running", "cancelling"):
            return job
        job = self._completed(manifest_digest)
        if job is None:
            job = _new_job(manifest_digest, self._checked_manifest(manifest_digest))
            self._queue.append(job)
        self._jobs.pop(job.id, None)
        self._jobs[job.id] = job
        self._forget_old()
        return job

    def find(self, name: str) -> Job:
        """The job whose id begins with `name`.

        Raises:
            UnknownJobError: there is none, or several.
        """
        ids = {job for job in self._jobs if job.startswith(name)}
        ids.update(self._store.completed_jobs(name))
        if len(ids) > 1:
            raise UnknownJobError(f"{len(ids)} jobs begin with {name}.", "Give more of the id.")
        for found in ids:
            job = self._jobs.get(found) or self._completed(found)
            if job is not None:
                return job
        raise UnknownJobError(f"There is no job {name}.", "`sparkvsr jobs` lists them.")

    def take_next(self) -> Job | None:
        """Take the next job off the queue."""
        return self._queue.popleft() if self._queue else None

    def withdraw(self, job: Job) -> None:
        """Take a queued job off the queue."""
        self._queue.remove(job)

    def ahead(self, job: Job) -> int:
        """How many jobs are run before a queued one, counting the running one."""
        if job.state != "queued":
            return 0
        active = any(other.state in ("running", "cancelling") for other in self._jobs.values())
        return self._queue.index(job) + active

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self._queue)

    def newest(self) -> tuple[JobInfo, ...]:
        """The latest jobs, oldest first, as many as fit into one message."""
        return tuple(job.info() for job in list(self._jobs.values())[-MAX_LISTED_JOBS:])

    def _completed(self, digest: str) -> Job | None:
        record = self._store.completed(digest)
        try:
            return None if record is None else msgspec.json.decode(record, type=Job)
        except msgspec.MsgspecError:  # of an older version: computed again
            return None

    def _checked_manifest(self, digest: str) -> Manifest:
        try:
            manifest = parse_manifest(self._store.blob_path(digest).read_bytes())
        except FileNotFoundError:
            raise ManifestError(f"The daemon does not hold manifest {digest[:12]}.") from None
        wanted = {frame: manifest.layout.nbytes for frame in manifest.frames}
        wanted.update({k.digest: k.layout.nbytes for k in manifest.keyframes})
        missing = sum(self._store.blob_size(blob) != size for blob, size in wanted.items())
        if missing:
            raise ManifestError(
                f"The daemon does not hold {missing} of the {len(wanted)} pictures of the job.",
                "Ask with `missing` which they are, and send them first.",
            )
        return manifest

    def _forget_old(self) -> None:
        ended = [job.id for job in self._jobs.values() if job.ended]
        for old in ended[:-_REMEMBERED]:
            del self._jobs[old]


def _new_job(digest: str, manifest: Manifest) -> Job:
    return Job(
        id=digest,
        frames=len(manifest.results),
        engine=manifest.settings.engine,
        engine_version=manifest.engine_version,
        layout=manifest.result,
        created=time.time(),
    )
