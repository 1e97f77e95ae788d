"""Restored frames on their way to clients, checked before their last byte leaves."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from ._job import Job
from ._jobs import JobTable
from ._messages import MAX_CHUNK
from .store import Store


class Results:
    """Reads restored frames piece by piece.

    Args:
        damaged: is told of a frame (by its position) that is not what was written.
    """

    def __init__(self, store: Store, jobs: JobTable, damaged: Callable[[Job, int], None]) -> None:
        self._store, self._jobs, self._damaged = store, jobs, damaged

    def piece(self, job: Job, position: int, offset: int, sum_before: int) -> bytes | None:
        """A piece of a frame that the job has finished; None if the frame turns out damaged.

        Args:
            sum_before: CRC-32 of the frame's bytes before `offset`.
        """
        try:
            piece = self._store.read_result(job.id, position, offset, MAX_CHUNK)
        except OSError:
            piece = b""
        is_last = offset + len(piece) >= job.layout.nbytes
        expected = self._jobs.stored(job)[position].crc32
        if not piece or (is_last and crc32(piece, sum_before) != expected):
            self._damaged(job, position)
            return None
        return piece

    def trust(self, job: Job, position: int) -> float:
        """How far a frame can be relied on."""
        return self._jobs.stored(job)[position].trust
