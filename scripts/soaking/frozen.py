"""A client that is stopped in the middle of its results: whom it holds up, and what it costs."""

from __future__ import annotations

import signal
import statistics
import time
from random import Random
from typing import Final

from sparkvsr_daemon.client import connect

from ._cast import Actor
from ._home import Home
from ._measure import MB, Memory
from ._pictures import Noise, restore
from ._report import Outcome
from ._scale import Scale

SLOWER: Final = 1.25
BOUND: Final = 64 * MB
_FRAMES: Final = 30  # of the stream that is stopped: 187 MB
_LONG_S: Final = 12.0  # longer than the daemon waits for a sign of life


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    with Home() as home, connect() as client:
        stream = restore(client, Noise((1280, 720), _FRAMES, seed=1))
        alone, beside = list[float](), list[float]()
        _timed_job(0)  # the first one pays for what is loaded once
        with Memory(client.status().pid) as memory:
            frozen = []
            for number in range(scale.runs):
                alone.append(_timed_job(2 * number + 1))
                frozen.append(_frozen(home, stream, random))
                beside.append(_timed_job(2 * number + 2))
                if number == scale.runs - 1:
                    time.sleep(_LONG_S)
                frozen[-1].process.send_signal(signal.SIGCONT)
                frozen[-1].wait_for("finished")
        reference = Actor(home, "reader", stream)
        reference.wait_for("finished")
        right = sum(r.find("finished") == reference.find("finished") for r in frozen)
        sessions = client.status().sessions
    ratio = statistics.median(beside) / statistics.median(alone)
    outcome.tell("a job with nobody frozen, median", f"{statistics.median(alone):.2f} s")
    outcome.tell("the same beside a frozen client", f"{statistics.median(beside):.2f} s")
    outcome.expect("ratio", f"{ratio:.2f}", f"≤ {SLOWER}", ratio <= SLOWER)
    outcome.expect(
        "growth of the supervisor's memory",
        f"{memory.growth / MB:.0f} MB",
        f"≤ {BOUND / MB:.0f} MB",
        memory.growth <= BOUND,
    )
    outcome.expect(
        "frozen clients that got all frames in the end, and the right ones",
        f"{right} of {len(frozen)}",
        "all",
        right == len(frozen),
    )
    outcome.tell("of these, connected anew", sum(bool(r.find("losses")) for r in frozen))
    outcome.tell("sessions left", sessions)


def _frozen(home: Home, job: str, random: Random) -> Actor:
    """A client that has stopped somewhere in the results of a job."""
    reader = Actor(home, "reader", job)
    reader.wait_for("frame", random.randint(1, _FRAMES // 3))
    reader.process.send_signal(signal.SIGSTOP)
    if reader.count("finished"):
        raise RuntimeError("the results were read before the client could be stopped")
    return reader


def _timed_job(seed: int) -> float:
    """A job of a client of its own: upload, restoration and results."""
    noise = Noise((640, 360), 40, seed, different=40)
    begin = time.monotonic()
    with connect(start=False) as client:
        restore(client, noise, "flow")
    return time.monotonic() - begin
