"""`sparkvsr daemon status`, `stop` and `unload` against a daemon that answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fake_daemon import FakeDaemon
from fake_session import job_info
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.cli import main
from sparkvsr_daemon.connection import write_connection
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION

Daemon = Any


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDaemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "[home]"))
    daemon = FakeDaemon()
    daemon.start()
    yield daemon
    daemon.close()


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The table of `status`; a row without a name belongs to the one above it."""
    rows, name = dict[str, str](), ""
    for line in capsys.readouterr().out.splitlines():
        name = line[:13].strip() or name
        rows[name] = f"{rows.get(name, '')} {line[13:].strip()}".strip()
    return rows


def test_status_tells_of_workers_queue_windows_and_files(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_info(1, "running")
    fake.disk.add(job, job_info(2), job_info(3))
    fake.workers = (m.WorkerInfo(pid=4242, job=job.id), m.WorkerInfo(pid=4243))
    assert main(["daemon", "status"]) == 0
    status = said(capsys)
    assert status["process"] == "4711, for 62 s"
    assert status["workers"] == f"process 4242 runs job {job.id[:12]} process 4243 is idle"
    assert status["queued jobs"] == "2"
    assert status["restored"] == "240 frames, 10 windows"
    assert status["log"] == "/var/log/[old]/daemon.log"
    settings = find_paths().settings_file
    assert status["settings"] == f"defaults; {settings} is not there"
    settings.write_text("store_gb = 100\n")
    fake.disk.paused, fake.workers = True, ()
    assert main(["daemon", "status"]) == 0
    status = said(capsys)
    assert status["queued jobs"] == "2, paused"
    assert status["workers"] == "none"
    assert status["settings"] == str(settings)


def test_unload_says_what_was_freed_and_is_refused_while_a_job_runs(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_info(1, "running")
    fake.disk.add(job)
    assert main(["daemon", "unload"]) == 3
    assert "A job is running" in capsys.readouterr().err
    fake.disk.change(job, state="done")
    assert main(["daemon", "unload"]) == 0
    assert "1 workers have ended" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["running", "queued", "paused", "done"])
def test_stop_says_that_unfinished_jobs_go_on_later(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    fake.disk.add(job_info(1, state), job_info(2, "failed"))
    assert main(["daemon", "stop"]) == 0
    text = capsys.readouterr().out
    assert "The daemon has ended." in text
    assert ("Unfinished jobs: 1. They go on when a daemon is started again." in text) == (
        state != "done"
    )
    assert main(["daemon", "stop"]) == 0
    assert "No daemon runs." in capsys.readouterr().out


def test_a_daemon_of_another_version_can_be_stopped(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.version = (VERSION[0] + 1, 0)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        published = msgspec.structs.replace(fake.connection, pid=other.pid)
        write_connection(find_paths().connection_file, published)
        assert main(["daemon", "status"]) == 5
        assert "the program is older" in capsys.readouterr().err
        assert main(["daemon", "stop"]) == 0
        assert other.wait(10) != 0
    assert "of another version, has ended" in capsys.readouterr().out


def test_stop_when_idle_says_what_the_daemon_waits_for_and_status_that_it_leaves(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_info(1, "running")
    fake.disk.add(job, job_info(2, "queued"), job_info(3, "paused"), job_info(4, "parked"))
    for _ in range(2):
        assert main(["daemon", "stop", "--when-idle"]) == 0
        text = capsys.readouterr().out
        assert text == "The daemon ends when its jobs are done: 2 unfinished.\n"
    assert main(["daemon", "status"]) == 0
    assert said(capsys)["process"] == "4711, for 62 s, leaving when idle"
    fake.disk.change(job, state="done")
    fake.disk.paused = True
    assert main(["daemon", "stop", "--when-idle"]) == 0
    assert capsys.readouterr().out == "The daemon has ended.\n"
    assert main(["daemon", "stop", "--when-idle"]) == 0
    assert capsys.readouterr().out == "No daemon runs.\n"


@pytest.mark.parametrize("version", [(VERSION[0] + 1, 0), (1, 0)])
def test_a_daemon_that_cannot_wait_for_its_jobs_is_left_alone(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str], version: tuple[int, int]
) -> None:
    fake.version = version
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        published = msgspec.structs.replace(fake.connection, pid=other.pid)
        write_connection(find_paths().connection_file, published)
        assert main(["daemon", "stop", "--when-idle"]) == 5
        assert other.poll() is None
        other.kill()
    text = capsys.readouterr().err
    assert f"protocol {version[0]}.{version[1]}" in text or "the program is older" in text
    assert "was left alone" in text
    assert "sparkvsr daemon stop" in text
    assert fake.alive
    assert "Shutdown" not in fake.asked


def test_a_connection_that_cannot_be_trusted_is_not_taken_for_no_daemon(
    fake: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    find_paths().connection_file.chmod(0o644)
    assert main(["daemon", "stop"]) == 5
    assert "is open to other users" in capsys.readouterr().err


def test_a_real_worker_is_unloaded_and_comes_back_with_the_next_job(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    client = daemon.connect()
    list(daemon.make_job(3).run(daemon.backend()))
    (worker,) = client.status().workers
    assert main(["daemon", "unload"]) == 0
    assert client.status().workers == ()
    daemon.wait_until(lambda: worker.pid not in daemon.processes())
    list(daemon.make_job(3, seed=1).run(daemon.backend()))
    assert client.status().workers
    stream = daemon.make_long_job().run(daemon.backend())
    next(stream)
    capsys.readouterr()
    assert main(["daemon", "unload"]) == 3
    assert capsys.readouterr().err
