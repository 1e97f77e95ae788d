"""Answers the requests of clients."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from sparkvsr import __version__
from sparkvsr.errors import JobError, SparkVSRError

from . import _messages as m
from ._compatibility import incompatible
from ._departure import Departure
from ._intake import Intake
from ._job import Job
from ._jobs import JobTable
from ._log import LOG
from ._results import Results
from ._room import Item, Room
from ._router import Router
from ._runner import Runner
from ._sessions import MAX_STRIKES, Attachment, Session
from .errors import (
    EnvelopeError,
    LimitError,
    OrderError,
    ProtocolError,
    UnknownTypeError,
    to_wire,
)
from .protocol import VERSION, decode

MAX_SESSIONS: Final = 64
_EXPELLED: Final = "This session broke the protocol too often."


class Service:
    """All sessions, and what each message does.

    Attributes:
        departure: whether the daemon is to end.
    """

    def __init__(
        self,
        router: Router,
        room: Room,
        jobs: JobTable,
        runner: Runner,
        results: Results,
        intake: Intake,
        boot: str,
        log: Path,
    ) -> None:
        self._router, self._room = router, room
        self._jobs, self._runner, self._results = jobs, runner, results
        self._intake = intake
        self._boot = boot
        self._log = log
        self._started = time.monotonic()
        self._sessions: dict[bytes, Session] = {}
        self.departure = Departure(runner, self._sessions.values)
        self._bytes_sent = 0
        self._protocol_errors = 0

    def publish(self, job: Job, message: m.Message) -> None:
        """Send a message to every client that follows a job, which ends with the job."""
        for session in self._sessions.values():
            if job.id in session.attachments:
                session.send(message)
                if isinstance(message, (m.Failed, m.CancelledEvent)):
                    self._leave(session, job.id)

    def pump(self) -> bool:
        """Send results; True when more could be sent soon. Sessions that ended are let go of."""
        self._intake.answer(self._sessions)
        more = False
        for session in list(self._sessions.values()):
            session.return_upload_credit()
            session.probe()
            following = set(session.attachments)
            more = session.pump(self._results, self._runner.damaged) or more
            for job in following - session.attachments.keys():
                self._leave(session, job)
            if not session.alive:
                self._close(session)
        return more

    @property
    def clients(self) -> int:
        """How many there are."""
        return len(self._sessions)

    def say_goodbye(self) -> None:
        """Tell every client that the daemon ends."""
        for session in list(self._sessions.values()):
            session.send(m.Goodbye(reason=self.departure.reason))
            self._close(session)

    def handle(self, peer: bytes, parts: list[bytes]) -> None:
        """Take one message in, and answer it."""
        session = self._sessions.get(peer)
        request: str | None = None
        try:
            message, chunk = decode(parts)
            request = getattr(message, "id", None)
            if isinstance(message, m.Hello):
                self._hello(peer, message)
            elif session is None:
                raise OrderError("The first message must be hello.", request=request)
            else:
                session.heard()
                self._dispatch(session, message, chunk or b"")
        except ProtocolError as error:
            self._strike(peer, session, error)
        except SparkVSRError as error:
            self._reply(peer, m.ErrorReply(re=request, **to_wire(error)))
        except Exception as error:
            LOG.exception("a request failed")
            self._reply(peer, m.ErrorReply(re=request, **to_wire(error)))

    def _dispatch(self, session: Session, message: m.AnyMessage, chunk: bytes) -> None:
        match message:
            case m.Chunk():
                self._intake.chunk(session, message, chunk)
            case m.Credit():
                session.grant(message.job or "", message.n)
            case m.Put():
                self._intake.put(session, message)
            case m.Missing():
                self._intake.missing(session, message)
            case m.Submit():
                self._submit(session, message)
            case m.Attach():
                self._follow(session, message, self._jobs.find(message.job))
            case m.Cancel():
                job = self._jobs.find(message.job)
                self._runner.cancel(job)
                session.send(m.Accepted(re=message.id, job=job.info()))
            case m.Pause() | m.Resume():
                self._pause(session, message)
            case m.Retry():
                job = self._jobs.retry(self._jobs.find(message.job), session.label)
                session.send(m.Accepted(re=message.id, job=job.info(), ahead=self._jobs.ahead(job)))
            case m.Unload():
                ended = self._runner.unload()
                text = f"{ended} worker{'s' * (ended != 1)} ended." if ended else "No worker ran."
                session.send(m.Confirmed(re=message.id, text=text))
            case m.StoreRequest():
                session.send(self._room.report(message.id))
            case m.Clean():
                session.send(self._room.report(message.id, self._room.clean()))
            case m.Jobs():
                session.send(m.JobList(re=message.id, jobs=self._jobs.newest()))
            case m.StatusRequest():
                session.send(self._status(message.id))
            case m.Ping():
                session.send(m.Pong(re=message.id))
            case m.Pong():
                pass
            case m.Shutdown():
                session.send(self.departure.ask(message))
                if self.departure.stopping:
                    self._close(session)
            case m.Bye():
                session.alive = False
            case _:
                raise UnknownTypeError(
                    "This message flows from the daemon to the client only.",
                    request=getattr(message, "id", None),
                )

    def _hello(self, peer: bytes, message: m.Hello) -> None:
        if message.v[0] != VERSION[0]:
            raise incompatible(message.v, VERSION)
        if peer in self._sessions:
            raise OrderError("hello was said before.", request=message.id)
        if len(self._sessions) >= MAX_SESSIONS:
            raise LimitError(f"{MAX_SESSIONS} clients are connected already.", "Close one of them.")
        session = self._sessions[peer] = Session(self._router, peer)
        session.send(
            m.Welcome(
                re=message.id, v=VERSION, boot=self._boot, server=__version__, limits=m.Limits()
            )
        )

    def _submit(self, session: Session, message: m.Submit) -> None:
        job = self._jobs.submit(message.manifest, session.label)
        if job.state == "cancelling":
            raise JobError(f"Job {job.short} is being cancelled.", "Submit it again afterwards.")
        self._room.release(session.label)
        session.sending, session.bytes_waiting = False, 0
        self._follow(session, message, job)

    def _pause(self, session: Session, message: m.Pause | m.Resume) -> None:
        pause = isinstance(message, m.Pause)
        if message.job is None:
            before = [job for job in self._jobs.active() if job.state in ("queued", "running")]
            self._runner.pause_all(pause)
            changed = before
        else:
            job = self._jobs.find(message.job)
            changed = [job] if (self._runner.pause if pause else self._runner.resume)(job) else []
        listed = tuple(job.info() for job in changed[: m.MAX_LISTED_JOBS])
        session.send(m.JobList(re=message.id, jobs=listed))

    def _follow(self, session: Session, message: m.Submit | m.Attach, job: Job) -> None:
        session.send(
            m.Accepted(re=message.id, job=job.info(), ahead=self._jobs.ahead(job)),
        )
        for notice in job.notices:
            session.send(notice)
        if job.failure is not None:
            session.send(job.failure)
        elif job.state == "cancelled":
            session.send(m.CancelledEvent(job=job.id))
        else:
            session.attachments[job.id] = Attachment(job, message.id, message.first, message.credit)
            self._room.hold((session.label, job.id), [Item("job", job.id)])

    def _leave(self, session: Session, job: str) -> None:
        session.attachments.pop(job, None)
        self._room.release((session.label, job))

    def _status(self, request: str) -> m.StatusReply:
        return m.StatusReply(
            re=request,
            boot=self._boot,
            pid=os.getpid(),
            server=__version__,
            log=str(self._log),
            uptime_s=time.monotonic() - self._started,
            sessions=len(self._sessions),
            queued=self._jobs.queued,
            paused=self._runner.paused,
            workers=self._runner.workers(),
            blobs_received=self._intake.blobs_received,
            bytes_received=self._intake.bytes_received,
            frames_computed=self._runner.frames_computed,
            windows_restored=self._runner.windows_restored,
            bytes_sent=self._bytes_sent + sum(s.bytes_sent for s in self._sessions.values()),
            protocol_errors=self._protocol_errors,
            leaving=self.departure.leaving,
        )

    def _strike(self, peer: bytes, session: Session | None, error: ProtocolError) -> None:
        self._protocol_errors += 1
        LOG.warning("protocol error: %s", error.code)
        if session is not None or not isinstance(error, EnvelopeError):
            self._reply(peer, m.ErrorReply(re=error.request, **to_wire(error)))
        if session is not None:
            session.strikes += 1
            if session.strikes >= MAX_STRIKES:
                session.send(m.Goodbye(reason=_EXPELLED))
                self._close(session)

    def _reply(self, peer: bytes, message: m.ErrorReply) -> None:
        Session(self._router, peer).send(message)

    def _close(self, session: Session) -> None:
        self._bytes_sent += session.bytes_sent
        self._room.release(session.label)
        for job in list(session.attachments):
            self._leave(session, job)
        self._intake.give_up(session)
        self._sessions.pop(session.peer, None)
