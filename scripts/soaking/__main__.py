"""Does to a daemon of its own what users and machines do to one, and worse.

    scripts/soak kill        kill -9 of supervisor, worker, client and all, at random moments
    scripts/soak fuzz        malformed messages while a job runs
    scripts/soak strangers   programs without a key, one by one and in crowds
    scripts/soak clients     several clients with many jobs each
    scripts/soak frozen      a client that stops in the middle of its results
    scripts/soak latency     how soon the daemon answers while frames flow
    scripts/soak throughput  frames a second both ways

On loopback only, in a home of its own. --quick is for a look (two minutes), --full for a night.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import secrets
import signal
import sys
import time
import traceback
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from rich.console import Console

from ._report import Outcome, show, write_report
from ._scale import FULL, NORMAL, QUICK, Scale

SUBJECTS: Final = ("kill", "fuzz", "strangers", "clients", "frozen", "latency", "throughput")


def main() -> int:
    """Entry of the program; 0 when everything held."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="all when none is named")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="scale", action="store_const", const=QUICK, default=NORMAL)
    size.add_argument("--full", dest="scale", action="store_const", const=FULL)
    parser.add_argument("--seed", type=int, help="of everything random; printed when not given")
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="write into this page")
    options = parser.parse_args()
    for subject in options.subjects:
        if subject not in SUBJECTS:
            parser.error(f"there is no subject called {subject}")
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    console = Console()
    console.print(f"seed {seed}")
    outcomes = []
    for subject in options.subjects or SUBJECTS:
        outcomes.append(_run(subject, options.scale, seed))
        show(outcomes[-1], console)
    if options.report:
        write_report(options.report, outcomes, f"{_size(options.scale)} --seed {seed}")
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _run(subject: str, scale: Scale, seed: int) -> Outcome:
    begin = time.monotonic()
    outcome = Outcome(subject)
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(scale.most_s)
    try:
        importlib.import_module(f"soaking.{subject}").run(scale, Random(seed), outcome)  # noqa: S311 - no secret
    except Exception as error:  # the others are worth running all the same
        outcome.expect("came to its end", repr(error), "yes", False)
        traceback.print_exc()
    finally:
        signal.alarm(0)
    outcome.seconds = time.monotonic() - begin
    return outcome


def _size(scale: Scale) -> str:
    return {QUICK: " --quick", FULL: " --full"}.get(scale, "")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Once, so that nothing disturbs the tidying up: it takes a few seconds at most."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _too_late(number: int, frame: FrameType | None) -> None:
    """Where everybody stands, and an end."""
    faulthandler.dump_traceback()
    raise TimeoutError("it took too long")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
