"""How much of everything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Amounts for one run.

    Attributes:
        jobs, kills: of `kill`, which ends early after `kill_s` seconds.
        messages: of `fuzz`; `manifests` of these are damaged manifests.
        half_open: connections of `strangers`.
        clients, batch: of `clients`: how many, and how many jobs each.
        runs: of `frozen`, with and without a frozen client each.
        pings: of `latency`, in each situation.
        frames: 1080p frames moved at once in `throughput`.
    """

    jobs: int
    kills: int
    kill_s: float
    messages: int
    manifests: int
    half_open: int
    clients: int
    batch: int
    runs: int
    pings: int
    frames: int


QUICK: Final = Scale(
    jobs=2,
    kills=6,
    kill_s=45,
    messages=6_000,
    manifests=100,
    half_open=500,
    clients=4,
    batch=6,
    runs=2,
    pings=150,
    frames=4,
)
NORMAL: Final = Scale(
    jobs=10,
    kills=60,
    kill_s=420,
    messages=105_000,
    manifests=1_000,
    half_open=2_000,
    clients=8,
    batch=20,
    runs=5,
    pings=600,
    frames=8,
)
FULL: Final = Scale(
    jobs=30,
    kills=240,
    kill_s=2400,
    messages=1_000_000,
    manifests=10_000,
    half_open=10_000,
    clients=8,
    batch=100,
    runs=15,
    pings=3_000,
    frames=24,
)
