"""Takes in the blobs that clients send, within the limits of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sparkvsr.errors import SparkVSRError

from . import _messages as m
from ._receiving import Storing, Upload
from ._room import Item, Room
from ._sessions import Session
from .errors import LimitError, OrderError, ProtocolError, to_wire
from .store import Store


class Intake:
    """All uploads.

    Args:
        client_bytes: how much one client may send before it gives a job.
        wake: called from another thread when `answer` has something to do.

    Attributes:
        blobs_received, bytes_received: since the start of the daemon.
    """

    def __init__(
        self, store: Store, room: Room, client_bytes: int, wake: Callable[[], None]
    ) -> None:
        self.blobs_received = self.bytes_received = 0
        self._store, self._room = store, room
        self._client_bytes = client_bytes
        self._storing = Storing(wake)

    def missing(self, session: Session, message: m.Missing) -> None:
        """Say which blobs are not there; the others stay until the client has given its job."""
        there = {d for d in message.digests if self._store.blob_size(d) is not None}
        self._hold(session, there)
        missing = tuple(d for d in message.digests if d not in there)
        session.send(m.MissingReply(re=message.id, digests=missing))

    def put(self, session: Session, message: m.Put) -> None:
        """Begin to receive a blob.

        Raises:
            StoreFullError, DiskFullError: there is no room for it.
            LimitError: the client has sent too much for one job.
        """
        if session.upload is not None:
            session.upload.abort()  # the client gave it up, for example because of a cancel
        session.upload = Upload(self._store, message.id, message.digest, message.nbytes)
        self._room.check(message.nbytes, f"Picture {message.digest[:12]}")
        session.bytes_waiting += message.nbytes
        if session.bytes_waiting > self._client_bytes:
            raise LimitError(
                f"This client has sent {session.bytes_waiting / 1e9:.2f} GB for one job; this "
                f"daemon takes {self._client_bytes / 1e9:.2f} GB.",
                "Restore the shot in parts, or raise client_gb in daemon.toml (docs/daemon.md).",
            )
        self._room.make(message.nbytes)
        session.upload.begin()

    def chunk(self, session: Session, message: m.Chunk, data: bytes) -> None:
        """Receive the next piece of a blob.

        Raises:
            ProtocolError: it came without credit, without its put, or out of order.
        """
        session.spend_upload_credit()
        upload = session.upload
        if upload is None or upload.request != message.put:
            raise OrderError("A chunk came without its put.", request=message.put)
        self.bytes_received += len(data)
        try:
            if upload.take(message.offset, data):
                self._storing.begin(session.peer, upload)
        except ProtocolError:
            raise
        except SparkVSRError as error:
            session.send(m.ErrorReply(re=upload.request, **to_wire(error)))
        finally:
            if upload.complete:
                session.upload = None

    def answer(self, sessions: Mapping[bytes, Session]) -> None:
        """Tell clients what has been stored in the meantime."""
        for peer, upload, error in self._storing.finished():
            session = sessions.get(peer)
            if error is None:
                self.blobs_received += 1
                self._room.put(Item("blob", upload.digest), upload.nbytes)
                if session is not None:
                    self._hold(session, [upload.digest])
                    session.send(m.Stored(re=upload.request, digest=upload.digest))
            elif session is not None:
                session.send(m.ErrorReply(re=upload.request, **to_wire(error)))

    def close(self) -> None:
        """Wait for what is on its way to the disk."""
        self._storing.close()

    def _hold(self, session: Session, digests: Iterable[str]) -> None:
        items = [Item("blob", digest) for digest in digests]
        self._room.hold(session.label, items)
        for item in items:
            self._room.touch(item)
