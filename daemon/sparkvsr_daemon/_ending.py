"""Ends daemons that cannot be asked to, and waits for the end of any."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Final

from filelock import FileLock, Timeout

from sparkvsr.errors import UnreachableError

from .connection import read_connection
from .paths import Paths, find_paths

_TIMEOUT_S: Final = 15.0
_TRY_S: Final = 0.5


def wait_for_end(boot: str) -> None:
    """Wait until a daemon does not run any more; somebody may have started the next one by then.

    Args:
        boot: of that daemon.

    Raises:
        UnreachableError: it does not end.
    """
    paths = find_paths()
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(Timeout):
            # The lock is held until the process ends.
            FileLock(paths.lock_file, timeout=_TRY_S).acquire().lock.release()
            return
        connection = read_connection(paths.connection_file)
        if connection is not None and connection.boot != boot:  # it had to have the lock for that
            return
    raise UnreachableError(
        f"The daemon did not end within {_TIMEOUT_S:.0f} seconds.",
        "`sparkvsr daemon status` names its process.",
    )


def end_other_version(paths: Paths) -> None:
    """End a daemon that answers, but speaks another major version than this program.

    Raises:
        UnreachableError: it does not end.
    """
    connection = read_connection(paths.connection_file)
    if connection is not None:
        with contextlib.suppress(OSError):  # it has just ended
            os.kill(connection.pid, signal.SIGTERM)
    wait_for_end(connection.boot if connection else "")
