"""What a subject found, for a terminal and for docs/reliability.md."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import zmq
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        wanted: empty for a figure that is told and not judged.
        ok: None: it could not be judged.
    """

    what: str
    found: str
    wanted: str = ""
    ok: bool | None = None

    @property
    def verdict(self) -> str:
        """As it stands in tables."""
        return {True: "yes", False: "**NO**", None: "not judged"}[self.ok] if self.wanted else ""


@dataclass(frozen=True)
class Table:
    """Rows of text under a header."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Outcome:
    """Everything that one subject found."""

    subject: str
    checks: list[Check] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Nothing that was judged was wrong."""
        return all(check.ok is not False for check in self.checks)

    def expect(self, what: str, found: object, wanted: str, ok: bool | None) -> None:
        """Add a check."""
        self.checks.append(Check(what, str(found), wanted, ok))

    def tell(self, what: str, found: object) -> None:
        """Add a figure that is not judged."""
        self.checks.append(Check(what, str(found)))

    def as_tables(self) -> list[Table]:
        """The checks, and all that belongs to them."""
        rows = [(check.what, check.found, check.wanted, check.verdict) for check in self.checks]
        checks = Table(self.subject, ("what", "found", "wanted", "held"), rows)
        return [checks, *self.tables] if rows else self.tables


def show(outcome: Outcome, console: Console) -> None:
    """Print it."""
    for table in outcome.as_tables():
        rich = RichTable(*table.header, title=table.title, title_justify="left")
        for row in table.rows:
            rich.add_row(*map(escape, row))
        console.print(rich)
    for note in outcome.notes:
        console.print(escape(note))
    console.print(f"{outcome.subject}: {outcome.seconds:.0f} s")


def write_report(file: Path, outcomes: Sequence[Outcome], options: str) -> None:
    """Put each outcome between the markers of its subject; the rest of the page stays.

    Args:
        options: of the command that made them.

    Raises:
        ValueError: the page has no place for a subject.
    """
    page = file.read_text(encoding="utf-8")
    for outcome in outcomes:
        begin, end = f"<!-- soak: {outcome.subject} -->", f"<!-- /soak: {outcome.subject} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"{file} has no markers for {outcome.subject}.")
        text = f"{begin}\n{_markdown(outcome, options)}\n{end}"
        page = pattern.sub(text.replace("\\", r"\\"), page)
    file.write_text(page, encoding="utf-8")


def _markdown(outcome: Outcome, options: str) -> str:
    command = f"scripts/soak {outcome.subject}{options}"
    today = datetime.date.today().isoformat()
    head = f"`{command}`, {today}, {outcome.seconds:.0f} s. {_machine()}"
    lines = [head, ""]
    for table in outcome.as_tables():
        if table.title != outcome.subject:
            lines += [f"{table.title}:", ""]
        lines += [_row(table.header), _row(["---"] * len(table.header))]
        lines += [*map(_row, table.rows), ""]
    lines += [line for note in outcome.notes for line in (note, "")]
    return "\n".join(lines).strip()


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _machine() -> str:
    cores = os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{cores} cores, {memory:.0f} GiB memory, {platform.system()}, "
        f"Python {platform.python_version()}, sparkvsr {importlib.metadata.version('sparkvsr')}, "
        f"libzmq {zmq.zmq_version()}."
    )
