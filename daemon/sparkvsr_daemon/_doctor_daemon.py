"""Whether a daemon runs, whether it answers, and what has gone wrong. Starts none."""

from __future__ import annotations

import re
import stat
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

from sparkvsr import __version__
from sparkvsr.errors import InputError, SparkVSRError

from . import _messages as m
from ._client import Client
from ._doctor_log import EXCEPTION, error_codes
from ._finding import Finding
from ._log_lines import LogLine, LogTail
from ._messages import SHORT_ID
from ._service_entry import this_launch
from ._service_install import service_state
from ._service_managers import find_manager
from .connection import Connection, read_connection
from .errors import ConnectionFileError
from .paths import Paths
from .protocol import new_id

_ANSWER_S: Final = 3.0
_BOOT_DIGITS: Final = 8
_SHOWN: Final = 10
_RECENT: Final = timedelta(days=1)


def look_at_daemon(paths: Paths) -> Iterator[Finding]:
    """Lock, connection file and daemon: each by itself, for they may contradict each other."""
    owner = lock_owner(paths.lock_file)
    yield _lock(owner)
    try:
        connection = read_connection(paths.connection_file)
    except ConnectionFileError as error:
        yield Finding("connection", "fault", error.message, error.hint)
        return
    yield _connection_file(paths.connection_file, connection, owner)
    if connection is not None:
        yield _daemon(connection, owner)


def look_at_service() -> Iterator[Finding]:
    """Whether the daemon is started at log-in."""
    try:
        state = service_state(find_manager(this_launch()))
    except InputError as error:
        yield Finding("service", "ok", error.message)
        return
    again = "Install it again: sparkvsr daemon service install."
    if state.entry == "none":
        yield Finding("service", "ok", "not installed; the daemon starts when it is needed")
    elif state.entry == "foreign":
        yield Finding("service", "ok", "an entry that SparkVSR did not write")
    elif state.entry == "outdated":
        text = "installed for another Python, or with other SPARKVSR_ variables than now"
        yield Finding("service", "warning", text, again)
    elif not state.loaded:
        yield Finding("service", "warning", "installed, but not started at log-in", again)
    else:
        yield Finding("service", "ok", "installed, started at log-in")


def look_at_log(paths: Paths) -> Iterator[Finding]:
    """The last errors: time, job and code, never their text."""
    errors = list(_errors(LogTail(paths.log_file).lines()))[-_SHOWN:]
    if not errors:
        yield Finding("errors", "ok", "none in the log")
    for line, what in errors:
        recent = datetime.now().astimezone() - datetime.fromisoformat(line.time) < _RECENT
        about = f"job {line.job}" if line.job else "no job"
        yield Finding(
            "errors",
            "warning" if recent else "ok",
            f"{line.time}, {about}: {what}",
            f"See: sparkvsr logs {line.job}".rstrip() if recent else "",
        )


def lock_owner(lock: Path) -> int | None:
    """Process that holds the lock; 0 if none does, None where this cannot be told.

    To try the lock would make a daemon that starts meanwhile believe that another one serves.
    Linux lists all locks (man: proc, /proc/locks); for others there is no such list.
    """
    try:
        inode = lock.stat().st_ino
        listed = Path("/proc/locks").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0 if sys.platform == "linux" and not lock.exists() else None
    for line in listed.splitlines():
        # 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode):
            return int(fields[4])
    return 0


def _lock(owner: int | None) -> Finding:
    if owner is None:
        return Finding("lock", "ok", "who holds it cannot be told on this system")
    return Finding("lock", "ok", f"held by process {owner}" if owner else "free")


def _connection_file(path: Path, connection: Connection | None, owner: int | None) -> Finding:
    try:
        status = path.stat()
    except FileNotFoundError:
        if owner:
            return Finding(
                "connection",
                "fault",
                f"Process {owner} holds the lock, but there is no connection file to reach it by.",
                f"If it stays so for a minute, end process {owner}.",
            )
        return Finding("connection", "ok", "no file, as no daemon runs")
    if connection is None:
        hint = f"End process {owner}. " if owner else ""
        return Finding(
            "connection",
            "fault" if owner else "warning",
            "The file is damaged, or of another version.",
            f"{hint}The next command starts a daemon, which writes a new one.",
        )
    age = timedelta(seconds=round(time.time() - status.st_mtime))
    mode = f", mode {stat.S_IMODE(status.st_mode):04o}" if sys.platform != "win32" else ""
    return Finding("connection", "ok", f"keys in place, owned by you{mode}, {age} old")


def _daemon(connection: Connection, owner: int | None) -> Finding:
    pid, boot = connection.pid, connection.boot[:_BOOT_DIGITS]
    try:
        status = _ask(connection)
    except SparkVSRError as error:
        if owner == 0 or not psutil.pid_exists(pid):
            text = f"none runs; process {pid}, boot {boot}, died and left its connection file"
            hint = "The next command starts one; `sparkvsr logs` may say why."
            return Finding("daemon", "warning", text, hint)
        return Finding(
            "daemon",
            "fault",
            f"Process {pid}, boot {boot}, does not answer. {error.message}",
            error.hint or f"End process {pid}; the next command starts a new one.",
        )
    workers = ", ".join(map(_worker, status.workers)) or "no workers"
    queue = f"queued jobs: {status.queued}" + (", paused" if status.paused else "")
    uptime = f"up {timedelta(seconds=round(status.uptime_s))}"
    leaving = ", leaving when idle" if status.leaving else ""
    text = (
        f"process {pid}, boot {boot}, version {status.server}, {uptime}{leaving}; {workers}; "
        f"{queue}; clients: {status.sessions}"
    )
    if status.server != __version__:
        hint = "Run `sparkvsr daemon stop --when-idle`; the next command starts this version."
        return Finding("daemon", "warning", f"{text}. This `sparkvsr` is {__version__}.", hint)
    return Finding("daemon", "ok", text)


def _worker(worker: m.WorkerInfo) -> str:
    doing = f"runs job {worker.job[:SHORT_ID]}" if worker.job else "is idle"
    return f"worker {worker.pid} {doing}"


def _ask(connection: Connection) -> m.StatusReply:
    """Its status, if it answers in time.

    Raises:
        UnreachableError: it does not.
    """
    client = Client(connection)
    try:
        return client.request(m.StatusRequest(id=new_id()), m.StatusReply, patience_s=_ANSWER_S)
    finally:
        client.close()


def _errors(lines: list[str]) -> Iterator[tuple[LogLine, str]]:
    """The first line of each error record, and its code or the type of its exception."""
    known = error_codes()
    record: LogLine | None = None
    what = ""
    for parsed in map(LogLine.parse, lines):
        if parsed is None:
            continue
        if parsed.continued and record is not None:
            raised = EXCEPTION.fullmatch(parsed.text)
            what = what if raised is None or what in known else raised[1]
            continue
        if record is not None:
            yield record, what
        record = parsed if parsed.level in ("ERROR", "CRITICAL") else None
        what = next((word for word in re.findall(r"\w+", parsed.text) if word in known), "unknown")
    if record is not None:
        yield record, what
