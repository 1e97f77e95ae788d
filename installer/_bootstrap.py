"""The verbs of `python3 installer`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from _environment import Environment
from _options import HELP, demo_parser, install_parser
from _steps import StepError, run

ROOT = Path(__file__).resolve().parent.parent
SETUP_FAILED = 10
INTERRUPTED = 130
_SIDE_BY_SIDE = ("-n", "logical", "--maxprocesses", "4", "--dist", "worksteal")


def bootstrap(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit status."""
    verbs: dict[str, Callable[[Sequence[str]], int]] = {
        "install": _install,
        "demo": _demo,
        "test": _test,
    }
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    verb = verbs.get(arguments[0])
    if verb is None:
        print(
            f"`{arguments[0]}` is not a verb of the installer.\n\n{HELP}", end="", file=sys.stderr
        )
        return 2
    try:
        return verb(arguments[1:])
    except StepError as failure:
        print(failure, file=sys.stderr)
        return SETUP_FAILED
    except OSError as error:
        print(f"Setting up failed: {error}.", file=sys.stderr)
        return SETUP_FAILED
    except KeyboardInterrupt:
        print("\nInterrupted; run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED


def _install(arguments: Sequence[str]) -> int:
    from _record import check_record, write_record  # the only verb that touches the user's folders

    options = install_parser().parse_args(arguments)
    record = check_record(ROOT, replace=options.replace)
    environment = Environment(ROOT)
    environment.ensure(tests=False)
    write_record(environment, record)
    return 0


def _demo(arguments: Sequence[str]) -> int:
    options = demo_parser().parse_args(arguments)
    environment = Environment(ROOT)
    environment.ensure(tests=False)
    script = ROOT / "installer" / "_demo.py"
    command = [environment.python, script, "--out", options.out.absolute(), "--clip", options.clip]
    return run(command, folder=ROOT)


def _test(arguments: Sequence[str]) -> int:
    environment = Environment(ROOT)
    environment.ensure(tests=True)
    return run([environment.python, "-m", "pytest", *_SIDE_BY_SIDE, *arguments], folder=ROOT)
