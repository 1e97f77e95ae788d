"""JSON-RPC 2.0 as the agent speaks it: one message a line, params by name, no batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, BinaryIO, ClassVar, Final, Literal, TypeVar

import msgspec

from sparkvsr.errors import SparkVSRError

from .errors import to_wire

MAX_LINE: Final = 16 << 20
"""Bytes of the longest message that is taken."""

LOG: Final = logging.getLogger("sparkvsr_daemon.agent")

_SKIPPED_AT_ONCE: Final = 1 << 20
_SEE: Final = "docs/agent.md has every method with its fields."
_OUR_ERROR: Final = -32000
_UNFORESEEN: Final = -32603

Id = str | int | None
Params = TypeVar("Params")


class RpcError(SparkVSRError):
    """The host broke the protocol.

    Attributes:
        number: the error code of JSON-RPC 2.0, section 5.1.
        call: id of the call, when it could be read.
    """

    code = "bad_rpc"
    number: ClassVar[int] = -32600

    def __init__(self, message: str, hint: str = _SEE, *, call: Id = None) -> None:
        super().__init__(message, hint)
        self.call = call


class NotJsonError(RpcError):
    """A line that is no JSON."""

    code = "bad_json"
    number = -32700


class BadCallError(RpcError):
    """JSON, but no call of JSON-RPC 2.0; or it may not be made now."""

    code = "bad_call"
    number = -32600


class UnknownMethodError(RpcError):
    """There is no such method."""

    code = "unknown_method"
    number = -32601


class BadParamsError(RpcError):
    """A field is missing, unknown, of another type or out of range."""

    code = "bad_params"
    number = -32602


class Call(msgspec.Struct, frozen=True):
    """One call. Without an `id` nobody waits for an answer."""

    jsonrpc: Literal["2.0"]
    method: str
    params: Any = {}
    id: Id | msgspec.UnsetType = msgspec.UNSET


def read_lines(pipe: BinaryIO) -> Iterator[bytes | None]:
    """The lines that come, until the end; None for one that is too long, and was skipped."""
    while line := pipe.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            if line.strip():
                yield line
            continue
        while line and not line.endswith(b"\n"):
            line = pipe.readline(_SKIPPED_AT_ONCE)
        yield None


def parse_call(line: bytes | None) -> Call:
    """Read a line.

    Raises:
        NotJsonError, BadCallError: it is no call.
    """
    if line is None:
        raise BadCallError(f"The message was longer than {MAX_LINE >> 20} MiB.")
    try:
        message = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotJsonError(f"The message is not valid JSON: {error}.") from None
    call = message.get("id") if isinstance(message, dict) else None
    try:
        return msgspec.convert(message, Call)
    except msgspec.ValidationError as error:
        known = call if isinstance(call, str | int) and not isinstance(call, bool) else None
        raise BadCallError(f"The message is no JSON-RPC 2.0 call: {error}.", call=known) from None


def parse_params(call: Call, kind: type[Params]) -> Params:
    """The params of a call.

    Raises:
        BadParamsError: they are not what the method takes.
        SettingsError: they hold a job with a value that is out of range.
    """
    if not isinstance(call.params, dict):
        raise BadParamsError(f"The params of `{call.method}` are no JSON object.")
    try:
        return msgspec.convert(call.params, kind)
    except msgspec.ValidationError as error:
        raise BadParamsError(f"The params of `{call.method}` are not valid: {error}.") from None


class Outbox:
    """Writes messages to the host, in order, from any thread, without waiting for it.

    A host that is gone or does not read holds up nobody: what it does not take is lost.
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="outbox", daemon=True)
        self._writer.start()

    def answer(self, call: Id, result: dict[str, Any] | None) -> None:
        """Answer a call."""
        self._put({"jsonrpc": "2.0", "id": call, "result": result})

    def refuse(self, call: Id, error: BaseException) -> None:
        """Answer a call with an error; `data` holds code, message and hint of our tree."""
        said = to_wire(error)
        if isinstance(error, RpcError):
            number = error.number
        else:
            number = _OUR_ERROR if isinstance(error, SparkVSRError) else _UNFORESEEN
        told = {"code": number, "message": said["message"], "data": said}
        self._put({"jsonrpc": "2.0", "id": call, "error": told})

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Tell the host something that it did not ask for."""
        self._put({"jsonrpc": "2.0", "method": method, "params": params})

    def close(self, patience_s: float) -> None:
        """Wait until what was said is written, but not longer."""
        self._lines.put(None)
        self._writer.join(patience_s)

    def _put(self, message: dict[str, Any]) -> None:
        self._lines.put(msgspec.json.encode(message) + b"\n")

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                self._pipe.write(line)
                self._pipe.flush()
        except OSError:
            LOG.info("nobody reads any more")
            while self._lines.get() is not None:
                pass
