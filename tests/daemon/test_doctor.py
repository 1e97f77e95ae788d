"""`sparkvsr doctor`: finds what is wrong, changes nothing, and tells nobody whose machine it is."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from filelock import FileLock

from sparkvsr_daemon import _doctor, _doctor_daemon
from sparkvsr_daemon._doctor import examine
from sparkvsr_daemon._doctor_daemon import lock_owner, look_at_daemon, look_at_log, look_at_service
from sparkvsr_daemon._finding import Finding
from sparkvsr_daemon._log import LOG, job_log, start_logging
from sparkvsr_daemon.connection import Connection, write_connection
from sparkvsr_daemon.errors import WorkerCrashedError
from sparkvsr_daemon.paths import find_paths

Daemon = Any


def some_connection() -> Connection:
    """Where nobody listens."""
    public, secret = (key.decode() for key in zmq.curve_keypair())
    return Connection(
        boot="b" * 32,
        pid=1,
        endpoint="tcp://127.0.0.1:1",
        server_public=public,
        client_public=public,
        client_secret=secret,
    )


def by_area(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.area: finding for finding in findings}


@pytest.fixture
def logged(daemon: Daemon) -> Iterator[None]:
    """This process writes the log of the home, as a daemon would."""
    find_paths().create()
    start_logging(find_paths().log_file)
    yield
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
        handler.close()
    LOG.propagate = True


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its time and mode."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode) for path in folder.rglob("*")
    }


def doctor(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "sparkvsr_daemon.cli", "doctor", *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture
def jane(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody with everything of ours in a home folder that tells a name."""
    home = tmp_path / "x" / "Jane Doe"
    (home / "run").mkdir(parents=True, mode=0o700)
    return {
        "HOME": str(home),
        "USER": "jdoe42",
        "LOGNAME": "jdoe42",
        "PATH": os.environ["PATH"],
        "XDG_RUNTIME_DIR": str(home / "run"),
        "SPARKVSR_MODEL": str(home / "Secret Film" / "model"),
    }


def break_everything(home: Path) -> list[str]:
    """A connection file that others can read, a log with errors; returns what is secret."""
    runtime, logs = home / "run" / "sparkvsr", home / ".local" / "state" / "sparkvsr" / "log"
    runtime.mkdir(mode=0o700)
    connection = some_connection()
    write_connection(runtime / "connection.json", connection)
    (runtime / "connection.json").chmod(0o644)
    logs.mkdir(parents=True)
    write_errors(logs / "daemon.log")
    return [connection.client_secret, connection.client_public]


def write_errors(path: Path) -> None:
    prefix = "2026-03-01T12:30:05.123+01:00 ERROR 0123456789ab sparkvsr_daemon:"
    path.write_text(
        f"{prefix} failed: engine_failed on /mnt/Secret Film/plate.exr of jdoe42\n"
        f"{prefix} | sparkvsr.errors.EngineError: cannot read Secret.exr\n"
    )


def test_a_report_of_a_broken_machine_tells_nothing_about_its_owner(
    jane: dict[str, str],
) -> None:
    home = Path(jane["HOME"])
    keys = break_everything(home)
    before = state_of(home.parent)
    run = doctor(jane)
    assert run.returncode == 3, run.stderr
    assert state_of(home.parent) == before
    host = platform.node()
    for secret in ("Jane", "Doe", "jdoe", "Secret", "plate", str(home.parent), *keys):
        assert secret not in run.stdout + run.stderr
    assert not re.search(rf"\b{re.escape(host)}\b", run.stdout, re.IGNORECASE) or not host
    rows = re.split(r"\n(?=\S)", run.stdout)
    rows = [" ".join(row.split()) for row in rows]
    assert any(row.startswith("fault connection") and "mode 0644" in row for row in rows)
    assert any(row.startswith("fault weights") and "<path>" in row for row in rows)
    assert any("job 0123456789ab: engine_failed" in row for row in rows)
    assert any("~/.local/share/sparkvsr" in row for row in rows)
    assert any("→ Stop the daemon, delete the file" in row for row in rows)
    summary = " ".join(run.stdout.rpartition("\n\n")[2].split())
    assert re.fullmatch(r"faults: \d+ \(.*connection.*\), warnings: \d+( \(.*\))?", summary)


def test_of_a_healthy_machine_every_line_is_an_event_and_the_exit_code_0(
    daemon: Daemon,
) -> None:
    pid = daemon.connect().status().pid
    run = doctor(dict(os.environ), "--json")
    *events, done = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.stderr == ""
    assert {event["event"] for event in events} == {"finding"}
    assert (done["event"], done["faults"]) == ("done", 0), events
    assert run.returncode == 0
    areas = {event["area"]: event for event in events}
    assert areas.keys() >= {
        *("sparkvsr", "python", "system", "model", "pictures", "movies", "messages", "sockets"),
        *("variables", "data folder", "lock", "connection", "daemon", "service", "engine", "gpu"),
        *("weights", "store", "cache", "temporary", "errors"),
        *("file systems", "environment", "installation", "driver"),
    }
    assert f"process {pid}" in areas["daemon"]["text"]
    assert areas["lock"]["text"] == f"held by process {pid}"
    assert areas["engine"]["text"].startswith("auto takes ")
    assert areas["variables"]["text"].startswith("SPARKVSR_")
    assert not any(str(daemon.home) in event["text"] for event in events)


# The daemon.


