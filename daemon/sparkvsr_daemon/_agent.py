"""`sparkvsr agent`: serves one host over stdin and stdout, and outlives it while work is under way.

The host may die at any time. Then the pipes end, and what it has asked for is finished without it.
Decoders and the daemon's client are loaded when they are first needed: a host waits for `hello`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import stat
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import FrameType
from typing import Any, BinaryIO, Final, Literal, NoReturn

import msgspec

from sparkvsr.errors import OutputError, SparkVSRError

from ._agent_methods import Method, Methods
from ._agent_previews import Previews
from ._agent_restorations import Restorations
from ._agent_rpc import (
    LOG,
    Call,
    Id,
    Outbox,
    RpcError,
    UnknownMethodError,
    parse_call,
    parse_params,
    read_lines,
)
from ._tickets import Tickets
from .paths import HOME_VARIABLE, Paths, find_paths

_CALLS_AT_ONCE: Final = 8
_LEAVING_PATIENCE_S: Final = 15.0
_FAREWELL_S: Final = 2.0

Happened = Literal["host gone", "host closed", "restoration ended", "signal"]


def add_commands(commands: Any) -> None:
    """Add `agent` to the parser; argparse's own type for it is private."""
    text = "serve a host application over stdin and stdout (docs/agent.md)"
    commands.add_parser("agent", help=text, description=text).set_defaults(run=_run)


def _run(options: Any) -> NoReturn:
    """Serve until the host is gone and everything it asked for is finished."""
    inbox, pipe = _take_pipes()
    _leave_process_group()
    _log_to_stderr()
    outbox = Outbox(pipe)
    agent = _Agent(inbox, outbox)
    agent.serve()
    outbox.close(_FAREWELL_S)
    os._exit(0)  # threads that still ask a daemon or make a preview have nobody to tell


class _Agent:
    def __init__(self, inbox: BinaryIO, outbox: Outbox) -> None:
        paths = _make_folders()
        self._inbox = inbox
        self._outbox = outbox
        self._happened: SimpleQueue[Happened] = SimpleQueue()  # may be filled by a signal handler
        tickets = Tickets(paths.data / "tickets")
        self._restorations = Restorations(
            tickets, self._announce, lambda: self._happened.put("restoration ended")
        )
        self._previews = Previews(paths.data / "previews")
        self._methods = Methods(tickets, self._restorations, self._previews, self._announce)
        self._calls = ThreadPoolExecutor(_CALLS_AT_ONCE, "call")

    def serve(self) -> None:
        """Answer until the end, and leave nothing half-made."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._read, name="inbox", daemon=True).start()
        self._wait_for_end()
        self._previews.close()

    def _wait_for_end(self) -> None:
        ending = False
        while True:
            happened = self._happened.get()
            LOG.info("%s", happened)
            if happened == "signal":
                self._restorations.leave(_LEAVING_PATIENCE_S)
                return
            ending = ending or happened in ("host gone", "host closed")
            if ending and self._restorations.idle:
                self._calls.shutdown()  # a cancel that was asked for must reach the daemon
                return

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._happened.put("signal")

    def _announce(self, ticket: str, event: dict[str, Any]) -> None:
        self._outbox.notify("event", {"ticket": ticket, **event})

    def _read(self) -> None:
        try:
            for line in read_lines(self._inbox):
                self._take(line)
        except OSError as error:
            LOG.warning("the host cannot be heard any more: %s", error)
        finally:
            _let_go_of_pipes()
            self._happened.put("host gone")

    def _take(self, line: bytes | None) -> None:
        try:
            call = parse_call(line)
        except RpcError as error:
            self._refuse(error.call, "a line", error)
            return
        try:
            method = self._methods.table.get(call.method)
            if method is None:
                raise UnknownMethodError(f"There is no method {call.method[:80]!r}.")
            params = parse_params(call, method.params)
        except Exception as error:
            self._refuse(call.id, call.method, error)
            return
        if method.at_once:
            self._do(call, method, params)
        else:
            with contextlib.suppress(RuntimeError):  # after `close`, in the last moment
                self._calls.submit(self._do, call, method, params)
        if self._methods.closing:
            self._happened.put("host closed")

    def _do(self, call: Call, method: Method, params: Any) -> None:
        try:
            result = method.run(params)
            if isinstance(result, Future):
                result.add_done_callback(lambda done: self._settle(call, done))
            else:
                self._answer(call, result)
        except Exception as error:
            self._refuse(call.id, call.method, error)

    def _settle(self, call: Call, done: Future[dict[str, Any]]) -> None:
        error = done.exception()
        if error is None:
            self._answer(call, done.result())
        else:
            self._refuse(call.id, call.method, error)

    def _answer(self, call: Call, result: dict[str, Any] | None) -> None:
        LOG.info("%s answered", call.method)
        if not isinstance(call.id, msgspec.UnsetType):
            self._outbox.answer(call.id, result)

    def _refuse(self, call: Id | msgspec.UnsetType, what: str, error: BaseException) -> None:
        unforeseen = None if isinstance(error, SparkVSRError) else error
        LOG.warning("%.80r refused: %s", what, error, exc_info=unforeseen)
        if not isinstance(call, msgspec.UnsetType):
            self._outbox.refuse(call, error)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The host's pipes, out of the reach of whatever a library prints or reads."""
    inbox = os.fdopen(os.dup(0), "rb")
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    return inbox, outbox


def _leave_process_group() -> None:
    """What ends the host's group, such as Ctrl-C in its terminal, is not meant for the agent."""
    if sys.platform != "win32":
        with contextlib.suppress(PermissionError):  # it leads a group of its own already
            os.setsid()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def _let_go_of_pipes() -> None:
    """A library that prints must not fail because the host is gone; a log in a file stays."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.dup2(nowhere, descriptor)


def _make_folders() -> Paths:
    paths = find_paths()
    try:
        paths.create()
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {error.filename}: {error.strerror}.",
            f"Check its permissions, or set {HOME_VARIABLE} to a folder of your own.",
        ) from error
    return paths
