"""How programs reach the daemon: `connect` to it, ask it, or run a restoration through it.

with connect() as client:
    for frame in DaemonBackend(client).restore(request, source, on_notice=..., cancelled=...):
        ...
"""

from __future__ import annotations

import time
from typing import Final

from sparkvsr.errors import UnreachableError

from ._backend import DaemonBackend
from ._client import Client
from ._settings import load_settings
from ._spawn import spawn_daemon
from .connection import read_connection
from .errors import IncompatibleError
from .paths import Paths, find_paths

__all__ = ["Client", "DaemonBackend", "connect"]

START_TIMEOUT_S: Final = 15.0


def connect(start: bool = True) -> Client:
    """Reach this user's daemon.

    Args:
        start: start one if none answers.

    Raises:
        ConnectionFileError: others could have written or read the connection file.
        IncompatibleError: the daemon that runs speaks another major version.
        SettingsError: daemon.toml is not valid, and a daemon would have to be started.
        UnreachableError: none answers, or none could be started.
    """
    paths = find_paths()
    connection = read_connection(paths.connection_file)
    reason = "It has published no connection."
    if connection is not None:
        try:
            return Client(connection)
        except IncompatibleError:
            raise
        except UnreachableError as error:
            reason = error.message
    if not start:
        raise UnreachableError(f"No daemon runs. {reason}", "Start it with: sparkvsr daemon start.")
    return _start(paths, connection.boot if connection else "")


def _start(paths: Paths, stale_boot: str) -> Client:
    """Start a daemon, or wait for the one that somebody else is starting or stopping."""
    load_settings(paths)  # what is wrong there is a sentence here, and only a log line there
    deadline = time.monotonic() + START_TIMEOUT_S
    process = spawn_daemon(paths)
    pause = 0.02
    while time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
        connection = read_connection(paths.connection_file)
        if connection is not None and connection.boot != stale_boot:
            try:
                return Client(connection)
            except IncompatibleError:
                raise
            except UnreachableError:
                stale_boot = connection.boot
        status = process.poll()
        if status == 0:  # another one held the lock; it may have been about to end
            process = spawn_daemon(paths)
        elif status is not None:
            break
    raise UnreachableError(
        "The daemon could not be started.", f"Its log, {paths.log_file}, tells why."
    )
