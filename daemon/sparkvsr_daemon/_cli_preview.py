"""`sparkvsr preview`: one frame of a job, as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sparkvsr import InProcess, load_job, preview

from ._cli_running import DaemonWhenNeeded, interrupts
from ._terminal import JsonLines, Terminal


def add_commands(commands: Any) -> None:
    """Add `preview` to the parser; argparse's own type for it is private."""
    parser = commands.add_parser(
        "preview",
        help="restore one frame of a job into a picture",
        description="Show what one frame of a job will look like, at another guidance if wanted. "
        "Only what this frame needs is computed, and what is kept of an earlier run is used.",
    )
    parser.add_argument("job", type=Path, metavar="JOB.json")
    parser.add_argument("--frame", type=int, required=True, metavar="N", help="its number")
    parser.add_argument("--guidance", type=float, metavar="S", help="in place of the job's")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PICTURE")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing picture")
    parser.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
    parser.add_argument("--no-daemon", action="store_true", help="work in this process")
    parser.set_defaults(run=_preview)


def _preview(options: argparse.Namespace) -> int:
    job = load_job(options.job)
    display: JsonLines | Terminal = JsonLines() if options.json else Terminal()
    with interrupts() as interrupted, display:
        preview(
            job,
            options.frame,
            options.output,
            InProcess() if options.no_daemon else DaemonWhenNeeded(),
            guidance=options.guidance,
            overwrite=options.overwrite,
            on_event=display.show,
            cancelled=interrupted.is_set,
        )
    return 0
