"""A daemon that computes nothing, keeps and enforces docs/protocol.md, and dies when told to.

It serves in a thread over a real socket with real keys. Its disk outlives it, as files would.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import zmq

from fake_session import ON_WORKER, Disk, Session
from sparkvsr.errors import JobError, SparkVSRError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._compatibility import incompatible
from sparkvsr_daemon._router import PeerGoneError, Router
from sparkvsr_daemon.client import Client
from sparkvsr_daemon.connection import remove_connection, write_connection
from sparkvsr_daemon.errors import OrderError, ProtocolError, to_wire
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION, decode, encode


@dataclass(frozen=True)
class Faults:
    """How a life of the daemon ends, and what goes wrong in it.

    Attributes:
        dies_after: so many messages were taken or sent; None: it lives.
        forgets: blobs that are gone from the disk afterwards, told by their digest.
        forgets_jobs: no job is known afterwards.
        damaged: frames whose first piece is sent wrong, before the frame comes anew.
        piece: bytes of a frame in one message.
    """

    dies_after: int | None = None
    forgets: Callable[[str], bool] = lambda digest: False
    forgets_jobs: bool = False
    damaged: frozenset[int] = frozenset()
    piece: int = m.MAX_CHUNK


class _DeadError(Exception):
    """This life is over."""


class FakeDaemon:
    """Serves from `start` until `die`, `stop` or its `Faults` end it.

    Attributes:
        disk: jobs and blobs. While somebody follows a job, work is done on it.
        broken: what clients did that they must not, over all lives.
        asked: the type of every message that came, over all lives.
        submits: every `submit`, over all lives.
        moves: called with the disk before the jobs are listed.
        version: of the protocol, that it speaks.
        choosy: it refuses clients that speak another major version.
        leaving: it was asked to end when it is idle.
        workers: that it says it has.
        store: what it says of its store.
    """

    def __init__(self) -> None:
        self.disk = Disk()
        self.broken: list[str] = []
        self.asked: list[str] = []
        self.submits: list[m.Submit] = []
        self.moves: Callable[[Disk], None] = lambda disk: None
        self.version = VERSION
        self.choosy = True
        self.leaving = False
        self.workers: tuple[m.WorkerInfo, ...] = (m.WorkerInfo(pid=4242),)
        self.store = m.StoreReply(
            re="?",
            cap=50_000_000_000,
            used=12_300_000_000,
            free=80_000_000_000,
            blobs=1234,
            blob_bytes=8_000_000_000,
            jobs=7,
            job_bytes=4_300_000_000,
            needed=4_000_000_000,
        )
        self._serving = False
        self._thread = threading.Thread()
        self._clients: list[Client] = []

    def start(self, faults: Faults = Faults()) -> None:
        """Begin a life, with new keys, on another port."""
        self._wait_for_end()
        self._faults = faults
        self._ending: str | None = None
        self._messages = 0
        self._sessions: dict[bytes, Session] = {}
        self._boot = secrets.token_hex(16)
        self._router = Router()
        self.connection = self._router.connection(self._boot)
        paths = find_paths()
        paths.create()
        write_connection(paths.connection_file, self.connection)
        self._serving = True
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def connect(self) -> Client:
        """A client of this life; `close` closes it."""
        self._clients.append(Client(self.connection))
        return self._clients[-1]

    def close(self) -> None:
        """Leave nothing behind; nobody may have broken a rule."""
        if self.alive:
            self.stop()
        for client in self._clients:
            client.close()
        assert self.broken == []

    @property
    def alive(self) -> bool:
        """It serves."""
        return self._serving

    def die(self) -> None:
        """End without a word, and without tidying up."""
        self._end("")

    def stop(self, reason: str = "The daemon was stopped.") -> None:
        """End with a goodbye."""
        self._end(reason)
        remove_connection(find_paths().connection_file, self._boot)

    def _end(self, words: str) -> None:
        self._ending = words
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        if self._thread.ident is not None:
            self._thread.join(10)
        assert not self._thread.is_alive()

    def _live(self) -> None:
        try:
            self._serve()
        except _DeadError:
            pass
        except Exception as error:  # the test has to hear of it
            self.broken.append(f"The daemon failed: {error!r}")
        self._serving = False
        if self._ending:
            for peer in self._sessions:
                with contextlib.suppress(PeerGoneError):
                    self._router.send(peer, encode(m.Goodbye(reason=self._ending)))
        self._router.close(500 if self._ending else 0)
        self.disk.forget(self._faults.forgets, self._faults.forgets_jobs)

    def _serve(self) -> None:
        poller = zmq.Poller()
        self._router.register(poller)
        while self._ending is None:
            poller.poll(2)
            self._router.admit()
            while (received := self._router.receive()) is not None:
                self._count()
                self._take(*received)
            if any(session.is_following for session in self._sessions.values()):
                self.disk.work()
            for peer, session in self._sessions.items():
                for event, chunk in session.events():
                    self._send(peer, event, chunk)

    def _count(self) -> None:
        self._messages += 1
        if self._messages == self._faults.dies_after:
            raise _DeadError

    def _send(self, peer: bytes, message: m.Message, chunk: bytes | None = None) -> None:
        self._count()
        with contextlib.suppress(PeerGoneError):
            if not self._router.send(peer, encode(message, chunk)):
                self.broken.append("A client does not read what it gave credit for.")

    def _take(self, peer: bytes, parts: list[bytes]) -> None:
        request = None
        try:
            message, chunk = decode(parts)
            request = getattr(message, "id", None)
            self.asked.append(type(message).__name__)
            for reply in self._answer(peer, message, chunk or b""):
                self._send(peer, reply)
        except SparkVSRError as error:
            if isinstance(error, ProtocolError):
                self.broken.append(error.message)
            self._send(peer, m.ErrorReply(re=request, **to_wire(error)))

    def _answer(self, peer: bytes, message: m.AnyMessage, chunk: bytes) -> Iterator[m.Message]:
        if isinstance(message, m.Hello):
            yield self._welcome(peer, message)
            return
        session = self._sessions.get(peer)
        if session is None:
            raise OrderError("The first message must be hello.")
        match message:
            case m.StatusRequest():
                yield self._status(message.id)
            case m.StoreRequest():
                yield msgspec.structs.replace(self.store, re=message.id)
            case m.Clean():
                yield self._clean(message.id)
            case m.Unload():
                yield self._unload(message.id)
            case m.Shutdown(when="idle") if self.version >= (1, 1) and self._to_do:
                self.leaving = True
                text = f"The daemon ends when its jobs are done: {self._to_do} unfinished."
                yield m.Confirmed(re=message.id, text=text)
            case m.Shutdown():
                yield m.Goodbye(reason="The daemon was stopped.", re=message.id)
                remove_connection(find_paths().connection_file, self._boot)
                self._ending = "The daemon was stopped."
            case m.Bye():
                del self._sessions[peer]
            case m.Jobs():
                self.moves(self.disk)
                yield from session.answer(message, chunk)
            case _:
                if isinstance(message, m.Submit):
                    self.submits.append(message)
                yield from session.answer(message, chunk)

    def _welcome(self, peer: bytes, hello: m.Hello) -> m.Welcome:
        if self.choosy and hello.v[0] != self.version[0]:
            raise incompatible(hello.v, self.version)
        if peer in self._sessions:
            raise OrderError("hello was said before.")
        self._sessions[peer] = Session(self.disk, self._faults.piece, self._faults.damaged)
        limits = m.Limits()
        return m.Welcome(
            re=hello.id, v=self.version, boot=self._boot, server="0.1.0", limits=limits
        )

    @property
    def _to_do(self) -> int:
        states = ON_WORKER if self.disk.paused else (*ON_WORKER, "queued")
        return sum(job.state in states for job in self.disk.jobs.values())

    def _status(self, request: str) -> m.StatusReply:
        jobs = self.disk.jobs.values()
        return m.StatusReply(
            re=request,
            boot=self._boot,
            pid=4711,
            server="0.1.0",
            log="/var/log/[old]/daemon.log",
            uptime_s=61.5,
            sessions=len(self._sessions),
            queued=sum(job.state == "queued" for job in jobs),
            paused=self.disk.paused,
            workers=self.workers,
            blobs_received=12,
            bytes_received=3_400_000,
            frames_computed=240,
            windows_restored=10,
            bytes_sent=5_600_000,
            protocol_errors=0,
            leaving=self.leaving,
        )

    def _clean(self, request: str) -> m.StoreReply:
        freed = self.store.used - self.store.needed
        self.store = msgspec.structs.replace(self.store, re=request, used=self.store.needed)
        return msgspec.structs.replace(self.store, freed=freed)

    def _unload(self, request: str) -> m.Confirmed:
        if any(job.state in ON_WORKER for job in self.disk.jobs.values()):
            raise JobError("A job is running.", "Cancel or pause it first.")
        ended, self.workers = len(self.workers), ()
        return m.Confirmed(re=request, text=f"{ended} workers have ended; the GPU is free.")
