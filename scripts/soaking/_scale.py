"""How much of everything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Amounts for one run.

    Attributes:
        most_s: for one subject, whatever happens.
        jobs, kills: of `kill`, which ends early after `kill_s` seconds.
        messages, manifests: of `fuzz`, all of them malformed.
        half_open: connections of `strangers`, held for `crowd_s` seconds.
        clients, batch: of `clients`: how many, and how many jobs each.
        runs: of `frozen`, with and without a frozen client each.
        pings: of `latency`, in each situation.
        frames: 1080p frames moved at once in `throughput`.
    """

    most_s: int
    jobs: int
    kills: int
    kill_s: float
    messages: int
    manifests: int
    half_open: int
    crowd_s: float
    clients: int
    batch: int
    runs: int
    pings: int
    frames: int


QUICK: Final = Scale(
    most_s=120,
    jobs=2,
    kills=5,
    kill_s=40,
    messages=5_000,
    manifests=100,
    half_open=500,
    crowd_s=3,
    clients=4,
    batch=6,
    runs=2,
    pings=150,
    frames=4,
)
NORMAL: Final = Scale(
    most_s=600,
    jobs=10,
    kills=60,
    kill_s=420,
    messages=100_000,
    manifests=1_000,
    half_open=2_000,
    crowd_s=8,  # longer than a handshake may take
    clients=8,
    batch=20,
    runs=5,
    pings=600,
    frames=8,
)
FULL: Final = Scale(
    most_s=3 * 3600,
    jobs=30,
    kills=240,
    kill_s=2400,
    messages=1_000_000,
    manifests=10_000,
    half_open=10_000,
    crowd_s=30,
    clients=8,
    batch=100,
    runs=15,
    pings=3_000,
    frames=24,
)
