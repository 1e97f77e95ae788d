"""The log: whose line each one is, what never stands there, and reading it back."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_daemon import _log
from sparkvsr_daemon._log import LOG, WORKER_LOG, LineFormatter, job_log, start_logging
from sparkvsr_daemon._log_lines import LogLine, LogTail
from sparkvsr_daemon._redact import Redactor
from sparkvsr_daemon.cli import main
from sparkvsr_daemon.paths import Paths, find_paths

Daemon = Any
ELSEWHERE = Redactor(Paths(*(Path("/srv", name) for name in ("run", "data", "log", "config"))))
JOB, OTHER = "0123456789ab" + "0" * 52, "fedcba987654" + "0" * 52


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log file of a home of its own, written by this process."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    path = find_paths().log_file
    path.parent.mkdir(parents=True)
    start_logging(path)
    yield path
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
        handler.close()
    LOG.propagate = True


def lines_of(path: Path) -> list[LogLine]:
    lines = LogTail(path).lines()
    parsed = [line for line in map(LogLine.parse, lines) if line]
    assert len(parsed) == len(lines)
    return parsed


def test_each_line_tells_time_level_job_and_logger(log: Path) -> None:
    LOG.info("daemon %s serves", "b00710ad")
    job_log(JOB).warning("a notice is too large")
    job_log(JOB, WORKER_LOG).info("%s", "step 1 of 3")
    job_log("", WORKER_LOG).info("loading")
    assert [line[1:5] for line in lines_of(log)] == [
        ("INFO", "", "sparkvsr_daemon", "daemon b00710ad serves"),
        ("WARNING", JOB[:12], "sparkvsr_daemon", "a notice is too large"),
        ("INFO", JOB[:12], "sparkvsr_daemon.worker", "step 1 of 3"),
        ("INFO", "", "sparkvsr_daemon.worker", "loading"),
    ]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d INFO - sparkvsr_daemon: .*",
        log.read_text().splitlines()[0],
    )


def test_all_lines_of_a_traceback_belong_to_its_job(log: Path) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        job_log(JOB).exception("failed: internal")
    first, *more = lines_of(log)
    assert (first.text, first.continued) == ("failed: internal", False)
    assert more[0].text == "Traceback (most recent call last):"
    assert [line.text for line in more[-2:]] == ["ValueError: first", "second"]
    assert all(line.continued and line[:4] == first[:4] for line in more)


@given(st.text(max_size=60))
def test_no_text_can_pass_for_another_record_or_move_the_cursor(text: str) -> None:
    formatter = LineFormatter(ELSEWHERE)
    record = logging.LogRecord("sparkvsr_daemon", 20, "", 0, "%s", (text,), None)
    first, *more = formatter.format(record).split("\n")
    parsed = [LogLine.parse(line) for line in (first, *more)]
    assert all(line and line.job == "" and line.level == "INFO" for line in parsed)
    assert all(line and line.continued for line in parsed[1:])
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", first + "".join(more))


def test_text_that_is_no_unicode_is_kept_as_escapes(log: Path) -> None:
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 1, "file \udcff", (), None)
    # Not by LOG itself: pytest listens there, and its report cannot hold such a text.
    next(h for h in LOG.handlers if isinstance(h, RotatingFileHandler)).handle(record)
    assert lines_of(log)[0].text == r"file \udcff"


def test_five_files_of_five_mebibytes_are_kept(log: Path) -> None:
    for _ in range(7):
        LOG.info("the last line that fits")
        os.truncate(log, 5 << 20)
    LOG.info("the first one of the next file")
    files = sorted(log.parent.iterdir())
    assert [file.name for file in files] == [
        "daemon.log",
        *(f"daemon.log.{n}" for n in range(1, 5)),
    ]
    assert [file.stat().st_size for file in files[1:]] == [5 << 20] * 4
    assert log.read_text().endswith("the first one of the next file\n")
    assert files[0].stat().st_size < 1000


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has to come before `log`: files are full after some ten lines."""
    monkeypatch.setattr(_log, "_FILE_BYTES", 1000)


def numbers(path: Path) -> list[int]:
    return [int(line.text) for line in lines_of(path)]


def test_the_files_are_read_as_one_in_the_order_of_writing(small_files: None, log: Path) -> None:
    for number in range(100):
        LOG.info("%d", number)
    found = numbers(log)
    assert len(list(log.parent.iterdir())) == 5
    assert found == list(range(100 - len(found), 100))
    assert len(found) > 40


def test_a_tail_misses_nothing_and_repeats_nothing_over_rotations(
    small_files: None, log: Path
) -> None:
    tail, found = LogTail(log), []
    for number in range(200):
        LOG.info("%d", number)
        if number % 7 == 0:
            found += tail.lines()
    found += tail.lines()
    assert [int(line.rpartition(" ")[2]) for line in found] == list(range(200))
    assert tail.lines() == []


