"""What a daemon answers by docs/protocol.md, worked out without a daemon: for `fake_daemon`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.errors import (
    BlobError,
    CreditError,
    ManifestError,
    OrderError,
    UnknownJobError,
)
from sparkvsr_daemon.manifest import Manifest, parse_manifest

ON_WORKER = ("running", "pausing", "cancelling")
NOTICE = "The engine identity runs."


def job_info(seed: int, state: str = "queued", **fields: Any) -> m.JobInfo:
    """A job as `jobs` lists it; its id depends on the seed only."""
    plain: dict[str, Any] = {
        "id": hashlib.sha256(str(seed).encode()).hexdigest(),
        "state": state,
        "frames": 48,
        "done": 0,
        "engine": "flow",
        "engine_version": "1",
        "layout": m.Layout((24, 32, 3), "|u1"),
        "created": 1_750_000_000.0 + seed,
    }
    return m.JobInfo(**(plain | fields))


@dataclass
class Disk:
    """What outlives a daemon.

    Attributes:
        blobs: by digest.
        jobs: by id, in the order in which they came.
        results: restored frames of a job, in order.
        paused: the whole queue waits.
    """

    blobs: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, m.JobInfo] = field(default_factory=dict)
    results: dict[str, list[bytes]] = field(default_factory=dict)
    paused: bool = False

    def add(self, *jobs: m.JobInfo) -> None:
        """Put jobs into the table, in place of those of the same id."""
        self.jobs.update({job.id: job for job in jobs})

    def change(self, job: m.JobInfo, **fields: Any) -> m.JobInfo:
        """Another state, or anything else, of a job."""
        self.jobs[job.id] = msgspec.structs.replace(self.jobs[job.id], **fields)
        return self.jobs[job.id]

    def find(self, name: str) -> m.JobInfo:
        """The job whose id begins like this."""
        found = [job for job in self.jobs.values() if job.id.startswith(name)]
        if len(found) != 1:
            raise UnknownJobError(f"There is no job {name}.", "`sparkvsr jobs` lists them.")
        return found[0]

    def manifest(self, digest: str) -> Manifest:
        """Of a job, all of whose blobs are here."""
        if digest not in self.blobs:
            raise ManifestError(f"The daemon does not hold manifest {digest[:12]}.")
        manifest = parse_manifest(self.blobs[digest])
        needed = {*manifest.frames, *(keyframe.digest for keyframe in manifest.keyframes)}
        if needed - self.blobs.keys():
            raise ManifestError("The daemon does not hold all pictures of the job.")
        return manifest

    def submit(self, digest: str) -> m.JobInfo:
        """The job of a manifest: the one there is, or a new one, or one that ended, again."""
        known = self.jobs.get(digest)
        if known and known.state not in ("failed", "cancelled"):
            return known
        manifest = self.manifest(digest)
        job = m.JobInfo(
            id=digest,
            state="queued",
            frames=len(manifest.results),
            done=0,
            engine=manifest.settings.engine,
            engine_version=manifest.engine_version,
            layout=manifest.result,
            created=1_750_000_000.0,
        )
        self.add(job)
        return job

    def work(self) -> None:
        """The job that runs gets on by a frame; if none does, the next begins."""
        jobs = list(self.jobs.values())
        running = next((job for job in jobs if job.state == "running"), None)
        if running is None:
            queued = [] if self.paused else [job for job in jobs if job.state == "queued"]
            if queued:
                self.change(queued[0], state="running")
            return
        # What the identity engine gives is the source; jobs that a test made up have none.
        if running.id in self.blobs:
            manifest = self.manifest(running.id)
            frame = self.blobs[manifest.frames[manifest.results[running.done]]]
            self.results.setdefault(running.id, []).append(frame)
        done = running.done + 1
        self.change(running, done=done, state="done" if done == running.frames else "running")

    def forget(self, blob: Callable[[str], bool], jobs: bool) -> None:
        """Lose jobs, if asked to, and blobs, told by their digest, but none that a job needs."""
        if jobs:
            self.jobs, self.results = {}, {}
        needed = set[str]()
        for job in self.jobs.values():
            if job.state in ("queued", *ON_WORKER) and job.id in self.blobs:
                manifest = self.manifest(job.id)
                needed |= {job.id, *manifest.frames, *(k.digest for k in manifest.keyframes)}
        self.blobs = {d: data for d, data in self.blobs.items() if d in needed or not blob(d)}


@dataclass
class _Follower:
    """What a session gets of a job: from which frame and byte on, and on how much credit."""

    request: str
    job: str
    index: int
    credit: int
    offset: int = 0


class Session:
    """One client's. Every answer is what a daemon that knows `disk` has to give.

    Args:
        piece: bytes of a frame in one message.
        damaged: frames whose first piece is sent wrong, before the frame comes anew.
    """

    def __init__(self, disk: Disk, piece: int, damaged: frozenset[int]) -> None:
        self._disk = disk
        self._piece = piece
        self._damaged = set(damaged)
        self._upload_credit = m.UPLOAD_CREDIT
        self._put: m.Put | None = None
        self._received = bytearray()
        self._followers: dict[str, _Follower] = {}

    def answer(self, message: m.AnyMessage, chunk: bytes) -> Iterator[m.Message]:
        """Replies to a request, and the events that belong to them.

        Raises:
            SparkVSRError: what has to be answered with an error.
        """
        disk = self._disk
        match message:
            case m.Ping():
                yield m.Pong(re=message.id)
            case m.Missing():
                missing = tuple(d for d in message.digests if d not in disk.blobs)
                yield m.MissingReply(re=message.id, digests=missing)
            case m.Put():
                self._put, self._received = message, bytearray()
            case m.Chunk():
                yield from self._chunk(message, chunk)
            case m.Submit():
                yield from self._follow(disk.submit(message.manifest), message)
            case m.Attach():
                yield from self._follow(disk.find(message.job), message)
            case m.Credit():
                self._grant(message)
            case m.Jobs():
                jobs = tuple(disk.jobs.values())[-m.MAX_LISTED_JOBS :]
                yield m.JobList(re=message.id, jobs=jobs)
            case m.Cancel():
                job = disk.find(message.job)
                state = "cancelling" if job.state in ON_WORKER else "cancelled"
                if job.state not in ("done", "failed", "parked"):
                    job = disk.change(job, state=state)
                yield m.Accepted(re=message.id, job=job)
            case m.Pause() | m.Resume():
                yield m.JobList(re=message.id, jobs=self._let(message))
            case m.Retry():
                job = disk.change(disk.find(message.job), state="queued", reason="")
                yield m.Accepted(re=message.id, job=job)
            case m.Pong() | m.Bye():
                pass
            case _:
                raise OrderError(f"{type(message).__name__} flows to the client only.")

    def events(self) -> Iterator[tuple[m.Message, bytes | None]]:
        """What can be sent now of the jobs that are followed."""
        for follower in list(self._followers.values()):
            job = self._disk.jobs.get(follower.job)
            if job is None:
                continue
            while follower.credit and follower.index < job.done:
                yield self._next_piece(follower, job)
            if job.state == "done" and follower.index == job.frames:
                del self._followers[job.id]
                yield m.Done(re=follower.request, job=job.id, frames=job.frames), None
            elif job.state in ("cancelling", "cancelled"):
                del self._followers[job.id]
                self._disk.change(job, state="cancelled")
                yield m.CancelledEvent(job=job.id), None

    @property
    def is_following(self) -> bool:
        """Some job's results are waited for."""
        return bool(self._followers)

    def _chunk(self, message: m.Chunk, chunk: bytes) -> Iterator[m.Message]:
        if self._upload_credit == 0:
            raise CreditError("A chunk came without credit.")
        put = self._put
        if put is None or put.id != message.put or message.offset != len(self._received):
            raise OrderError("A chunk came where none belongs.")
        yield m.Credit(n=1)
        self._received += chunk
        if len(self._received) < put.nbytes:
            return
        data, self._put = bytes(self._received), None
        if len(data) > put.nbytes or hashlib.sha256(data).hexdigest() != put.digest:
            raise BlobError("The bytes have another hash.")
        self._disk.blobs[put.digest] = data
        yield m.Stored(re=put.id, digest=put.digest)

    def _follow(self, job: m.JobInfo, message: m.Submit | m.Attach) -> Iterator[m.Message]:
        before = [other for other in self._disk.jobs.values() if other.state in ON_WORKER]
        ahead = len(before) if job.state == "queued" else 0
        yield m.Accepted(re=message.id, job=job, ahead=ahead)
        yield m.NoticeEvent(job=job.id, kind="started", text=NOTICE)
        self._followers[job.id] = _Follower(message.id, job.id, message.first, message.credit)

    def _grant(self, message: m.Credit) -> None:
        follower = self._followers.get(message.job or "")
        if follower is not None:
            follower.credit += message.n
            if follower.credit > m.MAX_CREDIT:
                raise CreditError("More credit than allowed.")

    def _let(self, message: m.Pause | m.Resume) -> tuple[m.JobInfo, ...]:
        """Pause or resume one job or the queue; the jobs that change by that."""
        disk, pause = self._disk, isinstance(message, m.Pause)
        if message.job is None:
            disk.paused = pause
        jobs = [disk.find(message.job)] if message.job else list(disk.jobs.values())
        become = {"queued": "paused", "running": "pausing"} if pause else {"paused": "queued"}
        return tuple(
            disk.change(job, state=become[job.state]) for job in jobs if job.state in become
        )

    def _next_piece(self, follower: _Follower, job: m.JobInfo) -> tuple[m.Message, bytes]:
        data = self._disk.results[job.id][follower.index]
        piece = data[follower.offset : follower.offset + self._piece]
        message = m.FrameChunk(
            re=follower.request,
            job=job.id,
            index=follower.index,
            offset=follower.offset,
            layout=job.layout,
            trust=0.5,
        )
        follower.credit -= 1
        follower.offset += len(piece)
        if follower.index in self._damaged:
            self._damaged.remove(follower.index)
            follower.offset, piece = 0, b"\x55" * len(piece)  # and then the frame anew
        if follower.offset == len(data):
            follower.index, follower.offset = follower.index + 1, 0
        return message, piece
