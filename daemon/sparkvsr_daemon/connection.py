"""The connection file: where the daemon listens, and the keys that let a client in.

The daemon makes fresh keys at every start. Its own secret key never leaves its process; the one
client key pair does, in a file that only this user can read. Who can read it may use the daemon.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from .errors import ConnectionFileError

FILE_VERSION: Final = 1

_Key = Annotated[str, Meta(min_length=40, max_length=40)]


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one running daemon. Keys are Z85, 40 characters.

    Attributes:
        boot: random, another one at every start of a daemon.
        endpoint: `tcp://127.0.0.1:PORT`.
    """

    boot: str
    pid: int
    endpoint: Annotated[str, Meta(pattern=r"\Atcp://127\.0\.0\.1:\d{1,5}\Z")]
    server_public: _Key
    client_public: _Key
    client_secret: _Key
    v: int = FILE_VERSION


def write_connection(path: Path, connection: Connection) -> None:
    """Publish a connection; readers see the old file or the new one, never a half."""
    part = path.with_name(f"{path.name}.{connection.boot}.part")
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(connection))
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_connection(path: Path) -> Connection | None:
    """The published connection, or None when there is none that can be understood.

    Raises:
        ConnectionFileError: others could have written or read it.
    """
    try:
        with path.open("rb") as file:
            _check_owner(os.fstat(file.fileno()), path)
            _check_owner(path.parent.stat(), path.parent)
            data = file.read(1 << 16)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConnectionFileError(
            f"Cannot read the connection file {path}: {error.strerror}.", "Check its permissions."
        ) from error
    try:
        connection = msgspec.json.decode(data, type=Connection)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return connection if connection.v == FILE_VERSION else None


def remove_connection(path: Path, boot: str) -> None:
    """Withdraw a connection, unless another daemon has published its own since."""
    try:
        current = read_connection(path)
    except ConnectionFileError:
        return
    if current is not None and current.boot == boot:
        path.unlink(missing_ok=True)


def _check_owner(status: os.stat_result, path: Path) -> None:
    if os.name != "posix":  # elsewhere the folder's access list protects it; mode bits say nothing
        return
    if status.st_uid != os.getuid():
        raise ConnectionFileError(
            f"{path} belongs to another user, so it cannot be trusted.",
            "Remove it, or set SPARKVSR_HOME to a folder of your own.",
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConnectionFileError(
            f"{path} is open to other users (mode {mode:04o}), so its keys are no secret any more.",
            "Stop the daemon, delete the file, and start again: new keys are made at every start.",
        )
