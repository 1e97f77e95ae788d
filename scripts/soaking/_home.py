"""A home for a daemon of our own: everything that is started in it is found, and ended with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import psutil  # type: ignore[import-untyped]

from sparkvsr.errors import UnreachableError
from sparkvsr_daemon.client import connect
from sparkvsr_daemon.connection import Connection, read_connection
from sparkvsr_daemon.paths import find_paths

SPARKVSR: Final = [sys.executable, "-m", "sparkvsr_daemon.cli"]
_WORKER: Final = "sparkvsr_daemon.worker"
_SUPERVISOR: Final = "sparkvsr_daemon"


class Home:
    """While it is entered, this process and all that it starts use it as `SPARKVSR_HOME`.

    On leaving every process of it is killed and every file removed, whatever happened.

    Attributes:
        folder: of all files; the home itself is in it, and room for sources and outputs.
    """

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sparkvsr-soak-"))
        self.home = self.folder / "home"
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self._environment = environment | {
            "SPARKVSR_HOME": str(self.home),
            "TMPDIR": str(self.temporary),
        }
        self._before: dict[str, str | None] = {}
        self._children: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self._before = {name: os.environ.get(name) for name in self._environment}
        os.environ.update(self._environment)
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.end_all()
        finally:
            for name, value in self._before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start a process that belongs to this home; it is killed with it."""
        process = subprocess.Popen(command, text=True, **options)
        self._children.append(process)
        return process

    def actor(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a client that plays a part (see `_actors`); it is told by a pipe, and tells."""
        command = [sys.executable, "-m", "soaking._actors", *map(str, arguments)]
        return self.start(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def connection(self) -> Connection:
        """Of the daemon that runs; starts one if need be."""
        connect().close()
        found = read_connection(find_paths().connection_file)
        assert found is not None  # noqa: S101 - it was just published
        return found

    def processes(self) -> list[psutil.Process]:
        """All that live in this home, but for the one that asks."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                is_ours = process.environ().get("SPARKVSR_HOME") == str(self.home)
                if is_ours and process.pid != os.getpid():
                    found.append(process)
        return found

    def stop(self) -> None:
        """Stop the daemon as a person does; nothing happens when none runs."""
        with contextlib.suppress(UnreachableError), connect(start=False) as client:
            client.shutdown()
        wait_until(lambda: not any(map(is_ours, self.processes())), 20)

    def end_all(self) -> None:
        """Kill every process of this home."""
        while left := self.processes():
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
        for child in self._children:
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def leftovers(self) -> list[str]:
        """Names of files that are half of something, or temporary. For when nothing runs."""
        parts = [p for p in self.folder.rglob("*") if ".part" in p.name and p.is_file()]
        hidden = [p for p in self.folder.rglob(".*.part-*") if p.is_dir()]
        scratch = [*(self.home / "data" / "scratch").rglob("*"), *self.temporary.rglob("*")]
        return sorted(str(path.relative_to(self.folder)) for path in (*parts, *hidden, *scratch))


def wait_until(condition: Callable[[], object], patience_s: float) -> bool:
    """Wait for something that another process does; False when it does not come in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_supervisor(process: psutil.Process) -> bool:
    """A daemon; there are several for the moment in which one finds that another serves."""
    return _command_of(process)[-1:] == [_SUPERVISOR]


def is_worker(process: psutil.Process) -> bool:
    """A worker of a daemon."""
    return _WORKER in _command_of(process)


def is_ours(process: psutil.Process) -> bool:
    """A daemon or a worker."""
    return is_supervisor(process) or is_worker(process)


def _command_of(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return command
