"""Shows jobs: as a table, as lines, as what to do about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from . import _messages as m

ON_WORKER: Final = ("running", "pausing", "cancelling")
ENDED: Final = ("done", "failed", "parked", "cancelled")
STYLES: Final[dict[str, str]] = {
    "queued": "default",
    "running": "green",
    "done": "green",
    "pausing": "yellow",
    "paused": "yellow",
    "cancelling": "yellow",
    "failed": "red",
    "parked": "red",
    "cancelled": "dim",
}


_STUCK: Final = {
    "failed": ("has failed", "retry"),
    "parked": ("is parked", "retry"),
    "paused": ("is paused", "resume"),
}
"""What to say of a job that nothing happens to by itself, and the command that changes it."""


def short(job: m.JobInfo) -> str:
    """As people name it."""
    return job.id[: m.SHORT_ID]


def state(job: m.JobInfo) -> Text:
    """Its state, in a colour where there are colours."""
    return Text(job.state, STYLES[job.state])


def frames(job: m.JobInfo) -> str:
    """Finished ones, of all."""
    return "preview" if job.preview else f"{job.done}/{job.frames}"


def windows(job: m.JobInfo) -> str:
    """Windows that are safe, of all; empty before there is a plan."""
    return f"{job.windows_kept}/{job.windows}" if job.windows else ""


def when(job: m.JobInfo) -> str:
    """When it was given, in local time: the hour today, else the day."""
    given = datetime.fromtimestamp(job.created)
    today = given.date() == datetime.now().date()
    return given.strftime("%H:%M" if today else "%d %b")


def size(job: m.JobInfo) -> str:
    """Of the result."""
    height, width, _ = job.layout.shape
    return f"{width}x{height}"


def one_line(text: str) -> str:
    """What a job's reason says, without line breaks or anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


_COLUMNS: Final[dict[str, Callable[[m.JobInfo], str]]] = {
    "ID": short,
    "state": lambda job: job.state,
    "frames": frames,
    "windows": windows,
    "engine": lambda job: job.engine,
    "size": size,
    "when": when,
    "reason": lambda job: one_line(job.reason),
}
_LEFT_OUT: Final = ((100, {"reason"}), (80, {"engine", "size"}))
"""Below which width what is left out. `advice` has the reasons in full."""


def job_table(jobs: Sequence[m.JobInfo], width: int) -> Table:
    """All jobs; what matters least is left out where there is little room.

    Args:
        width: characters of a line.
    """
    left_out = set[str]().union(*(names for below, names in _LEFT_OUT if width < below))
    shown = {name: show for name, show in _COLUMNS.items() if name not in left_out}
    table = Table(box=None, pad_edge=False)
    for name in shown:
        justify: JustifyMethod = "right" if name in ("frames", "windows") else "left"
        table.add_column(name, justify=justify, no_wrap=name != "reason")  # it alone gives way
    for job in jobs:
        cells = {
            name: Text(show(job), no_wrap=True, overflow="ellipsis") for name, show in shown.items()
        }
        table.add_row(*(cells | {"state": state(job)}).values())
    return table


class Advice(NamedTuple):
    """About a job that goes on only if somebody says so.

    Attributes:
        what: became of it, as a whole sentence.
        why: in short.
        command: what to type.
    """

    what: str
    why: str
    command: str


def advice(jobs: Sequence[m.JobInfo]) -> list[Advice]:
    """For every job that nothing happens to by itself, though it is not finished."""
    found = []
    for job in jobs:
        if job.state in _STUCK:
            what, verb = _STUCK[job.state]
            reason, command = one_line(job.reason), f"sparkvsr {verb} {short(job)}"
            because = f": {reason.rstrip('.')}" if reason else ""
            found.append(Advice(f"Job {short(job)} {what}{because}.", reason or what, command))
    return found


def ahead_of(jobs: Sequence[m.JobInfo]) -> dict[str, int]:
    """How many jobs of this list each queued one waits for: previews first, then by age.

    Other clients' turns may change that order; the daemon alone knows it.
    """
    ahead = sum(job.state in ON_WORKER for job in jobs)
    queued = sorted((job for job in jobs if job.state == "queued"), key=lambda job: not job.preview)
    return {job.id: ahead + place for place, job in enumerate(queued)}


def as_event(job: m.JobInfo) -> dict[str, Any]:
    """For programs (docs/cli.md)."""
    height, width, _ = job.layout.shape
    return {
        "event": "job",
        "id": job.id,
        "state": job.state,
        "preview": job.preview,
        "frames": job.frames,
        "done": job.done,
        "windows": job.windows,
        "windows_kept": job.windows_kept,
        "windows_restored": job.windows_restored,
        "windows_repeated": job.windows_repeated,
        "engine": job.engine,
        "engine_version": job.engine_version,
        "size": [width, height],
        "created": job.created,
        "reason": job.reason,
    }
