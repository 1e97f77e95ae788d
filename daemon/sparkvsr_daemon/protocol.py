"""Messages to bytes and back: envelope, header, limits. docs/protocol.md is the specification.

A message is two or three ZeroMQ parts: the magic, a MessagePack map of at most 64 KiB, and for the
types that carry pixels one raw chunk of at most 1 MiB. Nothing else is ever sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final, get_args

import msgpack  # type: ignore[import-untyped]
import msgspec

from ._messages import (
    MAX_CHUNK,
    MAX_HEADER,
    AnyMessage,
    Chunk,
    FrameChunk,
    Message,
)
from .errors import EnvelopeError, HeaderError, TooLargeError, UnknownTypeError

MAGIC: Final = b"SKV1"
VERSION: Final = (1, 1)

_TYPES: Final[dict[str, type[Message]]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyMessage)
}
_WITH_CHUNK: Final = (Chunk, FrameChunk)


def new_id() -> str:
    """A fresh request id: 16 random bytes in hex."""
    return secrets.token_hex(16)


def encode(message: Message, chunk: bytes | memoryview | None = None) -> list[bytes | memoryview]:
    """The parts of a message.

    Args:
        chunk: raw bytes, for the types that carry them and for no other.

    Raises:
        TooLargeError: the header or the chunk is above the limit.
        EnvelopeError: a chunk where none belongs, or none where one does.
    """
    header = msgspec.msgpack.encode(message)
    kind = str(message.__struct_config__.tag)
    _check_sizes(len(header), chunk)
    _check_chunk(type(message), chunk is not None, kind)
    return [MAGIC, header] if chunk is None else [MAGIC, header, chunk]


def decode(parts: Sequence[bytes]) -> tuple[AnyMessage, bytes | None]:
    """The message that the parts stand for, and its chunk if it carries one.

    Raises:
        ProtocolError: whatever is wrong with the parts; nothing else is ever raised.
    """
    if not 2 <= len(parts) <= 3 or parts[0] != MAGIC:
        raise EnvelopeError("This is no message of this protocol.")
    chunk = parts[2] if len(parts) == 3 else None
    _check_sizes(len(parts[1]), chunk)
    header = _unpack(parts[1])
    identifier = header.get("id")
    request = identifier if isinstance(identifier, str) and 0 < len(identifier) <= 32 else None
    name = header.get("t")
    kind = _TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise UnknownTypeError(
            "There is no message of this type here.", "Update the older side.", request=request
        )
    try:
        message = msgspec.convert(header, type=kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise HeaderError(f"The {name} message is not valid: {error}.", request=request) from None
    _check_chunk(kind, chunk is not None, str(name), request)
    return message, chunk  # type: ignore[return-value]  # `kind` is a member of the union


def _unpack(data: bytes) -> dict[str, Any]:
    try:
        # The defaults of these limits grow with the input; these do not.
        header = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_str_len=MAX_HEADER,
            max_bin_len=0,
            max_array_len=1024,
            max_map_len=64,
            max_ext_len=0,
        )
    except (ValueError, RecursionError, OverflowError):
        raise HeaderError("The header is no MessagePack of this protocol.") from None
    if not isinstance(header, dict):
        raise HeaderError("The header is no map.")
    return header


def _check_sizes(header_bytes: int, chunk: bytes | memoryview | None) -> None:
    if header_bytes > MAX_HEADER:
        raise TooLargeError(f"A header of {header_bytes} bytes is above the limit of {MAX_HEADER}.")
    if chunk is not None and not 1 <= len(chunk) <= MAX_CHUNK:
        raise TooLargeError(f"A chunk must have 1 to {MAX_CHUNK} bytes; this has {len(chunk)}.")


def _check_chunk(kind: type[Message], present: bool, name: str, request: str | None = None) -> None:
    if present != (kind in _WITH_CHUNK):
        raise EnvelopeError(
            f"A {name} message comes {'without' if present else 'with'} a chunk.", request=request
        )
