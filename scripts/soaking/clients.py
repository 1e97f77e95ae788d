"""Several clients with many jobs each: all are done, in turns, and the supervisor does not grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final

from sparkvsr_daemon.client import connect

from ._cast import Actor
from ._home import Home
from ._measure import MB, Memory
from ._report import Outcome
from ._scale import Scale

FACTOR: Final = 2.0
FLAT: Final = 20 * MB
_WARM_UP: Final = 0.1  # of all jobs


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module.

    The clients submit one after the other, each all of its jobs, while a long job holds the worker
    up; then that one is cancelled. First come, first served would run them client by client.
    """
    with Home() as home, connect() as client:
        actors = [Actor(home, "batch", number, scale.batch) for number in range(scale.clients)]
        for actor in actors:
            actor.wait_for("ready")
        with Memory(client.status().pid) as memory:
            blocker = Actor(home, "blocker")
            blocker.wait_for("running")
            for actor in random.sample(actors, len(actors)):
                actor.go()
                actor.wait_for("submitted")
            blocker.go()
            for actor in actors:
                actor.wait_for("done", scale.batch, patience_s=600)
    times = {n: [told["at"] for told in a.told if "at" in told] for n, a in enumerate(actors)}
    everything = sorted(at for one in times.values() for at in one)
    total = scale.clients * scale.batch
    warm = memory.since(everything[round(_WARM_UP * total)])
    span = max(warm) - min(warm)
    unfair = unfairness(times)
    outcome.expect("jobs done", len(everything), str(total), len(everything) == total)
    outcome.expect("unfairness", f"{unfair:.1f}", f"≤ {FACTOR:.0f}", unfair <= FACTOR)
    outcome.expect(
        f"supervisor's memory after {_WARM_UP:.0%} of the jobs: largest − smallest",
        f"{span / MB:.1f} MB",
        f"≤ {FLAT / MB:.0f} MB",
        span <= FLAT,
    )
    outcome.tell("supervisor's memory, largest", f"{max(warm) / MB:.0f} MB")
    outcome.tell("jobs a second", f"{total / (everything[-1] - everything[0]):.1f}")


def unfairness(times: Mapping[int, Iterable[float]]) -> float:
    """How unevenly clients were served while all of them waited.

    Jobs are equal, so their number is what a client has got. After every completion, and
    among those clients that still have jobs waiting, it is the most that one has got over the
    least, where having got nothing yet counts as one: else the first completion would be
    infinitely unfair. The largest of all these is the result. First come, first served gives the
    number of jobs that the first client has; taking turns gives 2, right after the first round.

    Args:
        times: when the jobs of each client were done.
    """
    events = sorted((at, client) for client, found in times.items() for at in found)
    totals = {client: len(list(found)) for client, found in times.items()}
    got = dict.fromkeys(times, 0)
    worst = 1.0
    for _, client in events:
        got[client] += 1
        waiting = [got[c] for c in times if got[c] < totals[c]]
        if len(waiting) > 1:
            worst = max(worst, max(waiting) / max(min(waiting), 1))
    return worst