def test_a_tail_keeps_up_with_a_writer_that_rotates_meanwhile(small_files: None, log: Path) -> None:
    tail, found, room = LogTail(log), list[str](), threading.Semaphore(30)

    def write() -> None:
        for number in range(600):
            room.acquire()  # never so far ahead that lines are gone before they can be read
            LOG.info("%d", number)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive() or len(found) < 600:
        new = tail.lines()
        found += new
        room.release(len(new)) if new else None
    writer.join()
    assert [int(line.rpartition(" ")[2]) for line in found] == list(range(600))


def test_half_a_line_waits_for_its_other_half(log: Path) -> None:
    tail = LogTail(log)
    with log.open("ab") as file:
        for piece, lines in ((b"one\ntw", ["one"]), (b"", []), (b"o\n", ["two"])):
            file.write(piece)
            file.flush()
            assert tail.lines() == lines


def test_there_may_be_no_log_yet(tmp_path: Path) -> None:
    assert LogTail(tmp_path / "no" / "daemon.log").lines() == []


@pytest.mark.parametrize(
    "line",
    ["", "Traceback", "2026-01-01 12:00:00,000 INFO sparkvsr_daemon: of an older version"],
)
def test_a_line_of_another_form_is_nobodys(line: str) -> None:
    assert LogLine.parse(line) is None


def test_the_log_has_no_path_of_the_users(log: Path) -> None:
    job_log(JOB, WORKER_LOG).info("cannot open '/mnt/Secret Film/plate.exr'")
    try:
        Path("/mnt/Secret/plate.exr").read_bytes()
    except OSError:
        LOG.exception("failed")
    assert "Secret" not in log.read_text()
    assert "test_logs.py" in log.read_text()


def test_a_daemons_log_is_all_of_this_form(daemon: Daemon) -> None:
    list(daemon.make_job(3).run(daemon.backend()))
    assert any("serves" in line.text for line in lines_of(find_paths().log_file))


# `sparkvsr logs`.


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], str]]:
    """`sparkvsr logs …`: its exit code, the lines it prints, what it says besides."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = main(["logs", *arguments])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


def test_a_jobs_lines_are_found_in_all_files(
    small_files: None, log: Path, logs: Callable[..., tuple[int, list[str], str]]
) -> None:
    for number in range(40):
        job_log(JOB if number % 2 else OTHER).info("%d\nmore", number)
    for name in ("0123", JOB[:12], JOB):
        code, lines, _ = logs(name)
        parsed = [LogLine.parse(line) for line in lines]
        assert code == 0
        assert all(line and line.job == JOB[:12] for line in parsed)
        found = [int(line.text) for line in parsed if line and not line.continued]
        assert found == sorted(found)
        assert found[-1] == 39
        assert len(found) > 9
        assert len(lines) in (2 * len(found), 2 * len(found) + 1)


def test_without_a_job_the_last_200_lines_are_shown(
    log: Path, logs: Callable[..., tuple[int, list[str], str]]
) -> None:
    for number in range(250):
        LOG.info("%d", number)
    code, lines, _ = logs()
    assert code == 0
    assert [int(line.rpartition(" ")[2]) for line in lines] == list(range(50, 250))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("beef", "nothing about a job beef"),
        ("0123", "2 jobs begin with 0123: 0123456789ab, 0123ffffffff"),
        ("012", "012 is no job ID"),
        ("plate.mov", "plate.mov is no job ID"),
    ],
)
def test_a_job_that_cannot_be_told_is_a_sentence(
    log: Path, logs: Callable[..., tuple[int, list[str], str]], name: str, says: str
) -> None:
    job_log(JOB).info("one")
    job_log("0123" + "f" * 60).info("two")
    code, lines, said = logs(name)
    assert (code, lines) == (2, [])
    assert says in said


def test_no_log_is_no_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logs: Callable[..., tuple[int, list[str], str]],
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    code, lines, said = logs()
    assert (code, lines) == (0, [])
    assert "no log yet" in said
    assert list(tmp_path.iterdir()) == []


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sparkvsr_daemon.cli", "logs", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_follow_goes_on_over_rotations_until_ctrl_c(small_files: None, log: Path) -> None:
    job_log(JOB).info("0")
    with command("0123", "--follow") as following:
        assert following.stdout
        assert following.stderr
        found = [following.stdout.readline()]
        for number in range(1, 60):
            job_log(OTHER).info("of another job")
            job_log(JOB).info("%d", number)
            if number % 10 == 9:
                found += [following.stdout.readline() for _ in range(number - len(found) + 1)]
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 0
        assert following.stdout.read() + following.stderr.read() == ""
    assert [int(line.rpartition(" ")[2]) for line in found] == list(range(60))


def test_a_reader_that_has_seen_enough_is_no_error(log: Path) -> None:
    for _ in range(200):
        LOG.info("x" * 1000)
    with command() as printing:
        assert printing.stdout
        assert printing.stderr
        printing.stdout.close()
        assert printing.stderr.read() == ""
        assert printing.wait(20) == 0
