"""Answers libzmq's question whether a CURVE client may come in (ZeroMQ RFC 27).

Without an answer to it any client that knows the server's public key would be let in.
"""

from __future__ import annotations

from typing import Final

import zmq
from zmq.utils import z85

ZAP_DOMAIN: Final = b"sparkvsr"
_ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"
_VERSION: Final = b"1.0"


class Gatekeeper:
    """Lets in those who hold one key, and nobody else. Must exist before any socket binds."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], client_public: bytes) -> None:
        self._key = z85.decode(client_public)
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(_ZAP_ENDPOINT)

    def answer(self) -> None:
        """Answer one question; to be called when `socket` can be read."""
        version, request, domain, _address, _identity, mechanism, *credentials = (
            self.socket.recv_multipart()
        )
        known = (version, domain, mechanism, credentials) == (
            _VERSION,
            ZAP_DOMAIN,
            b"CURVE",
            [self._key],
        )
        verdict = (b"200", b"OK") if known else (b"400", b"not listed")
        self.socket.send_multipart([_VERSION, request, *verdict, b"client" if known else b"", b""])
