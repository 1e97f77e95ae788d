"""`sparkvsr doctor`: what is installed, what runs, what is wrong; fit for a bug report."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import msgspec

from sparkvsr import JobError

from ._console import say, say_json
from ._doctor import examine, own_installation
from ._doctor_bundle import BundleFile, collect, describe
from ._doctor_table import FindingTable
from ._finding import Finding
from .paths import find_paths


def add_commands(commands: Any) -> None:
    """Add `doctor` to the parser; argparse's own type for it is private."""
    text = "examine this installation; what it prints holds no name, no picture, no key"
    doctor = commands.add_parser("doctor", help=text, description=text)
    doctor.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
    doctor.add_argument("--weights", action="store_true", help="read all weights: takes minutes")
    doctor.add_argument(
        "--bundle",
        nargs="?",
        const="",
        metavar="FILE",
        help="write a zip for a bug report, too; without FILE one in the current folder",
    )
    doctor.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    with ExitStack() as opened:
        bundle = None
        if options.bundle is not None:
            bundle = opened.enter_context(BundleFile(options.bundle))  # refuses before we look
        findings = _print_events(options) if options.json else _print_table(options)
        if bundle is not None:
            _write(bundle, findings, as_json=options.json)
    faults, warnings = (
        sum(one.level == level for one in findings) for level in ("fault", "warning")
    )
    if options.json:
        say_json({"event": "done", "faults": faults, "warnings": warnings})
    return JobError.exit_code if faults else 0


def _print_events(options: argparse.Namespace) -> list[Finding]:
    def show(finding: Finding) -> None:
        say_json(msgspec.to_builtins(finding))

    return _examined(options, show)


def _print_table(options: argparse.Namespace) -> list[Finding]:
    table = FindingTable()
    with table.shown():
        return _examined(options, table.add, table.look)


def _examined(
    options: argparse.Namespace,
    show: Callable[[Finding], None],
    on_look: Callable[[str], None] = lambda area: None,
) -> list[Finding]:
    findings = []
    for finding in examine(find_paths(), read_weights=options.weights, on_look=on_look):
        findings.append(finding)
        show(finding)
    return findings


def _write(bundle: BundleFile, findings: list[Finding], *, as_json: bool) -> None:
    members = collect(find_paths(), own_installation(), findings)
    bundle.write(members)
    if as_json:
        say_json({"event": "bundle", "file": str(bundle.path), "files": list(members)})
        return
    say(f"\nWrote {bundle.path}. In it are")
    for line in describe(members):
        say(line)
    say("Look through them before you send them: what is secret to you, no program knows for sure.")
