"""How soon the daemon answers a second client while 4K frames flow: in, out, and both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import Final

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.client import Client, connect
from sparkvsr_daemon.protocol import new_id

from ._cast import Actor
from ._home import Home
from ._measure import percentile
from ._pictures import UHD, Noise, restore
from ._report import Outcome, Table
from ._scale import Scale

P95_MS: Final = 20.0
_PAUSE_S: Final = 0.005
_SITUATIONS: Final[dict[str, Sequence[str]]] = {
    "idle": (),
    "results of 4K frames": ("results",),
    "uploads of 4K frames": ("upload",),
    "both": ("results", "upload"),
    "4K jobs from end to end": ("restorations",),
}


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    with Home() as home, connect() as client:
        job = restore(client, Noise(UHD, 4, seed=1))
        seed = str(random.getrandbits(16))
        arguments = {"results": job, "upload": seed, "restorations": seed}
        rows = []
        for situation, streams in _SITUATIONS.items():
            actors = [Actor(home, name, arguments[name]) for name in streams]
            for actor in actors:
                actor.wait_for("frame")
            begin, before = time.monotonic(), sum(actor.count("frame") for actor in actors)
            waits = _pings(client, scale.pings)
            frames = sum(actor.count("frame") for actor in actors) - before
            rate = frames / (time.monotonic() - begin)
            for actor in actors:
                actor.end()
            figures = [percentile(waits, share) * 1000 for share in (0.5, 0.95, 0.99, 1.0)]
            cells = (f"{figure:.1f}" for figure in figures)
            rows.append((situation, *cells, f"{rate:.1f}" if streams else ""))
            if streams and "restorations" not in streams:  # there the worker takes the cores
                outcome.expect(
                    f"95 of 100 pings are answered within: {situation}",
                    f"{figures[1]:.1f} ms",
                    f"< {P95_MS:.0f} ms",
                    figures[1] < P95_MS,
                )
    header = ("while", "p50 ms", "p95 ms", "p99 ms", "most ms", "4K frames a second")
    outcome.tables.append(Table(f"{scale.pings} pings each, of another client", header, rows))


def _pings(client: Client, count: int) -> list[float]:
    """Seconds from a ping to its pong."""
    waits = []
    for _ in range(count):
        begin = time.perf_counter()
        client.request(m.Ping(id=new_id()), m.Pong)
        waits.append(time.perf_counter() - begin)
        time.sleep(_PAUSE_S)
    return waits
