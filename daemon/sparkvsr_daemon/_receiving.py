"""Receives one blob of a client: `put`, then its chunks in order; it is stored in a thread.

Syncing a picture to disk takes long; the supervisor's loop must not wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

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

    def begin(self) -> None:
        """Make room for it.

        Raises:
            DiskFullError: there is none; the chunks will be swallowed.
        """
        self._writer = self._store.blob_writer(self.digest, self.nbytes)

    @property
    def complete(self) -> bool:
        """All of its bytes have come."""
        return self._received >= self.nbytes

    def take(self, offset: int, piece: bytes) -> bool:
        """Take one chunk; True when all have come and the blob can be stored.

        Raises:
            OrderError: it does not continue where the last one ended; the rest will be swallowed.
            BlobError: more bytes than announced.
            DiskFullError: no room left; the rest will be swallowed.
        """
        expected = self._received
        self._received += len(piece)
        if self._writer is None:
            return False
        try:
            if offset != expected or self._received > self.nbytes:
                raise OrderError(
                    f"A chunk at {offset} came where {expected} of {self.nbytes} was expected.",
                    request=self.request,
                )
            self._writer.write(piece)
        except (SparkVSRError, OSError):
            self.abort()
            raise
        return self.complete

    def store(self) -> None:
        """Make the blob visible under its name; runs in a thread.

        Raises:
            BlobError: the bytes do not have the hash announced.
            DiskFullError: no room left.
        """
        if self._writer is not None:
            try:
                self._writer.commit()
            except (SparkVSRError, OSError):
                self.abort()
                raise

    def abort(self) -> None:
        """Forget what has come so far."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None


class Storing:
    """Blobs on their way to the disk, in a thread.

    Args:
        wake: called from the thread when `finished` has something new.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._pool = ThreadPoolExecutor(1, "store")
        self._waiting: deque[tuple[bytes, Upload, Future[None]]] = deque()

    def begin(self, peer: bytes, upload: Upload) -> None:
        """Store a blob all of which has come from a client."""
        future = self._pool.submit(upload.store)
        future.add_done_callback(lambda _: self._wake())
        self._waiting.append((peer, upload, future))

    def finished(self) -> Iterator[tuple[bytes, Upload, BaseException | None]]:
        """What has been stored since the last call, or why not."""
        while self._waiting and self._waiting[0][2].done():
            peer, upload, future = self._waiting.popleft()
            yield peer, upload, future.exception()

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()
