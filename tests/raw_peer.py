"""A peer of the daemon that says whatever it is given, with the daemon's keys or without."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final, Self

import zmq

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.connection import Connection
from sparkvsr_daemon.protocol import VERSION, decode, encode, new_id

Parts = list[bytes]
Keys = tuple[bytes, bytes]

_ASK_AGAIN_S: Final = 0.25


def listed_keys(connection: Connection) -> Keys:
    """The public and the secret key that the daemon admits."""
    return connection.client_public.encode(), connection.client_secret.encode()


class RawPeer:
    """One DEALER. Use it in one thread, as a context.

    Args:
        keys: public and secret; None speaks ZeroMQ without CURVE.
    """

    def __init__(self, connection: Connection, keys: Keys | None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        if keys is not None:
            self._socket.curve_serverkey = connection.server_public.encode()
            self._socket.curve_publickey, self._socket.curve_secretkey = keys
        self._socket.connect(connection.endpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()
        self._context.term()

    def send(self, parts: Sequence[bytes | memoryview], patience_s: float = 5.0) -> bool:
        """Send these parts; False when nobody took them in time."""
        if not self._socket.poll(round(patience_s * 1000), zmq.POLLOUT):
            return False
        self._socket.send_multipart(parts)
        return True

    def say(self, message: m.Message) -> bool:
        """Send a message as it should be."""
        return self.send(encode(message))

    def heard(self, patience_s: float = 0.0) -> Iterator[Parts]:
        """What came, until nothing more comes for this long."""
        while self._socket.poll(round(patience_s * 1000)):
            yield self._socket.recv_multipart()

    def hello(self) -> bool:
        """Begin a session."""
        return self.say(m.Hello(id=new_id(), v=VERSION, client="raw"))

    def reply_to(self, request: str, patience_s: float = 10.0) -> list[Parts]:
        """What comes up to the reply to a request, or in that time if there is none."""
        said, deadline = list[Parts](), time.monotonic() + patience_s
        while (left := deadline - time.monotonic()) > 0:
            for parts in self.heard(left):
                said.append(parts)
                if getattr(decode(parts)[0], "re", None) == request:
                    return said
        return said

    def settle(self, patience_s: float = 5.0) -> tuple[list[Parts], bool]:
        """Wait until the daemon has dealt with all that was sent.

        It keeps no answers for who is in no session and does not read, so it is asked repeatedly.

        Returns:
            What it said until then, and whether it answered at all: it does not when the
            connection was cut.
        """
        pings, said = set[str](), list[Parts]()
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            ping = m.Ping(id=new_id())
            pings.add(ping.id)
            self.say(ping)
            for parts in self.heard(_ASK_AGAIN_S):
                said.append(parts)
                if getattr(decode(parts)[0], "re", None) in pings:
                    return said, True
        return said, False
