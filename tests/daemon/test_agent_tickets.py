"""Tickets on disk: who finds which, and what becomes of those whose agent or result is gone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sparkvsr.errors import OutputError
from sparkvsr_daemon._tickets import Ticket, Tickets, UnknownTicketError, key_of
from sparkvsr_daemon.errors import BusyError

STARTED: dict[str, Any] = {"event": "started", "frames": 2}
DONE: dict[str, Any] = {"event": "done", "frames": 2}


def notice(kind: str, text: str) -> dict[str, Any]:
    return {"event": "notice", "kind": kind, "text": text}


@pytest.fixture
def tickets(tmp_path: Path) -> Tickets:
    return Tickets(tmp_path / "tickets")


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "tickets").glob("*.*on"))


def test_an_output_is_claimed_once_at_a_time(tickets: Tickets, tmp_path: Path) -> None:
    output = str(tmp_path / "out.mov")
    ticket = tickets.claim(output)
    assert tickets.get(ticket.id) == tickets.of_output(output) == ticket
    with pytest.raises(BusyError, match=r"out\.mov"):
        Tickets(tmp_path / "tickets").claim(str(tmp_path / "x" / ".." / "out.mov"))
    tickets.write(ticket.with_event({"event": "error", "code": "bad_source"}))
    assert tickets.get(ticket.id).state == "failed"
    again = tickets.claim(output)
    with pytest.raises(UnknownTicketError):
        tickets.get(ticket.id)
    assert tickets.get(again.id).state == "running"


def test_the_last_event_of_each_kind_is_kept_in_order(tickets: Tickets, tmp_path: Path) -> None:
    ticket = tickets.claim(str(tmp_path / "out.mov"))
    for event in (STARTED, notice("note", "1"), notice("warning", "2"), notice("note", "3")):
        ticket = ticket.with_event(event)
    assert (ticket.state, ticket.finished) == ("running", None)
    assert ticket.events == (STARTED, notice("warning", "2"), notice("note", "3"))
    errors = [{"event": "error", "code": code} for code in ("cancelled", "interrupted")]
    ended = {event.get("code", "done"): ticket.with_event(event) for event in (DONE, *errors)}
    assert {code: ticket.state for code, ticket in ended.items()} == {
        "done": "done",
        "cancelled": "cancelled",
        "interrupted": "interrupted",
    }
    assert all(ticket.finished for ticket in ended.values())


def test_one_whose_process_number_belongs_to_another_process_now_is_interrupted(
    tickets: Tickets, tmp_path: Path
) -> None:
    ticket = tickets.claim(str(tmp_path / "out.mov"))
    tickets.write(msgspec.structs.replace(ticket, born=ticket.born - 100))
    assert tickets.get(ticket.id).state == "interrupted"
    assert tickets.claim(ticket.output).state == "running"


@pytest.mark.parametrize("name", ["out.mov", "out.####.exr"])
def test_one_whose_result_is_gone_is_forgotten(tickets: Tickets, tmp_path: Path, name: str) -> None:
    ticket = tickets.claim(str(tmp_path / name)).with_event(DONE)
    results = [tmp_path / name.replace("####", number) for number in ("1001", "1002")]
    for result in results:
        result.write_bytes(b"")
    tickets.write(ticket)
    assert tickets.of_output(ticket.output) == ticket
    results[-1].unlink()
    assert tickets.of_output(ticket.output) is None
    assert files(tmp_path) == []


def test_old_ones_are_removed_with_the_next_claim(tickets: Tickets, tmp_path: Path) -> None:
    old, young = (tickets.claim(str(tmp_path / name)) for name in ("a.mov", "b.mov"))
    days = 86400
    for ticket, age in ((old, 31 * days), (young, 29 * days)):
        file = tmp_path / "tickets" / f"{key_of(ticket.output)}.json"
        os.utime(file, (file.stat().st_atime - age, file.stat().st_mtime - age))
    tickets.claim(str(tmp_path / "c.mov"))
    assert tickets.of_output(old.output) is None
    assert tickets.of_output(young.output) == young


def test_a_file_that_goes_while_it_is_looked_at_is_no_trouble(
    tickets: Tickets, tmp_path: Path
) -> None:
    tickets.claim(str(tmp_path / "a.mov"))
    (tmp_path / "tickets" / "of-another-agent.part").symlink_to(tmp_path / "gone")
    assert tickets.claim(str(tmp_path / "b.mov")).state == "running"


def test_a_file_that_is_no_ticket_is_as_good_as_none(tickets: Tickets, tmp_path: Path) -> None:
    ticket = tickets.claim(str(tmp_path / "out.mov"))
    (file,) = files(tmp_path)
    for text in (b"", b"{", b"[]", b"\xff", msgspec.json.encode({"id": 1})):
        file.write_bytes(text)
        assert tickets.of_output(ticket.output) is None
    assert tickets.claim(ticket.output).state == "running"


def test_a_folder_that_cannot_be_written_is_named(tickets: Tickets, tmp_path: Path) -> None:
    (tmp_path / "tickets").write_bytes(b"")
    with pytest.raises(OutputError, match="tickets"):
        tickets.claim(str(tmp_path / "out.mov"))


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "0" * 32, f"{'0' * 32}-{'0' * 8}"])
def test_a_name_that_is_no_ticket_is_refused(tickets: Tickets, name: str) -> None:
    with pytest.raises(UnknownTicketError):
        tickets.get(name)


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits of POSIX")
def test_nobody_else_can_read_them(tickets: Tickets, tmp_path: Path) -> None:
    ticket: Ticket = tickets.claim(str(tmp_path / "out.mov"))
    tickets.write(ticket.with_event(STARTED))
    (file,) = files(tmp_path)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
