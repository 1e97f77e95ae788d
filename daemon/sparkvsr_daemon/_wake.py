"""Wakes a poll loop from another thread or from a signal."""

from __future__ import annotations

import contextlib
import socket


class Wake:
    """A pair of sockets: `set` makes the reading end readable, `clear` empties it."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """The end to poll."""
        return self._reader.fileno()

    @property
    def signal_fileno(self) -> int:
        """The end for `signal.set_wakeup_fd`."""
        return self._writer.fileno()

    def set(self) -> None:
        """Wake the loop; safe from any thread, also after `close`."""
        with contextlib.suppress(OSError):  # full: it is awake already
            self._writer.send(b"\0")

    def clear(self) -> None:
        """Empty the reading end."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()
