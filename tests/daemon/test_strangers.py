"""Programs without a key, one by one and in crowds: they get nothing, and disturb nobody."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from raw_peer import RawPeer, listed_keys
from sparkvsr_daemon.client import DaemonBackend, connect
from sparkvsr_daemon.connection import Connection, read_connection
from sparkvsr_daemon.paths import find_paths
from strangers import OPENINGS, answer_to, greeting, half_open, is_only_a_greeting

Daemon = Any
HANDSHAKE_S = 5.0  # after which the daemon hangs up on who has not finished one


@pytest.fixture
def connection(daemon: Daemon) -> Connection:
    daemon.connect()
    found = read_connection(find_paths().connection_file)
    assert found is not None
    return found


@pytest.fixture
def port(connection: Connection) -> int:
    return int(connection.endpoint.rsplit(":", 1)[1])


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_no_opening_gets_more_than_a_greeting_or_is_taken_for_a_message(
    daemon: Daemon, port: int
) -> None:
    client = daemon.connect()
    pid, sessions = client.status().pid, client.status().sessions
    before = open_files(pid)
    for name, opening in OPENINGS.items():
        answer = answer_to(port, opening)
        assert is_only_a_greeting(answer), name
        assert b"SKV1" not in answer
    status = client.status()
    assert (status.protocol_errors, status.bytes_received, status.sessions) == (0, 0, sessions)
    daemon.wait_until(lambda: open_files(pid) <= before)


def test_what_a_client_with_a_key_said_is_worth_nothing_when_said_again(
    connection: Connection, port: int
) -> None:
    """CURVE's keys of a session are made for it; a recording of the wire opens nothing."""
    with socket.create_server(("127.0.0.1", 0)) as wiretap:
        endpoint = f"tcp://127.0.0.1:{wiretap.getsockname()[1]}"
        heard = _recorded(wiretap, port, connection, endpoint)
    assert b"\x05HELLO" in heard
    assert b"\x08INITIATE" in heard
    answer = answer_to(port, heard)
    assert b"\x05READY" not in answer
    assert b"\x07MESSAGE" not in answer


def _recorded(wiretap: socket.socket, port: int, real: Connection, endpoint: str) -> bytes:
    """What a client that connects to the wiretap sends, while the daemon answers it."""
    with RawPeer(msgspec.structs.replace(real, endpoint=endpoint), listed_keys(real)) as peer:
        peer.hello()
        client, _ = wiretap.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as daemon:
            heard, deadline = b"", time.monotonic() + 10
            for end in (client, daemon):
                end.setblocking(False)
            while not list(peer.heard(0.0)) and time.monotonic() < deadline:
                heard += _pass_on(client, daemon)
                _pass_on(daemon, client)
    return heard


def _pass_on(source: socket.socket, target: socket.socket) -> bytes:
    try:
        data = source.recv(65536)
    except BlockingIOError:
        time.sleep(0.001)
        return b""
    target.sendall(data)
    return data


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
@pytest.mark.parametrize("said", [b"", greeting(b"CURVE")], ids=["silent", "greeted"])
def test_a_crowd_of_half_open_connections_keeps_nobody_out_and_leaves_no_file_open(
    daemon: Daemon, connection: Connection, port: int, said: bytes
) -> None:
    client = daemon.connect()
    pid = client.status().pid
    before = open_files(pid)
    with half_open(port, 400, said) as crowd:
        daemon.wait_until(lambda: open_files(pid) > before + 100)
        assert len(list(daemon.make_job(2).run(DaemonBackend(client)))) == 2
        connect(start=False).close()  # raises when nobody says welcome in time
        daemon.wait_until(lambda: open_files(pid) <= before + 10, 3 * HANDSHAKE_S)  # + its worker
        for stranger in crowd:
            assert is_only_a_greeting(_what_came(stranger))
    assert client.status().protocol_errors == 0


def _what_came(stranger: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while piece := stranger.recv(4096):
            found += piece
    return found


@pytest.mark.slow
def test_who_dawdles_over_a_handshake_is_hung_up_on(daemon: Daemon, port: int) -> None:
    """A byte now and then does not keep a connection open."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.2) as stranger:
        begin, opening = time.monotonic(), greeting(b"CURVE")
        while time.monotonic() < begin + 3 * HANDSHAKE_S:
            try:
                stranger.sendall(opening[:1] or os.urandom(1))
                opening = opening[1:]
                if not stranger.recv(4096):
                    return
            except TimeoutError:
                pass
            except ConnectionError:
                return
    pytest.fail("the connection was still open")
