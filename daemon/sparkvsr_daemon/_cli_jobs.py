"""`sparkvsr jobs`, `pause`, `resume`, `retry` and `cancel`."""

from __future__ import annotations

import argparse
from typing import Any, Final

from . import _messages as m
from ._client import Client
from ._console import console, say, say_json
from ._job_table import advice, as_event, job_table, short
from ._watch import watch
from .client import connect

_BECAME: Final = {
    "queued": "waits for its turn",
    "running": "runs",
    "pausing": "pauses as soon as it can stop",
    "paused": "is paused",
    "cancelling": "is being cancelled",
    "done": "is done",
    "failed": "has failed",
    "parked": "is parked",
    "cancelled": "is cancelled",
}


def add_commands(commands: Any) -> None:
    """Add the commands to the parser; argparse's own type for it is private."""
    jobs = commands.add_parser("jobs", help="list the daemon's jobs")
    jobs.add_argument("--watch", action="store_true", help="go on showing them until Ctrl-C")
    jobs.add_argument("--json", action="store_true", help="one JSON object a job, or a change")
    jobs.set_defaults(run=_jobs)
    name = "as `sparkvsr jobs` shows it, or its start"
    for verb, text, run in (
        ("pause", "let a job wait, or the whole queue; what is finished is kept", _pause),
        ("resume", "let a paused job go on, or the whole queue", _resume),
    ):
        parser = commands.add_parser(verb, help=text, description=text)
        parser.add_argument("job", metavar="ID", nargs="?", help=f"{name}; default: the queue")
        parser.set_defaults(run=run)
    for verb, text, run in (
        ("retry", "queue a job again that was parked, has failed or was cancelled", _retry),
        ("cancel", "cancel a job; what is finished is kept", _cancel),
    ):
        parser = commands.add_parser(verb, help=text, description=text)
        parser.add_argument("job", metavar="ID", help=name)
        parser.set_defaults(run=run)


def _jobs(options: argparse.Namespace) -> int:
    if options.watch:
        return watch(json=options.json)
    with connect(start=False) as client:
        jobs = client.jobs()
    if options.json:
        for job in jobs:
            say_json(as_event(job))
        return 0
    if not jobs:
        say("No jobs.")
        return 0
    out = console()
    out.print(job_table(jobs, out.width))
    for stuck in advice(jobs):
        say(f"{stuck.what} To go on: {stuck.command}")
    return 0


def _pause(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        jobs = client.pause(options.job)
    if not options.job:
        say("The queue is paused; `sparkvsr resume` lets it go on.")
    _report(jobs)
    return 0


def _resume(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        jobs = client.resume(options.job)
        if not options.job:
            say("The queue goes on.")
        _report(jobs)
        if options.job:
            _mention_paused_queue(client)
    return 0


def _retry(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        job = client.retry(options.job)
        say(
            f"Job {short(job)} is queued again; {job.done} of its {job.frames} frames and "
            f"{job.windows_kept} windows are kept."
        )
        _mention_paused_queue(client)
    return 0


def _cancel(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        _report((client.cancel(options.job),))
    return 0


def _report(jobs: tuple[m.JobInfo, ...]) -> None:
    for job in jobs:
        say(f"Job {short(job)} {_BECAME[job.state]}, {job.done} of {job.frames} frames finished.")


def _mention_paused_queue(client: Client) -> None:
    if client.status().paused:
        say("The whole queue is paused, however: `sparkvsr resume` lets it go on.")
