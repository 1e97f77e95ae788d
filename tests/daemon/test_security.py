"""Who does not hold the listed key gets nothing: no message in, no byte of ours out."""

from __future__ import annotations

import socket
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
import zmq

from raw_peer import RawPeer
from sparkvsr.errors import UnreachableError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.connection import Connection, read_connection
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION

Daemon = Any


@pytest.fixture
def connection(daemon: Daemon) -> Connection:
    daemon.connect()
    found = read_connection(find_paths().connection_file)
    assert found is not None
    return found


def assert_untouched(daemon: Daemon) -> None:
    """The daemon still serves its own, and has taken nothing for a message."""
    status = daemon.connect().status()
    assert status.protocol_errors == 0
    assert status.bytes_received == 0


def test_a_client_without_curve_gets_nothing(daemon: Daemon, connection: Connection) -> None:
    with RawPeer(connection, keys=None) as peer:
        peer.hello()
        assert not list(peer.heard(0.4))
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


def test_the_daemon_listens_on_this_machine_only(connection: Connection) -> None:
    assert connection.endpoint.startswith("tcp://127.0.0.1:")
    port = int(connection.endpoint.rsplit(":", 1)[1])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=1):
        pass


def test_the_state_of_the_daemon_is_private(daemon: Daemon, connection: Connection) -> None:
    for folder in ("run", "data", "log"):
        assert (daemon.home / folder).stat().st_mode & 0o777 == 0o700


def test_the_worker_loads_models_with_the_network_off(daemon: Daemon) -> None:
    """And so does everything that a library in it might ask the hub for."""
    list(daemon.make_job(2).run(daemon.backend()))
    (worker,) = [
        found
        for pid in daemon.processes()
        if "sparkvsr_daemon.worker" in (found := psutil.Process(pid)).cmdline()
    ]
    assert worker.environ()["HF_HUB_OFFLINE"] == "1"


def test_the_worker_inherits_no_socket_of_the_supervisor(daemon: Daemon) -> None:
    """It runs what decodes footage and models; a way to the clients is not its business."""
    list(daemon.make_job(2).run(daemon.backend()))
    for pid in daemon.processes():
        found = psutil.Process(pid)
        if "sparkvsr_daemon.worker" in found.cmdline():
            assert found.net_connections("all") == []
            break
    else:
        pytest.fail("no worker runs")
