"""A running agent: calls out, results and notifications in.

One thread writes the agent's stdin, one reads its stdout, one its stderr, and no lock is held
around a pipe: neither a call nor `close` can be held up by an agent that does not read, answer
or end.
"""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import logging
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import IO, Any, Optional

from ._environ import clean_environment
from ._errors import LinkError

MAX_LINE = 16 * 2**20
"""Longest message accepted from the agent, in bytes."""

_WORDS_KEPT = 20  # lines of the agent's stderr
_LINE_KEPT = 500  # bytes of each
_GRACE = 2.0  # seconds that an agent has to follow its closed pipes

OnNotification = Callable[[str, Any], None]
_log = logging.getLogger("sparkvsr_link")


class Link:
    """A running agent process: made by `Link.start`, usable from any thread and in a `with`."""

    def __init__(
        self, process: subprocess.Popen[bytes], on_notification: Optional[OnNotification]
    ) -> None:
        self._process = process
        self._on_notification = on_notification
        self._ids = itertools.count(1)
        self._outgoing: SimpleQueue[Optional[bytes]] = SimpleQueue()
        self._last_words: deque[str] = deque(maxlen=_WORDS_KEPT)
        self._lock = threading.Lock()  # of the two below
        self._pending: dict[int, concurrent.futures.Future[Any]] = {}
        self._end: Optional[LinkError] = None
        self._detached = False
        self._stderr_reader = self._thread("stderr", self._read_stderr)
        self._reader = self._thread("stdout", self._read_stdout)
        self._writer = self._thread("stdin", self._write_stdin)

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        environ: Optional[Mapping[str, str]] = None,
        on_notification: Optional[OnNotification] = None,
    ) -> Link:
        """Start an agent.

        Args:
            command: program and arguments, `find_install()["agent"]`.
            environ: the environment to clean and hand on; None means this process's own.
            on_notification: called with method and params, in the reader thread: must return soon
                and must not call the agent.

        Raises:
            LinkError: `agent_missing`: the program cannot be started.
        """
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(os.environ if environ is None else environ),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows only
            )
        except OSError as error:
            raise LinkError(
                "agent_missing",
                f"Cannot start the SparkVSR agent {command[0]}: {error.strerror}.",
                "Run the SparkVSR installer again.",
            ) from error
        return cls(process, on_notification)

    def call(self, method: str, params: Any = None, timeout: Optional[float] = None) -> Any:
        """Ask the agent, wait for its answer and return the result.

        Args:
            params: a JSON object or array; None leaves it out.
            timeout: seconds; None waits as long as the agent lives.

        Raises:
            LinkError: the agent's own error, or `agent_gone`, `agent_slow`, `agent_confused`.
            TypeError, ValueError: params are not JSON.
        """
        if threading.current_thread() is self._reader:
            raise RuntimeError(
                "on_notification must not call the agent: its answer would never be read"
            )
        number = next(self._ids)
        line = _encode(method, params, number)
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()
        with self._lock:
            self._refuse_when_ended()
            self._pending[number] = answer
        self._outgoing.put(line)
        try:
            return answer.result(timeout)
        except concurrent.futures.TimeoutError:
            raise LinkError(
                "agent_slow",
                f"The SparkVSR agent did not answer `{method}` within {timeout:g} seconds.",
                "Wait and try again, or close it and start anew.",
            ) from None
        finally:
            with self._lock:
                self._pending.pop(number, None)

    def notify(self, method: str, params: Any = None) -> None:
        """Tell the agent something that has no answer.

        Raises:
            LinkError: `agent_gone`.
        """
        line = _encode(method, params, None)
        with self._lock:
            self._refuse_when_ended()
        self._outgoing.put(line)

    @property
    def ended(self) -> Optional[LinkError]:
        """Why nothing can be called any more; None while the agent lives."""
        return self._end

    def close(self, grace: float = _GRACE) -> None:
        """End the agent: close its stdin, wait `grace` seconds, then end it by force.

        Never hangs, and may be repeated. Does nothing after `detach`.
        """
        if self._detached:
            return
        self._finish(LinkError("agent_gone", "The link to the SparkVSR agent was closed."))
        for force in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(grace)
                break
            except subprocess.TimeoutExpired:
                force()
        if threading.current_thread() is not self._reader:
            # A grandchild may hold the pipe open; the thread ends with the host at the latest.
            self._reader.join(grace)

    def detach(self) -> None:
        """Let the agent go on alone: it finishes the restorations under way, then ends by itself.

        For a host that quits, or a node that is closed. Nothing can be called afterwards.
        """
        self._detached = True
        self._finish(LinkError("agent_gone", "The SparkVSR agent was left to itself."))

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _thread(self, pipe: str, work: Callable[[IO[bytes]], None]) -> threading.Thread:
        thread = threading.Thread(
            target=work, args=(getattr(self._process, pipe),), name=f"sparkvsr-{pipe}", daemon=True
        )
        thread.start()
        return thread

    def _write_stdin(self, pipe: IO[bytes]) -> None:
        try:
            with pipe:
                while (line := self._outgoing.get()) is not None:
                    pipe.write(line)
                    pipe.flush()
        except OSError:
            pass  # the agent ended: the reader says so

    def _read_stderr(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(_LINE_KEPT):
                self._remember(line)

    def _read_stdout(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    self._process.kill()
                    self._finish(
                        LinkError(
                            "agent_confused",
                            f"The SparkVSR agent sent a message of over {MAX_LINE >> 20} MiB.",
                            "It was ended: start it anew, and report this.",
                        )
                    )
                    break
                self._receive(line)
        self._finish(self._obituary())

    def _receive(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._remember(
                line
            )  # some library printed: no reason to stop, but worth reading afterwards
        elif "method" in message:
            self._announce(message["method"], message.get("params"))
        else:
            with self._lock:
                answer = self._pending.pop(message.get("id", 0), None)
            if answer is None:
                return  # its caller gave up
            if "error" in message:
                answer.set_exception(_as_error(message["error"]))
            else:
                answer.set_result(message.get("result"))

    def _announce(self, method: str, params: Any) -> None:
        if self._on_notification is None:
            return
        try:
            self._on_notification(method, params)
        except Exception:  # the host's code must not end the link
            _log.exception("on_notification failed for %s", method)

    def _finish(self, error: LinkError) -> None:
        """Fail every waiting call, and all later ones; the first cause given stays."""
        with self._lock:
            self._end = self._end or error
            waiting = list(self._pending.values())
            self._pending.clear()
        self._outgoing.put(None)
        for answer in waiting:
            answer.set_exception(LinkError(self._end.code, self._end.message, self._end.hint))

    def _refuse_when_ended(self) -> None:
        if self._end is not None:
            raise LinkError(self._end.code, self._end.message, self._end.hint)

    def _obituary(self) -> LinkError:
        """Why the agent's stdout ended, with the last lines of its stderr."""
        if self._detached:
            self._process.wait()  # however long it takes: nobody waits for this thread
        try:
            status = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:  # it closed its stdout and lives on: of no use to anybody
            self._process.kill()
            status = self._process.wait()
        self._stderr_reader.join(_GRACE)
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        said = " | ".join(self._last_words)
        return LinkError(
            "agent_gone",
            f"The SparkVSR agent {how}" + (f"; it said last: {said}" if said else "."),
            "Try again; if it ends again, report these lines.",
        )

    def _remember(self, line: bytes) -> None:
        text = line[:_LINE_KEPT].decode("utf-8", "replace").strip()
        if text:
            self._last_words.append(text)


def _encode(method: str, params: Any, number: Optional[int]) -> bytes:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        message["params"] = params
    if number is not None:
        message["id"] = number
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _as_error(error: Any) -> LinkError:
    """A JSON-RPC error object; SparkVSR's own code and hint stand in its `data`."""
    try:
        data = error.get("data") or {}
        return LinkError(
            str(data.get("code", error["code"])), str(error["message"]), str(data.get("hint", ""))
        )
    except (AttributeError, KeyError):
        return LinkError(
            "agent_confused", f"The SparkVSR agent sent an error that is none: {error!r}."
        )
