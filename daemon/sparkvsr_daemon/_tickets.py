"""Tickets: what became of the restoration of an output, for whoever asks later.

One JSON file for each output in `<data>/tickets`. The agent that runs the restoration writes it;
any agent reads it, so that a host finds its result, or what is still running, after a restart.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import psutil  # type: ignore[import-untyped]
from filelock import FileLock

from sparkvsr.errors import InputError, JobError, OutputError

from .errors import BusyError

State = Literal["running", "done", "failed", "cancelled", "interrupted"]

_KEPT_S: Final = 30 * 86400
_SAME_START_S: Final = 2.0  # the clock may be set while a process runs
_ID: Final = re.compile(r"([0-9a-f]{32})-[0-9a-f]{8}")


class UnknownTicketError(InputError):
    """No restoration has this ticket, or another one of the same output came after it."""

    code = "unknown_ticket"


class AgentEndedError(JobError):
    """The agent that ran a restoration ended before it was finished."""

    code = "interrupted"

    def __init__(
        self,
        message: str = "The agent ended before the restoration was finished.",
        hint: str = "Restore again: what the daemon has finished is kept.",
    ) -> None:
        super().__init__(message, hint)


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One restoration.

    Attributes:
        job: its id in the daemon; empty while not all of it was sent.
        pid, born: the process that runs it, and when that was started, in seconds since 1970.
        events: the last of each kind, oldest first; notices count by their own kind.
        finished: seconds since 1970.
    """

    id: str
    output: str
    pid: int
    born: float
    job: str = ""
    state: State = "running"
    events: tuple[dict[str, Any], ...] = ()
    finished: float | None = None
    schema: Literal[1] = 1

    def with_event(self, event: dict[str, Any]) -> Ticket:
        """The ticket after something has happened."""
        kind = _kind(event)
        events = (*(old for old in self.events if _kind(old) != kind), event)
        state = _state_after(event)
        finished = None if state == "running" else time.time()
        return msgspec.structs.replace(self, events=events, state=state, finished=finished)


class Tickets:
    """The tickets of this user.

    Args:
        folder: made, for this user only, when the first one is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = psutil.Process()

    def claim(self, output: str) -> Ticket:
        """Begin a restoration of an output; the ticket of an earlier one is replaced.

        Raises:
            BusyError: this output is being restored now.
            OutputError: the ticket cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self._folder / "claims.lock"):
                self._forget_old()
                return self._claim(output)
        except OSError as error:
            raise OutputError(
                f"Cannot note down in {self._folder} that {output} is restored: {error.strerror}.",
                "Check the folder's permissions, and the disk.",
            ) from error

    def write(self, ticket: Ticket) -> None:
        """Publish what a ticket says now; readers see the old one or the new one.

        Raises:
            OSError: it cannot be written.
        """
        descriptor, name = tempfile.mkstemp(suffix=".part", dir=self._folder)  # mode 0600
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(ticket))
            part.replace(self._file(ticket.id.partition("-")[0]))
        finally:
            part.unlink(missing_ok=True)

    def of_output(self, output: str) -> Ticket | None:
        """The latest restoration of an output; one whose result is gone is forgotten."""
        ticket = self._read(key_of(output))
        if ticket is not None and ticket.state == "done" and not _is_there(ticket):
            self._file(key_of(output)).unlink(missing_ok=True)
            return None
        return ticket

    def get(self, name: str) -> Ticket:
        """A ticket by its id.

        Raises:
            UnknownTicketError: there is none.
        """
        match = _ID.fullmatch(name)
        ticket = self._read(match[1]) if match else None
        if ticket is None or ticket.id != name:
            raise UnknownTicketError(
                f"There is no restoration with the ticket {name[:80]}.",
                "Ask with `attach` for the one of an output.",
            )
        return ticket

    def _claim(self, output: str) -> Ticket:
        key = key_of(output)
        present = self._read(key)
        if present is not None and present.state == "running":
            raise BusyError(
                f"{output} is being restored already.", "Attach to it, or cancel it first."
            )
        ticket = Ticket(
            id=f"{key}-{secrets.token_hex(4)}",
            output=output,
            pid=self._process.pid,
            born=self._process.create_time(),
        )
        self.write(ticket)
        return ticket

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, key: str) -> Ticket | None:
        try:
            ticket = msgspec.json.decode(self._file(key).read_bytes(), type=Ticket)
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        if ticket.state == "running" and not _lives(ticket):
            return msgspec.structs.replace(ticket, state="interrupted")
        return ticket

    def _forget_old(self) -> None:
        """Remove what nobody has written to for 30 days, half-written files included."""
        oldest = time.time() - _KEPT_S
        for pattern in ("*.json", "*.part"):
            for file in self._folder.glob(pattern):
                with suppress(FileNotFoundError):  # another agent replaces and removes, too
                    if file.stat().st_mtime < oldest:
                        file.unlink()


def key_of(output: str) -> str:
    """A name for the place of an output, of 32 hex digits: one for every way to write its path."""
    place = os.path.normcase(os.path.realpath(output))
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:32]


def _kind(event: dict[str, Any]) -> tuple[str, str]:
    return event["event"], event.get("kind", "")


def _state_after(event: dict[str, Any]) -> State:
    if event["event"] == "done":
        return "done"
    if event["event"] != "error":
        return "running"
    ends: dict[str, State] = {"cancelled": "cancelled", "interrupted": "interrupted"}
    return ends.get(event["code"], "failed")


def _lives(ticket: Ticket) -> bool:
    try:
        process = psutil.Process(ticket.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        born: float = process.create_time()
    except psutil.Error:
        return False
    return abs(born - ticket.born) < _SAME_START_S


def _is_there(ticket: Ticket) -> bool:
    """Whether all files of a finished output are in their places."""
    from sparkvsr.media import parse_pattern  # loads the decoders

    pattern = parse_pattern(ticket.output)
    if pattern is None:
        return Path(ticket.output).exists()
    frames: int = ticket.events[-1]["frames"]  # of `done`, which is the last one
    return len(pattern.find()) >= frames
