"""Programs without a key, one by one and in crowds: what they get, and whom they disturb."""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import psutil  # type: ignore[import-untyped]
import zmq

from raw_peer import RawPeer
from sparkvsr.errors import UnreachableError
from sparkvsr_daemon._client import HELLO_TIMEOUT_S
from sparkvsr_daemon.client import Client, connect
from sparkvsr_daemon.connection import Connection
from strangers import (
    GREETING_BYTES,
    OPENINGS,
    answer_to,
    connected,
    greeting,
    half_open,
    is_only_a_greeting,
)

from ._home import Home, wait_until
from ._measure import percentile
from ._report import Outcome
from ._scale import Scale

_SOFT_LIMIT: Final = 1024  # of open files, as most desktops give it
_HANDSHAKE_S: Final = 5.0


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    with Home() as home:
        with _desktop_limits():
            connection = home.connection()
        with connect(start=False) as client:
            pid = client.status().pid
            _one_by_one(connection, outcome)
            process = psutil.Process(pid)
            before = process.num_fds()
            for name, said in (("silent", b""), ("stuck after the greeting", greeting(b"CURVE"))):
                _crowd(name, said, scale, connection, client, outcome)
            wait_until(lambda: process.num_fds() <= before, 3 * _HANDSHAKE_S)
            left = process.num_fds() - before
            outcome.expect("files of the daemon that stay open afterwards", left, "0", left <= 0)
            status = client.status()
            outcome.expect(
                "messages that it took for its own",
                status.protocol_errors,
                "0",
                status.protocol_errors == 0,
            )


def _one_by_one(connection: Connection, outcome: Outcome) -> None:
    port = _port(connection)
    answers = {name: answer_to(port, opening) for name, opening in OPENINGS.items()}
    more = [name for name, answer in answers.items() if not is_only_a_greeting(answer)]
    outcome.expect(
        f"of {len(OPENINGS)} openings, those that got more than {GREETING_BYTES} bytes of greeting",
        len(more),
        "0",
        not more,
    )
    outcome.notes += [f"{name} was answered with {answers[name]!r}" for name in more]
    heard = 0
    for keys in (None, zmq.curve_keypair()):
        with RawPeer(connection, keys) as peer:
            peer.hello()
            heard += len(list(peer.heard(1.0)))
    outcome.expect("answers to hello without a listed key", heard, "0", heard == 0)


def _crowd(
    name: str, said: bytes, scale: Scale, connection: Connection, client: Client, outcome: Outcome
) -> None:
    """Many at once; meanwhile a client that was there before, and new ones again and again."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(scale.half_open, hard - 200)
    old, new, refused = list[float](), list[float](), 0
    with _many_files(), half_open(_port(connection), count, said) as crowd:
        end = time.monotonic() + scale.crowd_s
        through = 0
        while time.monotonic() < end:
            old.append(_timed(client.status))
            try:
                new.append(_timed(lambda: connect(start=False).close()))
            except UnreachableError:
                refused += 1
            through = max(through, connected(crowd))
            time.sleep(0.05)
    outcome.tell(f"half-open connections, {name}", f"{through:,} of {count:,} came through")
    outcome.expect(
        "  the longest that a client which was there waits",
        f"{max(old) * 1000:.0f} ms",
        "≤ 1000 ms",
        max(old) <= 1.0,
    )
    outcome.expect(
        f"  new clients not let in within {HELLO_TIMEOUT_S:.0f} s",
        f"{refused} of {refused + len(new)}",
        "0",
        refused == 0,
    )
    if new:
        outcome.tell("  new clients wait, median", f"{percentile(new, 0.5) * 1000:.0f} ms")


@contextlib.contextmanager
def _desktop_limits() -> Iterator[None]:
    """What is started meanwhile begins with as few open files as on a desktop."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_SOFT_LIMIT, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """This process may open as many files as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _timed(call: Callable[[], object]) -> float:
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


def _port(connection: Connection) -> int:
    return int(connection.endpoint.rsplit(":", 1)[1])
