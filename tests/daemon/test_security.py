"""Who does not hold the listed key gets nothing: no message in, no byte of ours out."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import zmq

from sparkvsr.errors import UnreachableError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.connection import Connection, read_connection
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION, encode

Daemon = Any


@pytest.fixture
def connection(daemon: Daemon) -> Connection:
    daemon.connect()
    found = read_connection(find_paths().connection_file)
    assert found is not None
    return found


@contextmanager
def plain_dealer(endpoint: str) -> Iterator[zmq.Socket[bytes]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    try:
        dealer.connect(endpoint)
        yield dealer
    finally:
        dealer.close()
        context.term()


def assert_untouched(daemon: Daemon) -> None:
    """The daemon still serves its own, and has taken nothing for a message."""
    status = daemon.connect().status()
    assert status.protocol_errors == 0
    assert status.bytes_received == 0


def test_a_client_without_curve_gets_nothing(daemon: Daemon, connection: Connection) -> None:
    with plain_dealer(connection.endpoint) as dealer:
        dealer.send_multipart(encode(m.Hello(id="1", v=VERSION)))
        assert dealer.poll(400) == 0
    assert_untouched(daemon)


def test_a_key_that_is_not_listed_gets_nothing(daemon: Daemon, connection: Connection) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    intruder = Channel(
        Connection(
            boot=connection.boot,
            pid=connection.pid,
            endpoint=connection.endpoint,
            server_public=connection.server_public,
            client_public=public,
            client_secret=secret,
        )
    )
    try:
        with pytest.raises(UnreachableError, match="refused the keys"):
            intruder.send(m.Hello(id="1", v=VERSION))
            for _ in range(50):
                assert intruder.receive(0.1) is None
    finally:
        intruder.close(0)
    assert_untouched(daemon)


# A POST as any web page could send it, its body being messages in ZMTP 1.0 framing.
BODY = b"\x01\x00" + b"".join(bytes([len(p) + 1, 1]) + p for p in (b"SKV1", b"\x81\xa1t\xa3bye"))
POST = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: null\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    + BODY
)


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", POST, BODY, os.urandom(65536), bytes(4096)],
    ids=["get", "post", "zmtp1", "random", "zeros"],
)
def test_bytes_that_are_no_handshake_get_nothing(
    daemon: Daemon, connection: Connection, sent: bytes
) -> None:
    port = int(connection.endpoint.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.settimeout(0.3)
        answer = b""
        try:
            stranger.sendall(sent)
            while piece := stranger.recv(65536):
                answer += piece
        except (TimeoutError, ConnectionError):
            pass
    # libzmq greets whoever connects with its protocol header; nothing of ours is in it.
    assert len(answer) <= 64
    assert b"SKV1" not in answer
    assert_untouched(daemon)


def test_half_open_connections_do_not_keep_others_out(
    daemon: Daemon, connection: Connection
) -> None:
    port = int(connection.endpoint.rsplit(":", 1)[1])
    strangers = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    try:
        assert_untouched(daemon)
    finally:
        for stranger in strangers:
            stranger.close()


def test_the_daemon_listens_on_this_machine_only(connection: Connection) -> None:
    assert connection.endpoint.startswith("tcp://127.0.0.1:")
    port = int(connection.endpoint.rsplit(":", 1)[1])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=1):
        pass


def test_the_state_of_the_daemon_is_private(daemon: Daemon, connection: Connection) -> None:
    for folder in ("run", "data", "log"):
        assert (daemon.home / folder).stat().st_mode & 0o777 == 0o700
