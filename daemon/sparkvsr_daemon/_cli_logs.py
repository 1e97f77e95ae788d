"""`sparkvsr logs`: what the daemon has written about a job, or last."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable
from typing import Any, Final

from ._log_lines import LogLine, LogTail
from ._messages import SHORT_ID
from .errors import UnknownJobError
from .paths import find_paths

_LAST: Final = 200
_POLL_S: Final = 0.2


def add_commands(commands: Any) -> None:
    """Add `logs` to the parser; argparse's own type for it is private."""
    text = f"show the log of a job; without one, the last {_LAST} lines"
    logs = commands.add_parser("logs", help=text, description=text)
    logs.add_argument(
        "job", nargs="?", metavar="ID", help="as `sparkvsr jobs` shows it, or its start"
    )
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    logs.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    tail = LogTail(find_paths().log_file)
    lines = tail.lines()
    job = _find_job(options.job, lines) if options.job else ""
    if not lines:
        sys.stderr.write("sparkvsr: there is no log yet: no daemon has run.\n")
    try:
        _print(_about(job, lines) if job else lines[-_LAST:])
        while options.follow:
            time.sleep(_POLL_S)
            _print(_about(job, tail.lines()))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # as in `sparkvsr logs | head`; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _find_job(name: str, lines: Iterable[str]) -> str:
    """The id, as the log has it, of the one job in these lines whose id begins with `name`.

    Raises:
        UnknownJobError: there is none, or several.
    """
    if not re.fullmatch(r"[0-9a-f]{4,64}", name):
        raise UnknownJobError(
            f"{name} is no job ID.", "Give at least the first four digits; see sparkvsr jobs."
        )
    parsed = (LogLine.parse(line) for line in lines)
    jobs = sorted({line.job for line in parsed if line and line.job})
    found = [job for job in jobs if job.startswith(name[:SHORT_ID])]
    if not found:
        raise UnknownJobError(
            f"The log says nothing about a job {name}.",
            "`sparkvsr jobs` lists the jobs; of old ones the log has been written over.",
        )
    if len(found) > 1:
        raise UnknownJobError(
            f"{len(found)} jobs begin with {name}: {', '.join(found)}.", "Give more of the ID."
        )
    return found[0]


def _about(job: str, lines: Iterable[str]) -> list[str]:
    """The lines about a job; all of them if it is empty."""
    parsed = ((line, LogLine.parse(line)) for line in lines)
    return [line for line, parts in parsed if not job or (parts and parts.job == job)]


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
