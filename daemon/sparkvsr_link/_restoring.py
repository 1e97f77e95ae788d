"""A restoration by the agent, from its submission to its end, whatever dies meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty
from typing import Any, Optional, Protocol

from ._errors import LinkError
from ._link import Link
from ._session import AgentSession

_POLL_S = 0.1
_NEW_AGENTS = 2  # how often a restoration outlives the death of its agent


class RestorationCancelledError(Exception):
    """A person cancelled it, and it has ended."""


class Watcher(Protocol):
    """Who waits for a restoration; asked and told in the thread that waits."""

    @property
    def cancelled(self) -> bool:
        """Whether a person wants it to end."""

    def check(self) -> None:
        """May raise, to wait no longer; what the agent does goes on."""

    def started(self, frames: int) -> None:
        """So many frames will be restored. Told again where another agent takes it up."""

    def progressed(self, frames: int) -> None:
        """So many are done."""


@dataclass
class Restored:
    """What the agent said of a restoration that succeeded.

    Attributes:
        size: width and height of the result, in pixels.
        seconds: how long it took.
        warnings: how many there were; the report has them.
    """

    size: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    warnings: int = 0


def restore(
    session: AgentSession,
    job: Mapping[str, Any],
    report: str,
    watcher: Watcher,
    found: Optional[Mapping[str, Any]] = None,
) -> Restored:
    """Submit a job unless one was found, and wait for its end.

    An agent that dies does not end its job: a new agent takes it up.

    Args:
        job: as a job file holds it.
        report: path of the report page.
        found: what the agent said when it was asked to attach to the job's output.

    Raises:
        LinkError: it failed, or agents died again and again.
        RestorationCancelledError: the watcher wanted it.
        Whatever `Watcher.check` raises.
    """
    for attempt in range(_NEW_AGENTS + 1):
        try:
            agent = session.link()
            if attempt:
                found = session.call("attach", output=job["output"])
            if watcher.cancelled and found is not None and found["state"] == "interrupted":
                session.call("cancel", ticket=found["ticket"])  # nobody else would
                raise RestorationCancelledError
            ticket = _ticket_of(session, found)
            if not ticket:
                ticket = str(session.call("restore", job=dict(job), report=report)["ticket"])
            return _listen(session, agent, ticket, watcher)
        except LinkError as error:
            if error.code != "agent_gone" or attempt == _NEW_AGENTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _ticket_of(session: AgentSession, found: Optional[Mapping[str, Any]]) -> str:
    """The ticket of a job that runs or has ended, its events to be heard again; empty for none."""
    if found is None or found["state"] == "interrupted":
        return ""
    ticket = str(found["ticket"])
    queue = session.events(ticket)
    for event in found["events"]:
        queue.put({"ticket": ticket, **event})
    return ticket


def _listen(session: AgentSession, agent: Link, ticket: str, watcher: Watcher) -> Restored:
    """Wait for the last event of a ticket that this agent, or one after it, gave."""
    events, heard = session.events(ticket), Restored()
    asked_to_cancel = False
    try:
        while True:
            if watcher.cancelled:
                asked_to_cancel = asked_to_cancel or _cancel(session, ticket)
            else:
                watcher.check()
            try:
                event = events.get(timeout=_POLL_S)
            except Empty:
                if agent.ended is not None:
                    raise agent.ended from None
                continue
            kind = event["event"]
            if kind == "started":
                heard.size = (event["output_size"][0], event["output_size"][1])
                watcher.started(event["frames"])
            elif kind == "notice" and event["kind"] == "warning":
                heard.warnings += 1
            elif kind == "progress":
                watcher.progressed(event["frames"])
            elif kind == "done":
                heard.seconds = event["seconds"]
                return heard
            elif kind == "error":
                if event["code"] == "cancelled":
                    raise RestorationCancelledError
                raise LinkError(event["code"], event["message"], event["hint"])
    finally:
        session.forget(ticket)


def _cancel(session: AgentSession, ticket: str) -> bool:
    """Ask the agent to cancel; False when it is to be asked again."""
    try:
        session.call("cancel", ticket=ticket)
    except LinkError as error:
        if error.code == "busy":
            return False
        raise
    return True
