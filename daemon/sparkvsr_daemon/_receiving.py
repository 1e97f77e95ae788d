"""Receives blobs: `put`, then its chunks in order. A thread hashes, writes and syncs them.

To create or sync a file can take tens of milliseconds; the supervisor's loop must not wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from sparkvsr.errors import SparkVSRError

from .errors import OrderError
from .store import BlobWriter, Store


class Upload:
    """One blob on its way in.

    A put that failed swallows the rest of its chunks: they were sent before the client could know.
    """

    def __init__(self, store: Store, request: str, digest: str, nbytes: int) -> None:
        self.request = request
        self.digest = digest
        self.nbytes = nbytes
        self._received = 0
        self._writer: BlobWriter | None = None
        self._store = store

    @property
    def complete(self) -> bool:
        """All of its bytes have come."""
        return self._received >= self.nbytes

    def expect(self, offset: int, size: int) -> None:
        """A chunk has come.

        Raises:
            OrderError: it does not continue where the last one ended, or is too long.
        """
        expected = self._received
        self._received += size
        if offset != expected or self._received > self.nbytes:
            raise OrderError(
                f"A chunk at {offset} came where {expected} of {self.nbytes} was expected.",
                request=self.request,
            )

    def begin(self) -> None:
        """Make a file for it; like all that follow, in the thread.

        Raises:
            DiskFullError: there is no room; the chunks will be swallowed.
        """
        self._writer = self._store.blob_writer(self.digest, self.nbytes)

    def write(self, piece: bytes, *, is_last: bool) -> None:
        """Write a chunk, and with the last one make the blob visible under its name.

        Raises:
            BlobError: the bytes do not have the hash announced; nothing is kept.
            DiskFullError: no room left; nothing is kept.
        """
        if self._writer is None:
            return
        try:
            self._writer.write(piece)
            if is_last:
                self._writer.commit()
        except (SparkVSRError, OSError):
            self.abort()
            raise

    @property
    def failed(self) -> bool:
        """What comes is swallowed."""
        return self._writer is None

    def abort(self) -> None:
        """Forget what has come so far; after the blob was stored this does nothing."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None


class Step(NamedTuple):
    """Something that the thread has done.

    Attributes:
        chunks: how many were consumed by it.
        is_stored: the blob is in the store.
    """

    peer: bytes
    upload: Upload
    chunks: int
    is_stored: bool
    error: BaseException | None


class Receiving:
    """The thread that writes blobs, one step after another.

    Args:
        wake: called from the thread when `steps` has something new.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._pool = ThreadPoolExecutor(1, "receive")
        self._waiting: deque[tuple[bytes, Upload, int, bool, Future[None]]] = deque()

    def begin(self, peer: bytes, upload: Upload) -> None:
        """Begin to receive a blob of a client."""
        self._submit(peer, upload, 0, False, upload.begin)

    def write(self, peer: bytes, upload: Upload, piece: bytes) -> None:
        """Write a chunk."""
        is_last = upload.complete
        self._submit(peer, upload, 1, is_last, lambda: upload.write(piece, is_last=is_last))

    def abort(self, upload: Upload) -> None:
        """Forget a blob."""
        self._pool.submit(upload.abort)

    def steps(self) -> Iterator[Step]:
        """What has been done since the last call."""
        while self._waiting and self._waiting[0][-1].done():
            peer, upload, chunks, is_last, future = self._waiting.popleft()
            error = future.exception()
            is_stored = is_last and error is None and not upload.failed
            yield Step(peer, upload, chunks, is_stored, error)

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()

    def _submit(
        self, peer: bytes, upload: Upload, chunks: int, is_last: bool, do: Callable[[], None]
    ) -> None:
        future = self._pool.submit(do)
        future.add_done_callback(lambda _: self._wake())
        self._waiting.append((peer, upload, chunks, is_last, future))
