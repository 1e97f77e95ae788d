"""What `sparkvsr jobs --watch` shows: a live table, or the changes one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from . import _messages as m
from ._job_table import (
    ENDED,
    ON_WORKER,
    STYLES,
    advice,
    ahead_of,
    as_event,
    frames,
    one_line,
    short,
    state,
    windows,
)
from ._pace import Pace, clock

_WIDE: Final = 76
_LOST: Final = "daemon lost, waiting…"
_PAUSED: Final = "The whole queue is paused: sparkvsr resume"


@dataclass(frozen=True)
class Watched:
    """One answer of the daemon, and how fast its jobs get on."""

    jobs: tuple[m.JobInfo, ...]
    paused: bool
    pace: Pace


class View(Protocol):
    """Shows what is watched for as long as its context is open."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def show(self, watched: Watched) -> None:
        """The daemon has answered."""
        ...

    def lost(self) -> None:
        """It is gone; what was shown last is all that is known."""
        ...


class LiveTable:
    """The table on a terminal, drawn anew with every answer."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._last = Watched((), False, Pace())

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def show(self, watched: Watched) -> None:
        self._last = watched
        self._draw(_headline(watched))

    def lost(self) -> None:
        self._draw(Text(_LOST, "bold red"))

    def _draw(self, headline: Text) -> None:
        width, height = self._console.size
        self._live.update(watch_table(self._last, headline, width, height), refresh=True)


def watch_table(watched: Watched, headline: Text, width: int, height: int) -> RenderableType:
    """The table, with what to do below it; what does not fit is left out.

    Args:
        width, height: of the terminal, in characters and lines.
    """
    stuck = advice(watched.jobs)[-max(height // 4, 1) :]
    wide = width >= _WIDE
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("ID", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("", ratio=1, min_width=6)
    for name in ("frames", "fps", "left", "windows") if wide else ("frames", "left"):
        table.add_column(name, justify="right", no_wrap=True)
    ahead = ahead_of(watched.jobs)
    for job in _most_telling(watched.jobs, max(height - len(stuck) - 3, 1)):
        fps, left = watched.pace.fps(job), _left(job, ahead, watched.pace)
        more = (f"{fps:.1f}" if fps else "", left, windows(job)) if wide else (left,)
        style = STYLES[job.state]
        bar = ProgressBar(job.frames, job.done, complete_style=style, finished_style=style)
        table.add_row(short(job), state(job), bar, frames(job), *more)
    below = Table.grid(padding=(0, 2), expand=True)
    below.add_column(no_wrap=True, style="dim")
    below.add_column(no_wrap=True, ratio=1)
    for line in stuck:
        below.add_row(line.command, Text(line.why))
    return Group(headline, table, below)


def _headline(watched: Watched) -> Text:
    if watched.paused:
        return Text(_PAUSED, "bold yellow")
    if not watched.jobs:
        return Text("No jobs.")
    running = sum(job.state in ON_WORKER for job in watched.jobs)
    ended = sum(job.state in ENDED for job in watched.jobs)
    waiting = len(watched.jobs) - running - ended
    return Text(f"{running} running, {waiting} waiting, {ended} ended")


def _most_telling(jobs: Sequence[m.JobInfo], room: int) -> list[m.JobInfo]:
    """As many as there is room for: the first of those to come, the latest of those that ended."""
    active = [job for job in jobs if job.state not in ENDED][:room]
    ended = [job for job in jobs if job.state in ENDED]
    shown = {job.id for job in (*active, *ended[len(ended) - (room - len(active)) :])}
    return [job for job in jobs if job.id in shown]


def _left(job: m.JobInfo, ahead: dict[str, int], pace: Pace) -> str:
    seconds = pace.seconds_left(job)
    if seconds is not None:
        return clock(seconds)
    jobs = ahead.get(job.id, 0)
    return f"after {jobs} job{'s' * (jobs > 1)}" if jobs else ""


class Changes:
    """Tells every change once, as an event (docs/cli.md)."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._seen: dict[str, m.JobInfo] = {}
        self._paused = False
        self._lost = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show(self, watched: Watched) -> None:
        if self._lost:
            self._lost = False
            self._tell({"event": "found"})
        if watched.paused != self._paused:
            self._paused = watched.paused
            self._tell({"event": "queue", "paused": watched.paused})
        ahead = ahead_of(watched.jobs)
        for job in watched.jobs:
            if self._seen.get(job.id) != job:
                self._tell(
                    as_event(job)
                    | {
                        "fps": watched.pace.fps(job),
                        "seconds_left": watched.pace.seconds_left(job),
                        "ahead": ahead.get(job.id, 0),
                    }
                )
        self._seen = {job.id: job for job in watched.jobs}

    def lost(self) -> None:
        self._lost = True
        self._tell({"event": "lost"})


def as_line(event: dict[str, Any]) -> str:
    """One of these events, for a person."""
    return f"{datetime.now():%H:%M:%S}  {_sentence(event)}"


def _sentence(event: dict[str, Any]) -> str:
    match event:
        case {"event": "lost"}:
            return _LOST
        case {"event": "found"}:
            return "a daemon runs again"
        case {"event": "queue", "paused": paused}:
            return _PAUSED if paused else "The queue goes on."
    job = event
    parts = [job["id"][: m.SHORT_ID], f"{job['state']:10}", f"{job['done']}/{job['frames']} frames"]
    if job["windows"]:
        parts.append(f"{job['windows_kept']}/{job['windows']} windows")
    if job["fps"]:
        parts.append(f"{job['fps']:.1f} fps, {clock(job['seconds_left'])} left")
    if job["ahead"]:
        parts.append(f"after {job['ahead']} job{'s' * (job['ahead'] > 1)}")
    return "  ".join([*parts, one_line(job["reason"])]).rstrip()
