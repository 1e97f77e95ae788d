"""`sparkvsr jobs`, `pause`, `resume`, `retry`, `cancel`: what they say and bring about."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from fake_daemon import FakeDaemon
from fake_session import job_info
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._job_table import job_table
from sparkvsr_daemon.cli import main

Daemon = Any
STATES = get_args(m.JobState)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDaemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


def short(job: m.JobInfo) -> str:
    return job.id[:12]


@pytest.mark.parametrize(
    "command",
    [
        *("jobs", "jobs --watch", "jobs --json", "pause", "pause abcd", "resume", "retry abcd"),
        *("cancel abcd", "store info", "store clean --yes", "daemon status", "daemon unload"),
    ],
)
def test_asking_starts_no_daemon_and_says_so(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    fake.stop()
    assert main(command.split()) == 5
    said = capsys.readouterr()
    assert "No daemon runs" in said.out + said.err
    assert not fake.disk.jobs


def test_jobs_are_listed_with_all_there_is_to_say(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    running = job_info(1, "running", done=12, windows=6, windows_kept=2, engine="sparkvsr")
    preview = job_info(2, "queued", frames=1, preview=True)
    fake.disk.add(running, preview)
    assert main(["jobs"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["ID", "state", "frames", "windows", "engine", "size", "when", "reason"]
    shown = [short(running), "running", "12/48", "2/6", "sparkvsr", "32x24"]
    assert first.split()[:6] == shown
    assert second.split()[:5] == [short(preview), "queued", "preview", "flow", "32x24"]


def test_below_the_list_stands_why_jobs_are_stuck_and_what_to_type(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    why = "Window 3 does not fit into memory [tile 16]."
    failed, parked = job_info(1, "failed", reason=why), job_info(2, "parked", reason="It died.")
    paused, done = job_info(3, "paused"), job_info(4, "done")
    fake.disk.add(failed, parked, paused, done)
    assert main(["jobs"]) == 0
    below = capsys.readouterr().out.splitlines()[5:]
    assert below == [
        f"Job {short(failed)} has failed: {why} To go on: sparkvsr retry {short(failed)}",
        f"Job {short(parked)} is parked: It died. To go on: sparkvsr retry {short(parked)}",
        f"Job {short(paused)} is paused. To go on: sparkvsr resume {short(paused)}",
    ]


def test_json_is_one_object_a_job(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [job_info(n, state, done=n, reason="[x]") for n, state in enumerate(STATES)]
    fake.disk.add(*jobs)
    assert main(["jobs", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == [job.id for job in jobs]
    for row, job in zip(rows, jobs, strict=True):
        assert row.pop("event") == "job"
        assert row.pop("size") == [32, 24]
        assert row == {name: getattr(job, name) for name in row}
    assert rows[0].keys() == set(m.JobInfo.__struct_fields__) - {"layout"}


def test_no_jobs_are_said_to_be_none(fake: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs"]) == 0
    assert capsys.readouterr().out == "No jobs.\n"


jobs_of_any_kind = st.lists(
    st.builds(
        job_info,
        st.integers(0, 10**6),
        st.sampled_from(STATES),
        frames=st.just(10_000),
        done=st.integers(0, 10_000),
        windows=st.just(1250),
        windows_kept=st.integers(0, 1250),
        engine=st.sampled_from(["flow", "sparkvsr"]),
        reason=st.text(max_size=200) | st.just("memory " * 28),
        preview=st.booleans(),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda job: job.id,
)


@given(jobs=jobs_of_any_kind, width=st.integers(60, 200))
def test_the_table_fits_every_terminal_and_names_every_job_in_full(
    jobs: list[m.JobInfo], width: int
) -> None:
    text = io.StringIO()
    Console(width=width, file=text).print(job_table(jobs, width))
    rows = text.getvalue().split("\n")[1:-1]
    assert len(rows) == len(jobs)
    for row, job in zip(rows, jobs, strict=True):
        assert cell_len(row) <= width
        assert row.startswith(f"{short(job)}  {job.state} ")
        assert ("preview" if job.preview else f" {job.done}/10000 ") in row


def test_pausing_the_queue_pauses_every_job_and_says_which(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    running, queued = job_info(1, "running", done=5), job_info(2)
    fake.disk.add(running, queued, job_info(3, "done"))
    assert main(["pause"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The queue is paused; `sparkvsr resume` lets it go on.",
        f"Job {short(running)} pauses as soon as it can stop, 5 of 48 frames finished.",
        f"Job {short(queued)} is paused, 0 of 48 frames finished.",
    ]
    assert fake.disk.paused
    assert main(["resume"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The queue goes on.",
        f"Job {short(queued)} waits for its turn, 0 of 48 frames finished.",
    ]
    assert not fake.disk.paused


def test_one_job_is_paused_and_goes_on_without_the_others(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = job_info(1), job_info(2)
    fake.disk.add(one, other)
    assert main(["pause", one.id[:4]]) == 0
    assert f"Job {short(one)} is paused" in capsys.readouterr().out
    assert [job.state for job in fake.disk.jobs.values()] == ["paused", "queued"]
    assert not fake.disk.paused
    assert main(["resume", short(one)]) == 0
    assert "waits for its turn" in capsys.readouterr().out
    fake.disk.change(one, state="paused")
    fake.disk.paused = True
    assert main(["resume", short(one)]) == 0
    assert "The whole queue is paused, however" in capsys.readouterr().out


def test_a_parked_job_is_queued_again_with_what_is_kept(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_info(1, "parked", done=33, windows=6, windows_kept=4, reason="It died twice.")
    fake.disk.add(job)
    assert main(["retry", short(job)]) == 0
    said = capsys.readouterr().out
    assert f"Job {short(job)} is queued again; 33 of its 48 frames and 4 windows are kept." in said
    assert "paused" not in said
    assert fake.disk.find(job.id).state == "queued"


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("queued", "is cancelled"),
        ("running", "is being cancelled"),
        ("paused", "is cancelled"),
        ("done", "is done"),
    ],
)
def test_cancel_says_what_became_of_the_job(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], state: str, says: str
) -> None:
    job = job_info(1, state)
    fake.disk.add(job, job_info(2, "running"))
    assert main(["cancel", short(job)]) == 0
    assert capsys.readouterr().out == f"Job {short(job)} {says}, 0 of 48 frames finished.\n"
    assert fake.disk.find(job_info(2).id).state == "running"


@pytest.mark.parametrize("verb", ["pause", "resume", "retry", "cancel"])
@pytest.mark.parametrize(("name", "says"), [("abcdef", "no job abcdef"), ("zz", "zz is no job ID")])
def test_a_job_that_is_not_there_is_bad_input(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], verb: str, name: str, says: str
) -> None:
    assert main([verb, name]) == 2
    assert says in capsys.readouterr().err


def test_a_real_job_is_paused_and_goes_on_with_what_it_had(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    client, backend = daemon.connect(), daemon.backend()
    stream = daemon.make_long_job(frames=4000).run(backend)
    next(stream)
    assert main(["pause", str(backend.job_id)[:12]]) == 0
    daemon.wait_until(lambda: client.jobs()[0].state == "paused")
    done = client.jobs()[0].done
    assert main(["resume", str(backend.job_id)[:12]]) == 0
    assert len(list(stream)) == 3999
    assert client.status().frames_computed == 4000
    assert done < 4000


def test_a_real_job_that_was_cancelled_is_tried_again_in_a_queue_that_was_paused(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    client, backend = daemon.connect(), daemon.backend()
    stream = daemon.make_long_job(frames=4000).run(backend)
    next(stream)
    name = str(backend.job_id)[:12]
    assert main(["cancel", name]) == 0
    daemon.wait_until(lambda: client.jobs()[0].state == "cancelled")
    assert main(["pause"]) == 0
    assert client.status().paused
    assert main(["retry", name]) == 0
    assert "The whole queue is paused, however" in capsys.readouterr().out
    assert client.jobs()[0].state in ("queued", "paused")
    assert main(["resume"]) == 0
    daemon.wait_until(lambda: client.jobs()[0].state == "done", 60)
    assert client.status().frames_computed == 4000
