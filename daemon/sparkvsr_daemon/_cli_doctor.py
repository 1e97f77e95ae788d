"""`sparkvsr doctor`: what is installed, what runs, what is wrong; fit for a bug report."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any, Final

import msgspec
from rich.text import Text

from sparkvsr import JobError

from ._console import console, say, say_json
from ._doctor import examine
from ._finding import Finding, Level
from .paths import find_paths

_STYLES: Final[dict[Level, str]] = {"ok": "green", "warn": "yellow", "problem": "bold red"}
_COLUMNS: Final = "{:<9}{:<16}"


def add_commands(commands: Any) -> None:
    """Add `doctor` to the parser; argparse's own type for it is private."""
    text = "examine this installation; what it prints holds no name, no picture, no key"
    doctor = commands.add_parser("doctor", help=text, description=text)
    doctor.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
    doctor.add_argument("--weights", action="store_true", help="read all weights: takes minutes")
    doctor.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    show = _print_event if options.json else _print
    counts: Counter[Level] = Counter()
    for finding in examine(find_paths(), read_weights=options.weights):
        counts[finding.level] += 1
        show(finding)
    problems, warnings = counts["problem"], counts["warn"]
    if options.json:
        say_json({"event": "done", "problems": problems, "warnings": warnings})
    else:
        say(f"\nproblems: {problems}, warnings: {warnings}")
    return JobError.exit_code if problems else 0


def _print_event(finding: Finding) -> None:
    say_json(msgspec.to_builtins(finding))


def _print(finding: Finding) -> None:
    """Level, area and text on one line however wide the terminal is, the hint on the next."""
    line = Text(_COLUMNS.format(finding.level, finding.area) + finding.text)
    line.stylize(_STYLES[finding.level], 0, len(finding.level))
    console().print(line, soft_wrap=True)
    if finding.hint:
        say(_COLUMNS.format("", "") + f"→ {finding.hint}")
