"""What commands that run jobs share: the daemon, when it is needed, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sparkvsr.backend import Cancelled, OnNotice, Request, RestoredFrame, Source

from .client import DaemonBackend, connect


class DaemonWhenNeeded:
    """The daemon as a backend; it is connected to, or started, only when the input is sound."""

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        with connect() as client:
            yield from DaemonBackend(client, connect).restore(
                request, source, on_notice=on_notice, cancelled=cancelled
            )


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM ask the job to stop; a second one stops this process at once."""
    asked = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