def test_without_a_daemon_nothing_is_wrong_and_none_is_started(daemon: Daemon) -> None:
    found = by_area(look_at_daemon(find_paths()))
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["lock"].text == "free"
    assert "no daemon runs" in found["connection"].text
    assert daemon.processes() == set()
    assert not daemon.home.exists()


def test_a_daemon_that_hangs_is_a_fault_with_its_process(daemon: Daemon) -> None:
    pid = daemon.connect().status().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        found = by_area(look_at_daemon(find_paths()))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert found["daemon"].level == "fault"
    assert f"Process {pid}" in found["daemon"].text
    assert "does not answer" in found["daemon"].text
    assert found["daemon"].hint
    assert found["lock"].text == f"held by process {pid}"


def test_a_daemon_of_another_version_is_a_warning(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = daemon.connect().status()
    assert f"version {running.server}," in by_area(look_at_daemon(find_paths()))["daemon"].text
    monkeypatch.setattr(_doctor_daemon, "__version__", "99.0")
    found = by_area(look_at_daemon(find_paths()))["daemon"]
    assert (found.level, "sparkvsr daemon stop" in found.hint) == ("warning", True)
    assert found.text.endswith("This `sparkvsr` is 99.0.")


def test_a_daemon_that_was_killed_is_told_from_one_that_hangs(daemon: Daemon) -> None:
    pid = daemon.connect().status().pid
    os.kill(pid, signal.SIGKILL)
    daemon.wait_until(lambda: not daemon.processes())
    found = by_area(look_at_daemon(find_paths()))
    assert found["lock"].text == "free"
    assert found["daemon"].level == "warning"
    assert "died and left its connection file" in found["daemon"].text


def test_a_damaged_connection_file_is_a_warning_and_a_fault_while_a_daemon_runs(
    daemon: Daemon,
) -> None:
    pid = daemon.connect().status().pid
    path = find_paths().connection_file
    kept = path.read_bytes()
    path.write_bytes(kept[:100])
    found = by_area(look_at_daemon(find_paths()))
    assert found["connection"].level == "fault"
    assert f"End process {pid}" in found["connection"].hint
    path.unlink()
    assert by_area(look_at_daemon(find_paths()))["connection"].level == "fault"
    write_connection(path, some_connection())
    path.write_bytes(kept)  # so that the daemon is found and ended
    daemon.close()
    path.write_bytes(kept[:100])
    path.chmod(0o600)
    assert by_area(look_at_daemon(find_paths()))["connection"].level == "warning"


def test_the_owner_of_a_lock_is_told_without_touching_it(tmp_path: Path) -> None:
    lock = tmp_path / "daemon.lock"
    assert lock_owner(lock) == 0
    with FileLock(lock):
        assert lock_owner(lock) == os.getpid()
        (tmp_path / "another.lock").touch()
        assert lock_owner(tmp_path / "another.lock") == 0
    assert lock_owner(lock) == 0
    assert not (tmp_path / "none.lock").exists()


def test_the_service_is_looked_at_without_a_systemd_too(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in by_area(look_at_service())["service"].text
    unit = tmp_path / "config" / "systemd" / "user" / "sparkvsr.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\n")
    assert "did not write" in by_area(look_at_service())["service"].text
    unit.write_text("# Written by `sparkvsr daemon service install`\n")
    found = by_area(look_at_service())["service"]
    assert (found.level, found.hint) == (
        "warning",
        "Install it again: sparkvsr daemon service install.",
    )


# The log.


def test_errors_are_told_by_time_job_and_code_alone(logged: None) -> None:
    assert [finding.text for finding in look_at_log(find_paths())] == ["none in the log"]
    LOG.info("daemon b00710ad serves")
    try:
        raise WorkerCrashedError("Secret.mov: died")
    except WorkerCrashedError:
        job_log("0123456789abcdef").exception("failed: %s", WorkerCrashedError.code)
    job_log("aaaaaaaaaaaa").warning("not an error")
    try:
        raise ZeroDivisionError("Secret.mov")
    except ZeroDivisionError:
        LOG.exception("the daemon failed on Secret.mov")
    LOG.error("nobody knows Secret.mov")
    first, second, third = look_at_log(find_paths())
    assert first.text.endswith(", job 0123456789ab: worker_crashed")
    assert first.hint == "See: sparkvsr logs 0123456789ab"
    assert second.text.endswith(", no job: ZeroDivisionError")
    assert third.text.endswith(", no job: unknown")
    assert {finding.level for finding in (first, second, third)} == {"warning"}


def test_old_errors_are_shown_but_no_warning(logged: None) -> None:
    write_errors(find_paths().log_file)
    (found,) = look_at_log(find_paths())
    assert (found.level, found.hint) == ("ok", "")
    assert found.text == "2026-03-01T12:30:05.123+01:00, job 0123456789ab: engine_failed"


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Iterator[Finding]:
        raise RuntimeError("boom in /mnt/Secret/x")

    for name in ("look_at_versions", "look_at_engine"):
        monkeypatch.setattr(_doctor, name, broken)
    find_paths().create()
    find_paths().settings_file.write_text("colour = true\n")
    found = by_area(examine(find_paths()))
    assert found["settings"].level == "fault"
    assert found["settings"].text.endswith("there is no setting called colour.")
    assert "store_gb" in found["settings"].hint
    assert found["versions"].level == found["engine"].level == "fault"
    assert found["versions"].text == "This could not be looked at: RuntimeError: boom in <path>"
    assert found["errors"].level == "ok"
