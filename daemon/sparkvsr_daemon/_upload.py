"""Sends the daemon the pictures that it does not hold yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from sparkvsr.errors import SourceError

from . import _messages as m
from ._client import Client
from .protocol import new_id

BATCH_FRAMES: Final = 16
BATCH_BYTES: Final = 64 << 20


def layout_of(picture: NDArray[Any], what: str) -> m.Layout:
    """How a picture is laid out on the wire.

    Raises:
        SourceError: it is not H W 3, or of a type that has no place there; names `what`.
    """
    dtype = picture.dtype.newbyteorder("<").str
    if picture.ndim != 3 or picture.shape[2] != 3 or dtype not in m.ITEM_BYTES:
        raise SourceError(
            f"{what} has shape {picture.shape} and type {picture.dtype}.",
            "Pictures are height, width, 3; 8 or 16 bit integers, half or float.",
        )
    return m.Layout(cast(tuple[int, int, Any], picture.shape), cast(m.Dtype, dtype))


def raw_bytes(picture: NDArray[Any]) -> memoryview:
    """The bytes of a picture as they go over the wire: rows top down, little-endian."""
    little = np.ascontiguousarray(picture, picture.dtype.newbyteorder("<"))
    return little.data.cast("B")


class Uploader:
    """Offers blobs in batches and sends what is missing.

    Attributes:
        bytes_sent: of blobs, so far.
    """

    def __init__(self, client: Client, cancelled: Callable[[], bool]) -> None:
        self.bytes_sent = 0
        self._client = client
        self._cancelled = cancelled
        self._unconfirmed: set[str] = set()

    def offer(self, blobs: Mapping[str, memoryview | bytes]) -> None:
        """Make sure that the daemon holds these blobs, given by digest.

        Raises:
            CancelledError: `cancelled()` answered True.
            DiskFullError: the daemon has no room for them.
        """
        missing = self._client.request(
            m.Missing(id=new_id(), digests=tuple(blobs)), m.MissingReply, cancelled=self._cancelled
        )
        for digest in missing.digests:
            self._put(digest, memoryview(blobs[digest]))
        while self._unconfirmed:
            self._turn()

    def _put(self, digest: str, data: memoryview) -> None:
        put = m.Put(id=new_id(), digest=digest, nbytes=len(data))
        self._client.send(put)
        self._unconfirmed.add(put.id)
        for offset in range(0, len(data), m.MAX_CHUNK):
            while self._client.upload_credit == 0:
                self._turn()
            self._client.upload_credit -= 1
            piece = data[offset : offset + m.MAX_CHUNK]
            self._client.send(m.Chunk(put=put.id, offset=offset), piece)
        self.bytes_sent += len(data)

    def _turn(self) -> None:
        message = self._client.turn(self._cancelled)
        if isinstance(message, m.Stored):
            self._unconfirmed.discard(message.re)


def digest_of(data: memoryview | bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def batches(blobs: Iterator[tuple[str, memoryview]]) -> Iterator[dict[str, memoryview]]:
    """Group blobs so that a batch is worth a question, and only a few are held at a time."""
    batch: dict[str, memoryview] = {}
    size = 0
    for digest, data in blobs:
        batch[digest] = data
        size += len(data)
        if len(batch) >= BATCH_FRAMES or size >= BATCH_BYTES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch
