"""What programs without a key send to a port: the openings of other protocols, whole and broken."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

GREETING_BYTES: Final = 64  # of ZMTP 3; libzmq sends its own to whoever connects


def greeting(mechanism: bytes, version: bytes = b"\x03\x01") -> bytes:
    """How a ZMTP 3 peer opens: signature, version, mechanism, role, filler (RFC 37)."""
    return b"\xff" + bytes(8) + b"\x7f" + version + mechanism.ljust(20, b"\0") + bytes(32)


def command(name: bytes, body: bytes = b"") -> bytes:
    """A ZMTP 3 command frame."""
    data = bytes([len(name)]) + name + body
    return bytes([4, len(data)]) + data


def frames(*parts: bytes) -> bytes:
    """The frames of a ZMTP 3 message."""
    flags = [1] * (len(parts) - 1) + [0]
    return b"".join(bytes([f, len(p)]) + p for f, p in zip(flags, parts, strict=True))


def old_frames(*parts: bytes) -> bytes:
    """The frames of a ZMTP 1.0 message."""
    flags = [1] * (len(parts) - 1) + [0]
    return b"".join(bytes([len(p) + 1, f]) + p for f, p in zip(flags, parts, strict=True))


_BYE: Final = (b"SKV1", b"\x81\xa1t\xa3bye")
_SHUTDOWN: Final = (b"SKV1", b"\x82\xa1t\xa8shutdown\xa2id\xa11")
_READY: Final = command(b"READY", b"\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0")
_ZMTP1: Final = b"\x01\0" + old_frames(*_BYE) + old_frames(*_SHUTDOWN)


def _post(body: bytes) -> bytes:
    """As any web page can send it to any port of this machine."""
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: null\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


OPENINGS: Final[dict[str, bytes]] = {
    "HTTP GET": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "HTTP POST of ZMTP 1.0 frames": _post(_ZMTP1),
    "HTTP POST of ZMTP 3 frames": _post(greeting(b"NULL") + _READY + frames(*_SHUTDOWN)),
    "WebSocket upgrade": b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + os.urandom(508),
    "ZMTP 1.0": _ZMTP1,
    "ZMTP 2.0": b"\xff" + bytes(8) + b"\x7f\x01\x05\0\0" + frames(*_SHUTDOWN),
    "ZMTP 3, NULL": greeting(b"NULL") + _READY + frames(*_SHUTDOWN),
    "ZMTP 3, PLAIN": greeting(b"PLAIN") + command(b"HELLO", b"\x05admin\x05admin"),
    "ZMTP 3, unknown mechanism": greeting(b"GSSAPI2") + _READY,
    "CURVE, no hello": greeting(b"CURVE") + _READY + frames(*_SHUTDOWN),
    "CURVE, random hello": greeting(b"CURVE")
    + command(b"HELLO", b"\x01\0" + bytes(72) + os.urandom(120)),
    "CURVE, forged message": greeting(b"CURVE") + command(b"MESSAGE", os.urandom(40)),
    "a frame of 2^63 bytes": greeting(b"NULL") + b"\x02\x7f" + b"\xff" * 7,
    "64 KiB of random bytes": os.urandom(65536),
    "4 KiB of zeros": bytes(4096),
    "nothing": b"",
}


def answer_to(port: int, opening: bytes, patience_s: float = 0.3) -> bytes:
    """All that comes back when a program connects and sends these bytes."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=patience_s) as stranger,
        contextlib.suppress(TimeoutError, ConnectionError),
    ):
        answer = stranger.recv(10)  # before a reset can take it away
        stranger.sendall(opening)
        while piece := stranger.recv(65536):
            answer += piece
    return answer


def is_only_a_greeting(answer: bytes) -> bool:
    """Whether nothing came but what libzmq says to whoever connects, or the beginning of it."""
    return len(answer) <= GREETING_BYTES and answer[:1] in (b"", b"\xff")


@contextmanager
def half_open(port: int, count: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections at once that begin a handshake, or not even that, and never go on."""
    strangers = [socket.socket() for _ in range(count)]
    try:
        for stranger in strangers:
            stranger.setblocking(False)
            stranger.connect_ex(("127.0.0.1", port))
        for stranger in strangers:
            with contextlib.suppress(OSError):  # not through yet, or hung up on already
                stranger.send(said)
        yield strangers
    finally:
        for stranger in strangers:
            stranger.close()


def connected(strangers: list[socket.socket]) -> int:
    """How many of these got through to the daemon."""
    found = 0
    for stranger in strangers:
        with contextlib.suppress(OSError):
            stranger.getpeername()
            found += 1
    return found
