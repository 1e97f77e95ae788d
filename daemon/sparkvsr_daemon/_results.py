"""The results of jobs: what journal and store agree on, and the way of frames to clients."""

from __future__ import annotations

from zlib import crc32

from ._job import Job, StoredFrame
from ._messages import MAX_CHUNK
from ._room import Item, Room
from .journal import Journal
from .store import Store, plan_name


class Results:
    """Restored frames and windows of all jobs."""

    def __init__(self, journal: Journal, store: Store, room: Room) -> None:
        self._journal, self._store, self._room = journal, store, room
        self._frames: dict[str, list[StoredFrame]] = {}

    def frame(self, job: Job, position: int) -> StoredFrame:
        """What is known of a finished frame."""
        return self._known(job)[position]

    def add(self, job: Job, frame: StoredFrame) -> None:
        """The next frame of a job is in the store."""
        self._known(job).append(frame)
        self._journal.add_frame(job.id, job.done, frame)
        job.done += 1
        self._room.grow(Item("job", job.id), job.layout.nbytes)

    def piece(self, job: Job, position: int, offset: int, sum_before: int) -> bytes | None:
        """A piece of a finished frame; None if the frame turns out to be damaged.

        Args:
            sum_before: CRC-32 of the frame's bytes before `offset`.
        """
        try:
            piece = self._store.read_result(job.id, position, offset, MAX_CHUNK)
        except OSError:
            return None
        is_last = offset + len(piece) >= job.layout.nbytes
        if not piece or (is_last and crc32(piece, sum_before) != self.frame(job, position).crc32):
            return None
        return piece

    def cut(self, job: Job, first: int) -> None:
        """The frames of a job from `first` on are believed no longer."""
        self._cut(job, first)
        self._journal.lose_dropped_windows(job.id)  # they may be wanted again
        self._journal.save(job)

    def check(self, job: Job) -> None:
        """Believe only what journal and store agree on."""
        self._frames.pop(job.id, None)
        size = job.layout.nbytes
        positions = range(len(self._known(job)))
        bad = next((p for p in positions if self._store.result_size(job.id, p) != size), None)
        if bad is not None:
            self._cut(job, bad)
        job.done = len(self._known(job))
        if job.choice is not None:
            self._check_windows(job)
        self._journal.save(job)

    def finish(self, job: Job) -> None:
        """All frames of a job are in the store; its windows are of no use any more."""
        self._room.grow(Item("job", job.id), -self._store.drop_windows(job.id))
        self._journal.forget_windows(job.id)

    def touch(self, job: Job) -> None:
        """Somebody uses them now."""
        self._room.touch(Item("job", job.id))
        self._store.touch_results(job.id)

    def forget(self, name: str) -> None:
        """They were removed, or never known."""
        self._frames.pop(name, None)
        self._journal.forget(name)

    def remove_unknown(self, known: set[str]) -> None:
        """Remove what no job speaks of."""
        for name, _ in self._store.jobs():
            if name not in known:
                self._store.drop_results(name)
                self._room.gone(Item("job", name))

    def _known(self, job: Job) -> list[StoredFrame]:
        if job.id not in self._frames:
            self._frames[job.id] = self._journal.frames(job.id)
        return self._frames[job.id]

    def _cut(self, job: Job, first: int) -> None:
        self._journal.drop_frames(job.id, first)
        del self._known(job)[first:]
        job.done = first
        self._room.grow(Item("job", job.id), -self._store.drop_frames(job.id, first))

    def _check_windows(self, job: Job) -> None:
        assert job.choice is not None  # noqa: S101 - it was planned
        plan = plan_name(job.choice)
        there = self._store.windows(job.id, plan)
        known = self._journal.windows(job.id, job.choice)
        believed = {position for position, nbytes in there.items() if known.get(position) == nbytes}
        for position, nbytes in known.items():
            if nbytes is not None and position not in believed:
                self._journal.lose_window(job.id, job.choice, position)
        for position in there.keys() - believed:
            self._store.window_path(job.id, plan, position).unlink()
