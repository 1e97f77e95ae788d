"""`sparkvsr jobs --watch`: what it shows on a terminal and in a pipe, and what it survives."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from fake_daemon import FakeDaemon
from fake_session import Disk, job_info
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._job_table import ahead_of
from sparkvsr_daemon._pace import Pace, clock
from sparkvsr_daemon._watch_views import Changes, LiveTable, Watched, as_line, watch_table
from sparkvsr_daemon.paths import find_paths

if sys.platform != "win32":
    import pty

WATCH = [
    sys.executable,
    "-W",
    "always::ResourceWarning",
    "-m",
    "sparkvsr_daemon.cli",
    "jobs",
    "--watch",
]
PATIENCE_S = 30.0


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDaemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


def short(job: m.JobInfo) -> str:
    return job.id[:12]


def at(job: m.JobInfo, done: int) -> m.JobInfo:
    return msgspec.structs.replace(job, done=done)


def drawn(
    jobs: Sequence[m.JobInfo], width: int, height: int, pace: Pace | None = None
) -> list[str]:
    text, headline = io.StringIO(), Text("headline")
    watched = Watched(tuple(jobs), False, pace or Pace())
    table = watch_table(watched, headline, width, height)
    Console(width=width, height=height, file=text).print(table)
    return text.getvalue().split("\n")[:-1]


def test_pace_and_time_left_are_measured_between_answers() -> None:
    job, pace = job_info(1, "running", frames=100), Pace()
    pace.see([at(job, 10)], 100.0)
    assert pace.fps(job) is None
    pace.see([at(job, 10)], 101.0)
    assert pace.fps(job) is None  # nothing has come yet
    pace.see([at(job, 30)], 105.0)
    assert pace.fps(job) == 4.0
    assert pace.seconds_left(at(job, 30)) == 17.5
    pace.see([at(job, 43)], 131.5)  # the first answers are too old by now
    assert pace.fps(job) == pytest.approx(13 / 26.5)


def test_frames_that_were_lost_and_a_pause_start_the_measurement_anew() -> None:
    job, pace = job_info(1, "running", frames=100), Pace()
    pace.see([at(job, 10)], 0.0)
    pace.see([at(job, 20)], 1.0)
    pace.see([at(job, 5)], 2.0)
    assert pace.fps(job) is None
    pace.see([at(job, 7)], 3.0)
    assert pace.fps(job) == 2.0
    pace.see([msgspec.structs.replace(job, state="paused", done=7)], 4.0)
    assert pace.fps(job) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (65, "1:05"), (3723, "1:02:03")]
)
def test_a_clock_reads_as_people_write_it(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_queued_jobs_wait_for_those_that_run_for_previews_and_for_older_ones() -> None:
    jobs = [
        job_info(1, "done"),
        job_info(2, "running"),
        job_info(3, "queued"),
        job_info(4, "paused"),
        job_info(5, "queued"),
        job_info(6, "queued", preview=True, frames=1),
    ]
    assert ahead_of(jobs) == {jobs[5].id: 1, jobs[2].id: 2, jobs[4].id: 3}


def test_the_table_shows_bars_pace_time_left_windows_and_who_waits() -> None:
    running = job_info(1, "running", frames=100, done=50, windows=8, windows_kept=3)
    queued, failed = job_info(2), job_info(3, "failed", reason="No memory.")
    pace = Pace()
    pace.see([at(running, 10)], 0.0)
    pace.see([running], 10.0)
    lines = drawn([running, queued, failed], 100, 30, pace)
    assert lines[0].strip() == "headline"
    assert lines[1].split() == ["ID", "state", "frames", "fps", "left", "windows"]
    cells = lines[2].split()
    assert (cells[0], cells[1], cells[3:]) == (
        short(running),
        "running",
        ["50/100", "4.0", "0:12", "3/8"],
    )
    assert set(cells[2]) <= set("━╸╺")
    assert lines[3].split() == [short(queued), "queued", "0/48", "after", "1", "job"]
    assert lines[5].rstrip() == f"sparkvsr retry {short(failed)}  No memory."


@given(
    jobs=st.lists(
        st.builds(
            job_info,
            st.integers(0, 10**6),
            st.sampled_from(get_args(m.JobState)),
            frames=st.just(10_000),
            done=st.integers(0, 10_000),
            windows=st.just(1250),
            reason=st.text(max_size=60),
        ),
        max_size=m.MAX_LISTED_JOBS,
        unique_by=lambda job: job.id,
    ),
    width=st.integers(60, 160),
    height=st.integers(8, 50),
)
def test_the_table_fits_every_terminal_and_shows_what_runs_before_what_has_ended(
    jobs: list[m.JobInfo], width: int, height: int
) -> None:
    lines = drawn(jobs, width, height)
    assert len(lines) < height  # the cursor's line is below
    assert all(cell_len(line) <= width for line in lines)
    rows = [line.split()[0] for line in lines[2:] if not line.startswith("sparkvsr")]
    shown = [job for job in jobs if short(job) in rows]
    assert rows == [short(job) for job in shown]
    ended = ("done", "failed", "parked", "cancelled")
    hidden = [job for job in jobs if job not in shown]
    if any(job.state in ended for job in shown):
        assert all(job.state in ended for job in hidden)


def test_a_terminal_is_told_of_a_paused_queue_and_of_a_lost_daemon_above_the_last_table() -> None:
    text = io.StringIO()
    running = job_info(1, "running")
    with LiveTable(Console(file=text, force_terminal=True, width=80, height=24)) as table:
        table.show(Watched((), False, Pace()))
        assert "No jobs." in text.getvalue()
        table.show(Watched((running, job_info(2)), False, Pace()))
        assert "1 running, 1 waiting, 0 ended" in text.getvalue()
        table.show(Watched((running,), True, Pace()))
        assert "The whole queue is paused" in text.getvalue()
        before = len(text.getvalue())
        table.lost()
        last = text.getvalue()[before:]
        assert "daemon lost, waiting…" in last
        assert short(running) in last


def test_in_a_pipe_every_change_is_told_once() -> None:
    events = list[dict[str, Any]]()
    job, pace = job_info(1, "running", windows=6, reason=""), Pace()
    with Changes(events.append) as view:
        for paused, jobs in (
            (False, [job]),
            (False, [job]),
            (True, [job]),
            (True, [at(job, 3), job_info(2)]),
        ):
            pace.see(jobs, float(len(events)))
            view.show(Watched(tuple(jobs), paused, pace))
        view.lost()
        view.show(Watched((at(job, 3), job_info(2)), True, pace))
    assert [event["event"] for event in events] == [
        *("job", "queue", "job", "job", "lost", "found"),
    ]
    assert events[1]["paused"] is True
    assert (events[2]["done"], events[2]["fps"], events[2]["ahead"]) == (3, 1.5, 0)
    assert (events[3]["state"], events[3]["fps"], events[3]["ahead"]) == ("queued", None, 1)
    lines = [as_line(event)[10:] for event in events]
    assert lines[0] == f"{short(job)}  running     0/48 frames  0/6 windows"
    assert lines[2].endswith("3/48 frames  0/6 windows  1.5 fps, 0:30 left")
    assert lines[3].endswith("queued      0/48 frames  after 1 job")
    assert lines[4:] == ["daemon lost, waiting…", "a daemon runs again"]


class Watching:
    """The command in a process of its own, and all that it has written."""

    def __init__(self, *arguments: str, terminal: bool) -> None:
        self.text = ""
        self._seen = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._reader, writer = pty.openpty() if terminal else os.pipe()
        os.set_blocking(self._reader, False)
        self.process = subprocess.Popen(
            [*WATCH, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        )
        os.close(writer)

    def wait_for(self, text: str) -> None:
        """Until this was written, after what was waited for before."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.text.find(text, self._seen)) < 0:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            self._read()
            time.sleep(0.02)
        self._seen = found + len(text)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_S)
        self._read()
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._reader)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # nothing more now, or (of a terminal) ever
            while data := os.read(self._reader, 1 << 16):
                self.text += self._decoder.decode(data)


