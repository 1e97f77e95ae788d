"""The journal: what is committed survives a kill -9, and what cannot be read is put aside."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sparkvsr.errors import JobError
from sparkvsr.kept import PlanChoice
from sparkvsr_daemon._job import Job, StoredFrame
from sparkvsr_daemon._messages import Layout
from sparkvsr_daemon.journal import SCHEMA, Journal

CHOICE = PlanChoice(33, 512)


def make_job(name: str, order: int) -> Job:
    return Job(
        id=name * 64,
        order=order,
        client="a",
        preview=False,
        frames=9,
        engine="flow",
        engine_version="1",
        layout=Layout((4, 4, 3), "|u1"),
        created=0.0,
    )


def test_everything_is_found_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    jobs = [make_job("b", 1), make_job("a", 2)]
    jobs[1].choice = CHOICE
    for job in jobs:
        journal.save(job)
    for position, frame in enumerate((StoredFrame(0.5, 7), StoredFrame(1.0, 2**32 - 1))):
        journal.add_frame("a" * 64, position, frame)
    journal.add_frame("a" * 64, 3, StoredFrame(1.0, 1))  # behind a gap
    journal.paused = True
    journal.close()

    journal = Journal(tmp_path / "j")
    assert journal.jobs() == jobs
    assert journal.frames("a" * 64) == [StoredFrame(0.5, 7), StoredFrame(1.0, 2**32 - 1)]
    assert journal.paused
    journal.drop_frames("a" * 64, 1)
    assert journal.frames("a" * 64) == [StoredFrame(0.5, 7)]
    journal.forget("a" * 64)
    assert journal.jobs() == jobs[:1]
    assert journal.frames("a" * 64) == []
    journal.close()


def test_a_window_counts_as_new_once_unless_it_was_lost(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    other = PlanChoice(33)
    assert journal.add_window("j", CHOICE, 0, 10)
    assert journal.add_window("j", other, 0, 11)
    assert not journal.add_window("j", CHOICE, 0, 10)
    journal.drop_window("j", CHOICE, 0)
    assert journal.windows("j", CHOICE) == {0: None}
    assert not journal.add_window("j", CHOICE, 0, 10)
    journal.lose_window("j", CHOICE, 0)
    assert journal.add_window("j", CHOICE, 0, 10)
    journal.drop_window("j", CHOICE, 0)
    journal.lose_dropped_windows("j")
    assert journal.windows("j", CHOICE) == {}
    assert journal.windows("j", other) == {0: 11}
    journal.forget_windows("j")
    assert journal.windows("j", other) == {}
    journal.close()


def test_what_was_written_before_a_kill_is_there(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sparkvsr_daemon.journal import Journal\n"
        "from sparkvsr_daemon._job import StoredFrame\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for position in range(10_000):\n"
        "    journal.add_frame('j', position, StoredFrame(1.0, position))\n"
        "    print(position, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "j")], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(200):
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read().split()
    last = int(said[-1]) if said else last
    process.wait()
    process.stdout.close()
    journal = Journal(tmp_path / "j")
    assert len(journal.frames("j")) >= last
    journal.close()


def test_a_record_of_another_version_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.save(make_job("a", 1))
    journal.save(make_job("b", 2))
    journal.close()
    with sqlite3.connect(tmp_path / "j") as database:
        database.execute("UPDATE job SET record = '{}' WHERE id LIKE 'a%'")
    database.close()
    journal = Journal(tmp_path / "j")
    assert [job.id[0] for job in journal.jobs()] == ["b"]
    journal.close()


def test_the_journal_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Journal(tmp_path / "j").close()
    with sqlite3.connect(tmp_path / "j") as database:
        database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    database.close()
    with pytest.raises(JobError, match=f"schema {SCHEMA + 1}") as caught:
        Journal(tmp_path / "j")
    assert "Update SparkVSR" in caught.value.hint
    assert list(tmp_path.glob("*damaged*")) == []


def test_a_damaged_journal_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"no database at all " * 100)
    journal = Journal(tmp_path / "j")
    assert journal.jobs() == []
    (aside,) = tmp_path.glob("j.damaged-*")
    assert aside.read_bytes().startswith(b"no database")
    journal.close()
