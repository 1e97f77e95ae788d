"""Ends daemons that cannot be asked to, and waits for the end of any."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Final

from filelock import FileLock, Timeout

from sparkvsr.errors import UnreachableError

from .connection import read_connection
from .paths import Paths, find_paths

_TIMEOUT_S: Final = 15.0


def wait_for_end() -> None:
    """Wait until no daemon runs any more.

    Raises:
        UnreachableError: it does not end.
    """
    try:
        # The lock is held until the process ends.
        FileLock(find_paths().lock_file, timeout=_TIMEOUT_S).acquire().lock.release()
    except Timeout:
        raise UnreachableError(
            f"The daemon did not end within {_TIMEOUT_S:.0f} seconds.",
            "`sparkvsr daemon status` names its process.",
        ) from None


def end_other_version(paths: Paths) -> None:
    """End a daemon that answers, but speaks another major version than this program.

    Raises:
        UnreachableError: it does not end.
    """
    connection = read_connection(paths.connection_file)
    if connection is not None:
        with contextlib.suppress(OSError):  # it has just ended
            os.kill(connection.pid, signal.SIGTERM)
    wait_for_end()
