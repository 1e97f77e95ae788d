"""The verbs of `python3 installer`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
# What hosts load: the installer uses it, too, and it needs nothing installed.
sys.path[1:1] = [str(ROOT / "daemon"), str(ROOT / "bridge_resolve")]  # before any other SparkVSR

from _checkout import checkout_environment  # noqa: E402
from _options import HELP, demo_parser  # noqa: E402
from _verbs import bundle, doctor, install, rollback, status, uninstall  # noqa: E402
from sparkvsr_installer.lines import ForeignFileError  # noqa: E402
from sparkvsr_installer.machine import Machine  # noqa: E402
from sparkvsr_installer.steps import TIMES, StepError, run  # noqa: E402

FAILED = 10
INTERRUPTED = 130
_SIDE_BY_SIDE = ("-n", "logical", "--maxprocesses", "4", "--dist", "worksteal")


def bootstrap(arguments: Sequence[str], machine: Machine | None = None) -> int:
    """Run one verb, on this machine unless a test says otherwise; gives the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may hold what a terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    if not arguments or arguments[0].startswith("-"):
        arguments = ["install", *arguments]
    verb = _VERBS.get(arguments[0])
    if verb is None:
        print(
            f"`{arguments[0]}` is not a verb of the installer.\n\n{HELP}", end="", file=sys.stderr
        )
        return 2
    try:
        return verb(machine or Machine(), arguments[1:])
    except (StepError, ForeignFileError) as failure:
        print(failure, file=sys.stderr)
        return FAILED
    except OSError as error:
        print(
            f"It failed: {error}. Put that right, and run the same command again.",
            file=sys.stderr,
        )
        return FAILED
    except KeyboardInterrupt:
        print("\nInterrupted; run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED


def _demo(machine: Machine, arguments: Sequence[str]) -> int:
    options = demo_parser().parse_args(arguments)
    environment = checkout_environment(ROOT, tests=False)
    script = ROOT / "installer" / "_demo.py"
    command = [environment.python, script, "--out", options.out.absolute(), "--clip", options.clip]
    start = time.monotonic()
    status = run(command, folder=ROOT)
    if status == 0:
        _print_times([*TIMES, ("Making, restoring and comparing a clip", time.monotonic() - start)])
    return status


def _print_times(times: Sequence[tuple[str, float]]) -> None:
    width = max(len(text) for text, _ in times)
    print("\nWhere the time went:")
    for text, seconds in [*times, ("together", sum(seconds for _, seconds in times))]:
        print(f"  {text:<{width}}  {seconds:7.1f} s")


def _test(machine: Machine, arguments: Sequence[str]) -> int:
    environment = checkout_environment(ROOT, tests=True)
    return run([environment.python, "-m", "pytest", *_SIDE_BY_SIDE, *arguments], folder=ROOT)


_VERBS: Final[dict[str, Callable[[Machine, Sequence[str]], int]]] = {
    "install": lambda machine, rest: install(ROOT, machine, rest),
    "uninstall": lambda machine, rest: uninstall(ROOT, machine, rest),
    "rollback": lambda machine, rest: rollback(ROOT, machine, rest),
    "status": lambda machine, rest: status(ROOT, machine, rest),
    "doctor": lambda machine, rest: doctor(ROOT, machine, rest),
    "bundle": lambda machine, rest: bundle(ROOT, rest),
    "demo": _demo,
    "test": _test,
}
