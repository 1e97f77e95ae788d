"""The daemon's one socket: ROUTER on loopback TCP, always CURVE, bounded in every direction."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import zmq

from ._zap import ZAP_DOMAIN, Gatekeeper
from .connection import Connection

_IO_THREADS: Final = 2
"""One of them may encrypt a frame while another carries a ping."""


class PeerGoneError(Exception):
    """The client on the other side has vanished."""


class Router:
    """Listens on a port that the operating system chose, with keys made for this start only."""

    def __init__(self) -> None:
        server_public, server_secret = zmq.curve_keypair()
        client_public, client_secret = zmq.curve_keypair()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context(_IO_THREADS)
        self._gatekeeper = Gatekeeper(self._context, client_public)
        self._socket = self._context.socket(zmq.ROUTER)
        options: dict[int, int | bytes] = {
            zmq.CURVE_SERVER: 1,
            zmq.CURVE_SECRETKEY: server_secret,
            zmq.ZAP_DOMAIN: ZAP_DOMAIN,
            zmq.ROUTER_MANDATORY: 1,  # else what cannot be sent is dropped without a word
            zmq.LINGER: 0,
            zmq.MAXMSGSIZE: 2 << 20,
            zmq.SNDHWM: 64,
            zmq.RCVHWM: 64,
            zmq.HANDSHAKE_IVL: 5000,
            zmq.HEARTBEAT_IVL: 2000,
            zmq.HEARTBEAT_TIMEOUT: 6000,
            zmq.IPV6: 0,
        }
        for option, value in options.items():
            self._socket.setsockopt(option, value)
        self._socket.bind("tcp://127.0.0.1:*")
        self._keys = (server_public, client_public, client_secret)

    def connection(self, boot: str) -> Connection:
        """What a client needs to come in."""
        server_public, client_public, client_secret = (key.decode() for key in self._keys)
        return Connection(
            boot=boot,
            pid=os.getpid(),
            endpoint=self._socket.getsockopt_string(zmq.LAST_ENDPOINT),
            server_public=server_public,
            client_public=client_public,
            client_secret=client_secret,
        )

    def register(self, poller: zmq.Poller) -> None:
        """Have the poller watch for clients and messages."""
        poller.register(self._gatekeeper.socket, zmq.POLLIN)
        poller.register(self._socket, zmq.POLLIN)

    def admit(self) -> None:
        """Answer everybody who is waiting at the gate."""
        while self._gatekeeper.socket.poll(0):
            self._gatekeeper.answer()

    def receive(self) -> tuple[bytes, list[bytes]] | None:
        """A client and the parts that it sent; None when nothing is waiting."""
        try:
            peer, *parts = self._socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return None
        return peer, parts

    def send(self, peer: bytes, parts: Sequence[bytes | memoryview]) -> bool:
        """Send to a client without waiting; False when it does not read fast enough.

        Raises:
            PeerGoneError: nobody is there any more.
        """
        try:
            self._socket.send_multipart([peer, *parts], zmq.DONTWAIT)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            raise PeerGoneError from error
        return True

    def close(self, linger_ms: int) -> None:
        """Close, giving clients this long to read what was sent."""
        self._gatekeeper.socket.close()
        self._socket.close(linger=linger_ms)
        self._context.term()