def moving(disk: Disk) -> None:
    """Every time somebody looks, the running job has got on by a frame."""
    for job in list(disk.jobs.values()):
        if job.state == "running" and job.done < job.frames:
            disk.change(job, done=job.done + 1)


@pytest.fixture
def watching(request: pytest.FixtureRequest, fake: FakeDaemon) -> Iterator[Watching]:
    fake.disk.add(job_info(1, "running", frames=10_000), job_info(2))
    fake.moves = moving
    process = Watching(*request.param.get("arguments", ()), terminal=request.param["terminal"])
    yield process
    process.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
@pytest.mark.parametrize("watching", [{"terminal": True}], indirect=True)
def test_on_a_terminal_the_table_lives_on_over_a_restart_until_ctrl_c(
    fake: FakeDaemon, watching: Watching
) -> None:
    watching.wait_for("1 running, 1 waiting")
    watching.wait_for("after 1 job")
    watching.wait_for(" left")
    fake.disk.paused = True
    watching.wait_for("The whole queue is paused")
    fake.die()
    watching.wait_for("daemon lost, waiting…")
    fake.disk.paused = False
    fake.start()
    watching.wait_for("1 running, 1 waiting")
    assert watching.interrupt() == 0
    assert "\x1b[?25h" in watching.text  # the cursor is back
    assert "Traceback" not in watching.text
    assert not find_paths().log_file.exists()  # no other daemon was started


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("watching", [{"terminal": False}], indirect=True)
def test_in_a_pipe_there_are_lines_over_a_restart_until_ctrl_c(
    fake: FakeDaemon, watching: Watching
) -> None:
    watching.wait_for(f"{short(job_info(1))}  running")
    watching.wait_for(f"{short(job_info(2))}  queued      0/48 frames  after 1 job\n")
    watching.wait_for(" fps, ")
    fake.stop()
    watching.wait_for("daemon lost, waiting…\n")
    fake.start()
    watching.wait_for("a daemon runs again\n")
    fake.disk.change(job_info(1), state="parked", reason="It died twice.")
    watching.wait_for("It died twice.\n")
    assert watching.interrupt() == 0
    assert "\x1b" not in watching.text
    assert "Warning" not in watching.text  # the lost connection was closed
    assert not find_paths().log_file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("watching", [{"terminal": False, "arguments": ["--json"]}], indirect=True)
def test_for_programs_every_change_is_an_object(fake: FakeDaemon, watching: Watching) -> None:
    watching.wait_for('{"event":"job"')
    fake.disk.change(job_info(1), state="done")
    watching.wait_for('"state":"done"')
    fake.die()
    watching.wait_for('{"event":"lost"}\n')
    assert watching.interrupt() == 0
    events = [json.loads(line)["event"] for line in watching.text.splitlines()]
    assert {*events[:-1]} == {"job"}
    assert events[-1] == "lost"
