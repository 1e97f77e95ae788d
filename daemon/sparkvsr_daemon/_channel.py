"""The client's end of the connection: one DEALER, and a monitor for silent failures."""

from __future__ import annotations

from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from sparkvsr.errors import UnreachableError

from ._messages import AnyMessage, Message
from .connection import Connection
from .protocol import decode, encode

_REFUSED: Final = zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED
_HANDSHAKE: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_SEND_PATIENCE_MS: Final = 100


class Channel:
    """Sends and receives messages; all raise `UnreachableError` when the daemon is gone."""

    def __init__(self, connection: Connection) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        options: dict[int, int | bytes] = {
            zmq.CURVE_SERVERKEY: connection.server_public.encode(),
            zmq.CURVE_PUBLICKEY: connection.client_public.encode(),
            zmq.CURVE_SECRETKEY: connection.client_secret.encode(),
            zmq.LINGER: 0,
            zmq.MAXMSGSIZE: 2 << 20,
            zmq.SNDHWM: 64,
            zmq.RCVHWM: 64,
            zmq.HANDSHAKE_IVL: 3000,
            zmq.HEARTBEAT_IVL: 2000,
            zmq.HEARTBEAT_TIMEOUT: 6000,
            zmq.IPV6: 0,
        }
        for option, value in options.items():
            self._socket.setsockopt(option, value)
        self._lost: UnreachableError | None = None
        self._monitor = self._socket.get_monitor_socket(
            _REFUSED | _HANDSHAKE | zmq.EVENT_DISCONNECTED
        )
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        self._socket.connect(connection.endpoint)

    @property
    def closed(self) -> bool:
        """`close` was called."""
        return bool(self._socket.closed)

    def send(self, message: Message, chunk: bytes | memoryview | None = None) -> None:
        """Send a message, waiting while the daemon is behind."""
        parts = encode(message, chunk)
        while not self._socket.poll(_SEND_PATIENCE_MS, zmq.POLLOUT):
            self._check()
        self._socket.send_multipart(parts)

    def receive(self, timeout_s: float) -> tuple[AnyMessage, bytes | None] | None:
        """The next message and its chunk; None when none came in time."""
        ready = dict(self._poller.poll(round(timeout_s * 1000)))
        if self._socket in ready:
            return decode(self._socket.recv_multipart())
        self._check()
        return None

    def close(self, linger_ms: int) -> None:
        """Close, waiting at most this long until what was sent has left."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=linger_ms)
        self._context.term()

    def _check(self) -> None:
        while self._lost is None and self._monitor.poll(0):
            self._lost = _explain(recv_monitor_message(self._monitor)["event"])
        if self._lost is not None:
            raise self._lost


def _explain(event: int) -> UnreachableError:
    if event & _HANDSHAKE:
        return UnreachableError(
            "The daemon refused the keys of the connection file.",
            "They are those of another start; stop the daemon and start it again.",
        )
    if event & _REFUSED:
        return UnreachableError("Nobody listens where the connection file says.")
    return UnreachableError("The daemon ended unexpectedly.", "Its log tells more.")
