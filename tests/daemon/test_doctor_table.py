"""The table of `sparkvsr doctor` reads well at any width, and can be copied."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sparkvsr_daemon._doctor_table import FindingTable, as_text
from sparkvsr_daemon._finding import Finding

FINDINGS = [
    Finding("python", "ok", "CPython 3.11"),
    Finding("weights", "fault", "word " * 40 + "end.", "Do this and that. " * 8),
    Finding("nuke bridge", "warning", "x" * 200, "Again."),
    Finding("nuke bridge", "warning", "red \x1b[31m [bold]text[/bold]\nnext\t", ""),
]


def printed(width: int) -> str:
    """On a terminal of that width."""
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=True, color_system=None)
    table = FindingTable(console)
    for finding in FINDINGS:
        table.add(finding)
    return written.getvalue()


@pytest.mark.parametrize(("width", "widest"), [(80, 80), (160, 120), (61, 61), (20, 60)])
def test_rows_fit_the_terminal_and_their_columns_stay(width: int, widest: int) -> None:
    lines = printed(width).splitlines()
    assert widest - 10 < max(map(len, lines)) <= widest
    assert all(line == line.rstrip() for line in lines)
    starts = [line for line in lines if not line.startswith(" ")]
    assert [line.split()[0] for line in starts] == [finding.level for finding in FINDINGS]
    assert {len(line) - len(line.lstrip()) for line in lines if line not in starts} == {25, 27}


def test_what_to_do_stands_below_what_was_found() -> None:
    lines = printed(80).splitlines()
    (hint,) = [line for line in lines if "→ Do this" in line]
    assert hint.startswith(" " * 25 + "→ ")
    assert lines[lines.index(hint) + 1].startswith(" " * 27)
    assert lines[lines.index(hint) - 1].endswith("end.")


def test_control_characters_and_markup_are_text() -> None:
    row = printed(80).splitlines()[-1]
    assert row.endswith("red \\x1b[31m [bold]text[/bold] next")


def test_a_pipe_gets_plain_lines_of_100_with_a_head_and_a_sum() -> None:
    text = as_text(FINDINGS)
    head, *_, summary = text.splitlines()
    assert head == "state    what            found, and → what to do"
    assert summary == "faults: 1 (weights), warnings: 2 (nuke bridge)"
    assert max(map(len, text.splitlines())) == 100
    assert "\x1b" not in text
    assert as_text([]).splitlines()[-1] == "faults: 0, warnings: 0"
