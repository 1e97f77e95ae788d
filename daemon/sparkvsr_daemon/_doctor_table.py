"""The table that `sparkvsr doctor` prints, row by row as things are found.

Plain lines, wrapped here and not by the terminal, without a frame and without blanks at their ends:
what is copied out of it, or comes through a pipe, reads in a bug report as it does on the screen.
"""

from __future__ import annotations

import io
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.text import Text

from ._finding import Finding, Level

_STYLES: Final[dict[Level, str]] = {"ok": "green", "warning": "yellow", "fault": "bold red"}
_COLUMNS: Final = "{:<7}  {:<14}  "
_INDENT: Final = len(_COLUMNS.format("", ""))
_WIDEST: Final = 120
"""Longer lines are hard to read, however wide the terminal is."""
_NARROWEST: Final = 60
_PIPE: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SLOW: Final = {
    "engine": "PyTorch and the GPU, which takes some seconds",
    "weights": "the weights",
    "room": "what is on the disks",
}


class FindingTable:
    """Prints findings as rows; a terminal is told meanwhile what is looked at.

    Args:
        console: where to; None for stdout.
    """

    def __init__(self, console: Console | None = None) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a pipe on Windows may be cp1252
        self._console = console or Console(highlight=False, soft_wrap=True)
        width = self._console.width if self._console.is_terminal else _PIPE
        self._width = min(max(width, _NARROWEST), _WIDEST)
        self._status = self._console.status("")
        self._areas: dict[Level, list[str]] = {"fault": [], "warning": []}

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The head of the table before, and what was counted after it."""
        self._print(Text(_COLUMNS.format("state", "what") + "found, and → what to do", "bold"))
        if self._console.is_terminal:
            with self._status:
                yield
        else:
            yield
        self._print(Text("\n" + textwrap.fill(self._summary(), self._width)))

    def look(self, area: str) -> None:
        """Say what is looked at now, where somebody watches."""
        if self._console.is_terminal:
            self._status.update(f"looking at {_SLOW.get(area, area)} …")

    def add(self, finding: Finding) -> None:
        """A row: state, what it is about, what was found; below that what to do."""
        if finding.level != "ok":
            self._areas[finding.level].append(finding.area)
        lines = list(self.row(finding))
        first = Text(lines[0])
        first.stylize(_STYLES[finding.level], 0, len(finding.level))
        self._print(first)
        for line in lines[1:]:
            self._print(Text(line))

    def row(self, finding: Finding) -> Iterator[str]:
        """The lines of a row."""
        before = _COLUMNS.format(finding.level, finding.area)
        for text, mark in ((finding.text, ""), (finding.hint, "→ ")):
            if not text and mark:
                continue
            text = _CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", " ".join(text.split()))
            indent = " " * (_INDENT + len(mark))
            lines = textwrap.wrap(
                text,
                self._width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_on_hyphens=False,
            ) or [indent]
            yield (before + mark + lines[0][len(indent) :]).rstrip()
            yield from lines[1:]
            before = " " * _INDENT

    def _summary(self) -> str:
        return ", ".join(
            f"{level}s: {len(areas)}" + (f" ({', '.join(dict.fromkeys(areas))})" if areas else "")
            for level, areas in self._areas.items()
        )

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def as_text(findings: list[Finding]) -> str:
    """The whole table as it goes through a pipe."""
    written = io.StringIO()
    table = FindingTable(Console(file=written, highlight=False, color_system=None))
    with table.shown():
        for finding in findings:
            table.add(finding)
    return written.getvalue()
