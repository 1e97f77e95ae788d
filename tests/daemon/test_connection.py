"""The connection file: private, whole or not there, never trusted when others could open it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import zmq

from sparkvsr.errors import UnreachableError
from sparkvsr_daemon.client import Client, connect
from sparkvsr_daemon.connection import (
    Connection,
    read_connection,
    remove_connection,
    write_connection,
)
from sparkvsr_daemon.errors import ConnectionFileError
from sparkvsr_daemon.paths import find_paths

Daemon = Any


def some_connection(boot: str = "b" * 32, port: int = 1) -> Connection:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    return Connection(
        boot=boot,
        pid=1,
        endpoint=f"tcp://127.0.0.1:{port}",
        server_public=public,
        client_public=public,
        client_secret=secret,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder / "connection.json"


def test_a_written_connection_is_private_and_reads_back(path: Path) -> None:
    connection = some_connection()
    write_connection(path, connection)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_connection(path) == connection
    assert [p.name for p in path.parent.iterdir()] == ["connection.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_can_open_is_refused(path: Path, mode: int) -> None:
    write_connection(path, some_connection())
    path.chmod(mode)
    with pytest.raises(ConnectionFileError, match=f"{mode:04o}"):
        read_connection(path)


def test_a_folder_that_others_can_open_is_refused(path: Path) -> None:
    write_connection(path, some_connection())
    path.parent.chmod(0o755)
    with pytest.raises(ConnectionFileError, match="0755"):
        read_connection(path)
    path.parent.chmod(0o700)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    write_connection(path, some_connection())
    os.chown(path, 12345, 12345)
    with pytest.raises(ConnectionFileError, match="another user"):
        read_connection(path)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "\xff", '{"v": 1}', "[" * 50_000,
        json.dumps(json.loads(b'{"v":1}') | {"endpoint": "tcp://example.org:1"}),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_as_good_as_none(path: Path, text: str) -> None:
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    assert read_connection(path) is None


def test_an_endpoint_beyond_this_machine_is_not_followed(path: Path) -> None:
    write_connection(path, some_connection())
    path.write_text(path.read_text().replace("127.0.0.1", "10.0.0.1"))
    assert read_connection(path) is None


def test_only_ones_own_connection_is_withdrawn(path: Path) -> None:
    write_connection(path, some_connection("b" * 32))
    remove_connection(path, "a" * 32)
    assert path.exists()
    remove_connection(path, "b" * 32)
    assert not path.exists()


def test_without_a_daemon_and_without_leave_to_start_one_it_is_unreachable(daemon: Daemon) -> None:
    with pytest.raises(UnreachableError, match="No daemon runs"):
        connect(start=False)
    assert daemon.processes() == set()


@pytest.mark.parametrize("kind", ["stale", "corrupt"])
def test_a_dead_daemons_file_is_replaced_by_that_of_a_new_one(daemon: Daemon, kind: str) -> None:
    paths = find_paths()
    paths.create()
    write_connection(paths.connection_file, some_connection(port=9))
    if kind == "corrupt":
        paths.connection_file.write_bytes(b'{"v": 1, "boot": "')
    client = daemon.connect()
    assert client.status().boot == client.boot != "b" * 32
    assert paths.connection_file.stat().st_mode & 0o777 == 0o600


def test_a_published_file_that_was_opened_to_others_is_not_used(daemon: Daemon) -> None:
    daemon.connect()
    find_paths().connection_file.chmod(0o644)
    with pytest.raises(ConnectionFileError, match="0644"):
        connect()


def test_keys_of_another_start_give_a_clear_error_and_no_hang(daemon: Daemon) -> None:
    daemon.connect()
    current = read_connection(find_paths().connection_file)
    assert current is not None
    port = int(current.endpoint.rsplit(":", 1)[1])
    with pytest.raises(UnreachableError, match="refused the keys"):
        Client(some_connection(port=port))


def test_the_servers_secret_key_is_not_published(daemon: Daemon) -> None:
    daemon.connect()
    fields = json.loads(find_paths().connection_file.read_bytes())
    assert set(fields) == {
        "v", "boot", "pid", "endpoint", "server_public", "client_public", "client_secret",
    }  # fmt: skip
    public, secret = fields["server_public"].encode(), fields["client_secret"].encode()
    assert zmq.curve_public(secret) == fields["client_public"].encode() != public
