"""The restorations of an agent: each in a thread, each with a ticket that says how it stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sparkvsr.backend import Cancelled, OnNotice, Request, RestoredFrame, Source
from sparkvsr.errors import SparkVSRError
from sparkvsr.events import Event, Failed, Progress
from sparkvsr.job import Job

from ._agent_rpc import LOG
from ._tickets import AgentEndedError, Ticket, Tickets
from .errors import to_wire

PROGRESS_EVERY_S: Final = 0.1
_WRITTEN_EVERY_S: Final = 0.5

Announce = Callable[[str, dict[str, Any]], None]
"""Told the ticket's id and an event."""


class Restorations:
    """Those that this agent runs.

    Args:
        announce: told every event, from the thread of the restoration.
        on_end: told when one has ended, whatever its end was.
    """

    def __init__(
        self, tickets: Tickets, announce: Announce, on_end: Callable[[], None] = lambda: None
    ) -> None:
        self._tickets = tickets
        self._announce = announce
        self._on_end = on_end
        self._running: dict[str, _Restoration] = {}
        self._change = threading.Condition()
        self._leaving = threading.Event()

    def start(self, job: Job, report: Path | None = None) -> str:
        """Begin one, and give its ticket's id.

        Raises:
            BusyError: its output is being restored, here or by another agent.
        """
        ticket = self._tickets.claim(job.output)
        restoration = _Restoration(ticket, self._tickets, self._announce, self._leaving)
        with self._change:
            self._running[ticket.id] = restoration
        threading.Thread(
            target=self._run, args=(restoration, job, report), name=f"restore-{ticket.id[:8]}"
        ).start()
        return ticket.id

    def ticket(self, name: str) -> Ticket | None:
        """How a running one stands at this moment; None when it does not run here."""
        with self._change:
            restoration = self._running.get(name)
        return restoration.ticket if restoration else None

    def cancel(self, name: str) -> bool:
        """Cancel one; False when it does not run here."""
        with self._change:
            restoration = self._running.get(name)
        if restoration:
            restoration.cancelled.set()
        return restoration is not None

    @property
    def idle(self) -> bool:
        """None is under way."""
        with self._change:
            return not self._running

    def leave(self, patience_s: float) -> None:
        """Give up all outputs, cancel nothing: their jobs go on in the daemon."""
        self._leaving.set()
        with self._change:
            self._change.wait_for(lambda: not self._running, patience_s)

    def _run(self, restoration: _Restoration, job: Job, report: Path | None) -> None:
        try:
            restoration.run(job, report)
        finally:
            with self._change:
                del self._running[restoration.ticket.id]
                self._change.notify_all()
            self._on_end()


class _Restoration:
    def __init__(
        self, ticket: Ticket, tickets: Tickets, announce: Announce, leaving: threading.Event
    ) -> None:
        self.ticket = ticket
        self.cancelled = threading.Event()
        self._tickets = tickets
        self._announce = announce
        self._leaving = leaving
        self._next_told = self._next_written = 0.0

    def run(self, job: Job, report: Path | None) -> None:
        """Restore, and tell the end whatever it is."""
        from sparkvsr import restore  # loads the decoders

        try:
            backend = _DaemonThatTells(self._learn_job)
            restore(job, backend, on_event=self._tell, cancelled=self._asked, report=report)
        except SparkVSRError as error:
            self._tell(Failed(error.code, error.message, error.hint))
        except Exception as error:
            LOG.exception("%s failed", self.ticket.id)
            self._tell(Failed(**to_wire(error)))

    def _asked(self) -> bool:
        """Whether to cancel. Leaving is no cancelling: the daemon's job must go on.

        Raises:
            AgentEndedError: the agent ends.
        """
        if self._leaving.is_set():
            raise AgentEndedError
        return self.cancelled.is_set()

    def _learn_job(self, job: str) -> None:
        if self.ticket.job != job:
            self.ticket = msgspec.structs.replace(self.ticket, job=job)
            self._write()

    def _tell(self, event: Event) -> None:
        """Bring the ticket up to date, then tell: who hears of the end finds it there."""
        now = time.monotonic()
        told: dict[str, Any] = msgspec.to_builtins(event)
        self.ticket = self.ticket.with_event(told)
        if isinstance(event, Progress):
            if now < self._next_told and event.frames < event.of:
                return
            self._next_told = now + PROGRESS_EVERY_S
            if now >= self._next_written:
                self._write()
        else:
            self._write()
            LOG.info("%s %s", self.ticket.id, msgspec.json.encode(event).decode())
        self._announce(self.ticket.id, told)

    def _write(self) -> None:
        self._next_written = time.monotonic() + _WRITTEN_EVERY_S
        try:
            self._tickets.write(self.ticket)
        except OSError as error:  # the output is worth more than what is said about it
            LOG.warning("%s: the ticket cannot be written: %s", self.ticket.id, error)


class _DaemonThatTells:
    """The daemon as a backend; it is connected to, or started, only when the input is sound.

    Args:
        on_job: told the id of the daemon's job as soon as it is known.
    """

    def __init__(self, on_job: Callable[[str], None]) -> None:
        self._on_job = on_job

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        from .client import DaemonBackend, connect

        with connect() as client:
            backend = DaemonBackend(client, connect)

            def asked() -> bool:  # this is what is called while the job waits for its first frame
                if backend.job_id:
                    self._on_job(backend.job_id)
                return cancelled()

            yield from backend.restore(request, source, on_notice=on_notice, cancelled=asked)
