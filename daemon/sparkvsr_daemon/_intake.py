"""Takes in the blobs that clients send, within the limits of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from . import _messages as m
from ._receiving import Receiving, Upload
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
        self._receiving = Receiving(wake)

    def missing(self, session: Session, message: m.Missing) -> None:
        """Say which blobs are not there; the others stay until the client has given its job."""
        session.sending = True
        session.got_on()
        there = {d for d in message.digests if self._store.blob_size(d) is not None}
        self._hold(session, there)
        missing = tuple(d for d in message.digests if d not in there)
        session.send(m.MissingReply(re=message.id, digests=missing))

    def put(self, session: Session, message: m.Put) -> None:
        """Begin to receive a blob; the one before, if it is not complete, is given up.

        Raises:
            StoreFullError: there is no room for it.
            LimitError: the client has sent too much for one job.
        """
        self.give_up(session)
        session.sending = True
        session.got_on()
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
        self._receiving.begin(session.peer, session.upload)

    def give_up(self, session: Session) -> None:
        """Forget the blob that a client has begun to send."""
        if session.upload is not None:
            self._receiving.abort(session.upload)
            session.upload = None

    def chunk(self, session: Session, message: m.Chunk, data: bytes) -> None:
        """Receive the next piece of a blob.

        Raises:
            ProtocolError: it came without credit, without its put, or out of order.
        """
        session.spend_upload_credit()
        session.got_on()
        upload = session.upload
        if upload is None or upload.request != message.put:
            raise OrderError("A chunk came without its put.", request=message.put)
        self.bytes_received += len(data)
        try:
            upload.expect(message.offset, len(data))
        except ProtocolError:
            session.consumed(1)
            self._receiving.abort(upload)
            raise
        else:
            self._receiving.write(session.peer, upload, data)
        finally:
            if upload.complete:
                session.upload = None

    def answer(self, sessions: Mapping[bytes, Session]) -> None:
        """Tell clients what has been stored in the meantime, and give their credit back."""
        for step in self._receiving.steps():
            upload, session = step.upload, sessions.get(step.peer)
            if step.is_stored:
                self.blobs_received += 1
                self._room.put(Item("blob", upload.digest), upload.nbytes)
            if session is None:
                continue
            session.consumed(step.chunks)
            if step.is_stored:
                self._hold(session, [upload.digest])
                session.send(m.Stored(re=upload.request, digest=upload.digest))
            elif step.error is not None:
                session.send(m.ErrorReply(re=upload.request, **to_wire(step.error)))

    def close(self) -> None:
        """Wait for what is on its way to the disk."""
        self._receiving.close()

    def _hold(self, session: Session, digests: Iterable[str]) -> None:
        items = [Item("blob", digest) for digest in digests]
        self._room.hold(session.label, items)
        for item in items:
            self._room.touch(item)
