"""Receives one blob of a client: `put`, then its chunks in order."""

from __future__ import annotations

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
        """Take one chunk; True when the blob is stored by it.

        Raises:
            OrderError: it does not continue where the last one ended; the rest will be swallowed.
            BlobError: the bytes do not have the hash announced.
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
            if self.complete:
                self._writer.commit()
        except (SparkVSRError, OSError):
            self.abort()
            raise
        return self.complete

    def abort(self) -> None:
        """Forget what has come so far."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None
