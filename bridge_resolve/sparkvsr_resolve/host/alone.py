"""Several scripts may wait for the agent at once; only one of them drives Resolve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ScriptLock

from .bench import Bench

PATIENCE_S = 600.0
"""How long another run's capture or placement is waited for."""
_LOOK_S = 1.0


@contextmanager
def alone(bench: Bench) -> Iterator[ScriptLock]:
    """Have the lock, after whoever has it now.

    Raises:
        BridgeError: it was not given back in time, or the person does not want to wait.
    """
    with _take(bench) as lock:
        yield lock


def _take(bench: Bench) -> ScriptLock:
    clock, said = bench.desk.clock, False
    end = clock.now() + PATIENCE_S
    while True:
        try:
            return ScriptLock.take(bench.folder)
        except BridgeError:
            if clock.now() >= end or bench.desk.cancelled():
                raise
        if not said:
            bench.desk.say("Waiting until another script of SparkVSR has finished in Resolve")
            said = True
        clock.sleep(_LOOK_S)
