"""`sparkvsr daemon`."""

from __future__ import annotations

import argparse
from typing import Any

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from sparkvsr import UnreachableError

from . import _cli_service
from . import _messages as m
from ._compatibility import left_alone
from ._console import console, say
from ._ending import end_other_version
from ._job_table import ENDED
from ._messages import SHORT_ID
from .client import connect
from .errors import ConnectionFileError, IncompatibleError
from .paths import find_paths
from .supervisor import run_supervisor


def add_commands(commands: Any) -> None:
    """Add `daemon` to the parser; argparse's own type for it is private."""
    daemon = commands.add_parser("daemon", help="run, start, stop, ask or unload the daemon")
    verbs = daemon.add_subparsers(
        dest="verb", required=True, metavar="run|start|stop|status|unload|service"
    )
    for verb, text, run in (
        ("run", "serve in the foreground until Ctrl-C", _run),
        ("start", "start it in the background if it is not running", _start),
        ("stop", "stop it; jobs go on where they were when a daemon is started again", _stop),
        ("status", "say whether it runs, and what it does", _status),
        ("unload", "end the workers, which frees the GPU; the next job starts them", _unload),
    ):
        parser = verbs.add_parser(verb, help=text, description=text)
        parser.set_defaults(run=run)
        if verb == "stop":
            text = "not now, but as soon as no job runs or waits for its turn; does not wait for it"
            parser.add_argument("--when-idle", action="store_true", help=text)
    _cli_service.add_commands(verbs)


def _run(options: argparse.Namespace) -> int:
    return run_supervisor()


def _start(options: argparse.Namespace) -> int:
    with connect() as client:
        say(f"The daemon runs, process {client.status().pid}.")
    return 0


def _stop(options: argparse.Namespace) -> int:
    try:
        client = connect(start=False)
    except IncompatibleError as error:
        if options.when_idle:  # what it is doing cannot be asked either
            raise left_alone(error.message) from error
        end_other_version(find_paths())
        say("The daemon, which was of another version, has ended.")
        return 0
    except ConnectionFileError:
        raise
    except UnreachableError:
        say("No daemon runs.")
        return 0
    if options.when_idle:
        with client:
            say(client.leave_when_idle() or "The daemon has ended.")
        return 0
    with client:
        unfinished = sum(job.state not in ENDED for job in client.jobs())
        client.shutdown()
    say("The daemon has ended.")
    if unfinished:
        say(f"Unfinished jobs: {unfinished}. They go on when a daemon is started again.")
    return 0


def _status(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        status = client.status()
    settings = find_paths().settings_file
    leaving = ", leaving when idle" if status.leaving else ""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("process", f"{status.pid}, for {status.uptime_s:.0f} s{leaving}"),
        ("version", status.server),
        ("workers", "\n".join(map(_worker, status.workers)) or "none"),
        ("queued jobs", f"{status.queued}, paused" if status.paused else status.queued),
        ("clients", status.sessions),
        ("received", f"{status.blobs_received} blobs, {decimal(status.bytes_received)}"),
        ("restored", f"{status.frames_computed} frames, {status.windows_restored} windows"),
        ("sent", decimal(status.bytes_sent)),
        ("log", status.log),
        ("settings", settings if settings.exists() else f"defaults; {settings} is not there"),
    ):
        table.add_row(name, Text(str(value)))
    console().print(table)
    return 0


def _worker(worker: m.WorkerInfo) -> str:
    doing = f"runs job {worker.job[:SHORT_ID]}" if worker.job else "is idle"
    return f"process {worker.pid} {doing}"


def _unload(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        say(client.unload())
    return 0
