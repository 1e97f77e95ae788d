"""`sparkvsr store info` and `clean`: figures, a question, and what is removed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fake_daemon import FakeDaemon
from sparkvsr_daemon.cli import main

Daemon = Any


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDaemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "[home]"))
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


def answer(monkeypatch: pytest.MonkeyPatch, text: str, *, terminal: bool = True) -> None:
    """What the person types."""
    stdin = io.StringIO(text)
    monkeypatch.setattr(stdin, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdin", stdin)


def test_info_says_what_the_store_is_made_of_and_how_to_change_its_cap(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["store", "info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line[:10].strip(): line[10:].split(maxsplit=2) for line in lines[:6]}
    assert {name: " ".join(row[:2]) for name, row in rows.items()} == {
        "cap": "50.0 GB",
        "used": "12.3 GB",
        "pictures": "8.0 GB",
        "results": "4.3 GB",
        "needed": "4.0 GB",
        "free": "80.0 GB",
    }
    assert rows["used"][2].startswith("25% of the cap")
    assert rows["pictures"][2].startswith("1234")
    assert rows["results"][2].startswith("of 7 jobs")
    assert f"store_gb in {tmp_path / '[home]' / 'daemon.toml'}" in lines[-1]


def test_info_for_programs_is_one_object_in_bytes(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["store", "info", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert event.pop("event") == "store"
    assert event.pop("settings") == str(tmp_path / "[home]" / "daemon.toml")
    said = msgspec.structs.asdict(fake.store)
    assert event == {name: said[name] for name in said if name not in ("re", "freed")}


def test_clean_says_what_it_removes_and_then_what_was_freed(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["store", "clean", "--yes"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("This removes 8.3 GB of 12.3 GB")
    assert last == "Freed 8.3 GB; the store now holds 4.0 GB."
    assert fake.asked.count("Clean") == 1


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 4), ("\n", 4), ("", 4)])
def test_on_a_terminal_it_asks_first_and_no_is_the_default(
    fake: FakeDaemon,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
) -> None:
    answer(monkeypatch, typed)
    assert main(["store", "clean"]) == code
    assert fake.asked.count("Clean") == (code == 0)
    said = capsys.readouterr()
    assert "This removes 8.3 GB" in said.out
    assert ("Nothing was removed" in said.err) == (code == 4)


def test_where_nobody_can_be_asked_it_needs_yes(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "y\n", terminal=False)
    assert main(["store", "clean"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert "Clean" not in fake.asked


def test_a_store_of_which_all_is_needed_is_left_alone(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.store = msgspec.structs.replace(fake.store, used=fake.store.needed)
    assert main(["store", "clean", "--yes"]) == 0
    assert capsys.readouterr().out == "There is nothing to remove.\n"
    assert "Clean" not in fake.asked


def test_a_real_store_is_measured_cleaned_and_empty(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    list(daemon.make_job(6).run(daemon.backend()))
    assert main(["store", "info", "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    assert (before["jobs"], before["blobs"], before["needed"]) == (1, 7, 0)
    assert before["used"] == before["blob_bytes"] + before["job_bytes"]
    assert main(["store", "clean", "--yes"]) == 0
    capsys.readouterr()
    assert main(["store", "info", "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert (after["used"], after["jobs"], after["blobs"]) == (0, 0, 0)
    store = daemon.home / "data" / "store"
    assert not [path for path in store.rglob("*") if path.is_file() and path.suffix != ".sqlite3"]
