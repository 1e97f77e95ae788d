"""Restorations that another agent runs: their tickets are read again and again."""

from __future__ import annotations

import threading
import time
from typing import Final

import msgspec

from sparkvsr.events import Failed

from ._agent_restorations import Announce
from ._tickets import AgentEndedError, Ticket, Tickets, UnknownTicketError

_POLL_S: Final = 0.25


class Followers:
    """Announces what happens to restorations of other agents until their end."""

    def __init__(self, tickets: Tickets, announce: Announce) -> None:
        self._tickets = tickets
        self._announce = announce
        self._followed = set[str]()
        self._lock = threading.Lock()

    def follow(self, ticket: Ticket) -> None:
        """Announce what comes after this state of a ticket; once, however often it is asked for."""
        with self._lock:
            if ticket.id in self._followed:
                return
            self._followed.add(ticket.id)
        threading.Thread(target=self._follow, args=(ticket,), daemon=True).start()

    def _follow(self, ticket: Ticket) -> None:
        while ticket.state == "running":
            time.sleep(_POLL_S)
            told = ticket.events
            try:
                ticket = self._tickets.get(ticket.id)
            except UnknownTicketError:  # it ended, and another restoration took its place
                ticket = msgspec.structs.replace(ticket, state="interrupted")
            for event in ticket.events:
                if event not in told:
                    self._announce(ticket.id, event)
        if ticket.state == "interrupted" and ticket.finished is None:  # it could not say so itself
            ended = AgentEndedError()
            failed = Failed(ended.code, ended.message, ended.hint)
            self._announce(ticket.id, msgspec.to_builtins(failed))
        with self._lock:
            self._followed.discard(ticket.id)
