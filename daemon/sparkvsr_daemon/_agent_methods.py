"""What the agent can be asked to do (docs/agent.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sparkvsr import __version__
from sparkvsr.errors import CancelledError, SettingsError, UnreachableError
from sparkvsr.events import Failed
from sparkvsr.job import Job

from ._agent_following import Followers
from ._agent_previews import Preview, Previews
from ._agent_restorations import Announce, Restorations
from ._agent_rpc import BadCallError
from ._tickets import Tickets
from .errors import BusyError, ConnectionFileError, IncompatibleError

if TYPE_CHECKING:
    from ._client import Client

PROTOCOL: Final = 1
"""`agent_protocol`: grows when a host must change."""

Answer = dict[str, Any] | None | Future[dict[str, Any]]


class Hello(msgspec.Struct, forbid_unknown_fields=True):
    client: str


class Restore(msgspec.Struct, forbid_unknown_fields=True):
    job: Job
    report: str | None = None


class Attach(msgspec.Struct, forbid_unknown_fields=True):
    output: str


class Cancel(msgspec.Struct, forbid_unknown_fields=True):
    ticket: str


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        params: what it takes.
        run: gives the result, or a future of it.
        at_once: it takes a moment only, so it runs before the next line is read: in order.
    """

    params: type[Any]
    run: Callable[[Any], Answer]
    at_once: bool


class Methods:
    """The methods, by name in `table`.

    Attributes:
        closing: the host has said that it will ask for nothing more.
    """

    def __init__(
        self,
        tickets: Tickets,
        restorations: Restorations,
        previews: Previews,
        announce: Announce,
    ) -> None:
        self._tickets = tickets
        self._restorations = restorations
        self._previews = previews
        self._followers = Followers(tickets, announce)
        self.closing = False
        self.table: Final = {
            "hello": Method(Hello, self._hello, True),
            "restore": Method(Restore, self._restore, True),
            "attach": Method(Attach, self._attach, False),
            "cancel": Method(Cancel, self._cancel, False),
            "preview": Method(Preview, self._preview, True),
            "status": Method(Nothing, self._status, False),
            "unload": Method(Nothing, self._unload, False),
            "jobs": Method(Nothing, self._jobs, False),
            "close": Method(Nothing, self._close, True),
        }

    def _hello(self, params: Hello) -> Answer:
        return {"version": __version__, "agent_protocol": PROTOCOL}

    def _restore(self, params: Restore) -> Answer:
        self._check_open()
        _check_paths(params.job, params.report)
        report = Path(params.report) if params.report else None
        return {"ticket": self._restorations.start(params.job, report)}

    def _attach(self, params: Attach) -> Answer:
        _check_path("output", params.output)
        ticket = self._tickets.of_output(params.output)
        if ticket is None:
            return None
        mine = self._restorations.ticket(ticket.id)
        if mine is None and ticket.state == "running":
            self._followers.follow(ticket)
        now = mine or ticket
        return {"ticket": now.id, "state": now.state, "events": now.events}

    def _cancel(self, params: Cancel) -> Answer:
        if self._restorations.cancel(params.ticket):
            return {}
        ticket = self._tickets.get(params.ticket)
        if ticket.state not in ("running", "interrupted"):
            return {}
        if not ticket.job:
            if ticket.state == "interrupted":  # it never came so far as to be a job
                return {}
            raise BusyError(
                "The restoration is still being prepared by another agent.",
                "Try again in a moment.",
            )
        from .client import connect

        with connect(start=False) as client:
            client.cancel(ticket.job)
        if ticket.state == "interrupted":  # nobody else will say so
            error = CancelledError("The restoration was cancelled.")
            failed = Failed(error.code, error.message, error.hint)
            self._tickets.write(ticket.with_event(msgspec.to_builtins(failed)))
        return {}

    def _preview(self, params: Preview) -> Answer:
        self._check_open()
        _check_paths(params.job)
        return self._previews.ask(params)

    def _status(self, params: Nothing) -> Answer:
        with _daemon() as client:
            if client is None:
                return {"daemon": None}
            status = client.status()
        daemon = {
            "pid": status.pid,
            "version": status.server,
            "workers": msgspec.to_builtins(status.workers),
            "queued": status.queued,
            "paused": status.paused,
        }
        return {"daemon": daemon}

    def _unload(self, params: Nothing) -> Answer:
        with _daemon() as client:
            return {"text": client.unload() if client else "No daemon runs: nothing is loaded."}

    def _jobs(self, params: Nothing) -> Answer:
        from ._job_table import as_event

        with _daemon() as client:
            return {"jobs": [as_event(job) for job in client.jobs()] if client else []}

    def _close(self, params: Nothing) -> Answer:
        self.closing = True
        return {}

    def _check_open(self) -> None:
        if self.closing:
            raise BadCallError("After `close` no new work is taken.", "Start another agent.")


@contextmanager
def _daemon() -> Iterator[Client | None]:
    """A connection to the daemon that runs; None when there is none."""
    from .client import connect

    try:
        client = connect(start=False)
    except (ConnectionFileError, IncompatibleError):
        raise
    except UnreachableError:
        yield None
        return
    with client:
        yield client


def _check_paths(job: Job, report: str | None = None) -> None:
    _check_path("source", job.source)
    _check_path("output", job.output)
    for keyframe in job.keyframes:
        _check_path(f"picture of keyframe {keyframe.frame}", keyframe.picture)
    if job.ocio and "://" not in job.ocio:
        _check_path("ocio", job.ocio)
    if report is not None:
        _check_path("report", report)


def _check_path(what: str, name: str) -> None:
    """The agent's own folder means nothing to a host."""
    if not Path(name).is_absolute():
        raise SettingsError(f"The {what} {name} is no absolute path.", "Give the whole path.")
