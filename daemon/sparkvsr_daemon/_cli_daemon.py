"""`sparkvsr daemon`, `jobs` and `cancel`."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from sparkvsr import UnreachableError

from .client import connect
from .supervisor import run_supervisor

SHORT_ID = 12


def add_commands(commands: Any) -> None:
    """Add `daemon`, `jobs` and `cancel` to the parser; argparse's own type for it is private."""
    daemon = commands.add_parser("daemon", help="run, start, stop or ask the daemon")
    verbs = daemon.add_subparsers(dest="verb", required=True, metavar="run|start|stop|status")
    for verb, text, run in (
        ("run", "serve in the foreground until Ctrl-C", _run),
        ("start", "start it in the background if it is not running", _start),
        ("stop", "stop it; a running job is cancelled", _stop),
        ("status", "say whether it runs, and what it does", _status),
    ):
        verbs.add_parser(verb, help=text, description=text).set_defaults(run=run)
    jobs = commands.add_parser("jobs", help="list the daemon's jobs")
    jobs.set_defaults(run=_jobs)
    cancel = commands.add_parser("cancel", help="cancel a job")
    cancel.add_argument("job", metavar="ID", help="as `sparkvsr jobs` shows it, or its start")
    cancel.set_defaults(run=_cancel)


def _run(options: argparse.Namespace) -> int:
    return run_supervisor()


def _start(options: argparse.Namespace) -> int:
    with connect() as client:
        _say(f"The daemon runs, process {client.status().pid}.")
    return 0


def _stop(options: argparse.Namespace) -> int:
    try:
        client = connect(start=False)
    except UnreachableError:
        _say("No daemon runs.")
        return 0
    with client:
        client.shutdown()
    _say("The daemon has ended.")
    return 0


def _status(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        status = client.status()
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("process", f"{status.pid}, for {status.uptime_s:.0f} s"),
        ("version", status.server),
        ("workers", " ".join(str(worker.pid) for worker in status.workers) or "none"),
        ("queued jobs", status.queued),
        ("clients", status.sessions),
        ("received", f"{status.blobs_received} blobs, {status.bytes_received / 1e6:.1f} MB"),
        ("restored", f"{status.frames_computed} frames"),
        ("sent", f"{status.bytes_sent / 1e6:.1f} MB"),
        ("log", status.log),
    ):
        table.add_row(name, str(value))
    Console(highlight=False).print(table)
    return 0


def _jobs(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        jobs = client.jobs()
    if not jobs:
        _say("No jobs.")
        return 0
    table = Table(box=None, pad_edge=False)
    for column in ("ID", "state", "frames", "engine", "size", "since", "reason"):
        table.add_column(column, justify="right" if column == "frames" else "left")
    for job in jobs:
        height, width, _ = job.layout.shape
        table.add_row(
            job.id[:SHORT_ID],
            job.state,
            f"{job.done}/{job.frames}",
            job.engine,
            f"{width}x{height}",
            datetime.fromtimestamp(job.created).strftime("%H:%M:%S"),
            job.reason,
        )
    Console(highlight=False).print(table)
    return 0


def _cancel(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        job = client.cancel(options.job)
    _say(f"Job {job.id[:SHORT_ID]} is {job.state}.")
    return 0


def _say(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)
