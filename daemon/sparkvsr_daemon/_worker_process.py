"""The supervisor's side of the worker process: start, talk, log, end."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Final

import msgspec

from ._log import LOG, WORKER_LOG, job_log
from ._pipe import ABOUT_JOB, FromWorker, ToWorker, receive_from_worker, send
from .paths import Paths

_END_GRACE_S: Final = 2.0


class WorkerProcess:
    """One worker. It may die at any time; `events` then ends with None.

    Args:
        number: 0 for the first; each has temporary files of its own.
        device: the value of CUDA_VISIBLE_DEVICES for it; None leaves that as it is.
        wake: called from another thread whenever `events` has something new.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, paths: Paths, number: int, device: str | None, wake: Callable[[], None]
    ) -> None:
        self._scratch = paths.scratch / str(number)
        self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment = {"HF_HUB_OFFLINE": "1", "TMPDIR": str(self._scratch)}
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        self._wake = wake
        self._events: queue.SimpleQueue[FromWorker | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "sparkvsr_daemon.worker", str(paths.store)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._scratch,
            env=os.environ | environment,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: S101
        self._stdin = self._process.stdin
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=_log_lines, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        LOG.info("worker %d started", self.pid)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: ToWorker) -> None:
        """Tell it something; if it is gone, `events` says so."""
        with contextlib.suppress(OSError):
            send(self._stdin, message)

    def events(self) -> Iterator[FromWorker | None]:
        """What it has said since the last call; None once it is gone."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._events.get_nowait()

    def end(self) -> int:
        """Let it end, by force if need be; returns its exit status."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(_END_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self._reap()

    def kill(self) -> int:
        """End it at once; returns its exit status."""
        self._process.kill()
        with contextlib.suppress(OSError):
            self._stdin.close()
        return self._reap()

    def _reap(self) -> int:
        status = self._process.wait()
        for thread in self._threads:
            thread.join(1.0)  # a process that the worker started may still hold the pipe
        LOG.info("worker %d ended with status %d", self.pid, status)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return status

    def _read(self, stdout: IO[bytes]) -> None:
        with stdout:
            try:
                while (event := receive_from_worker(stdout)) is not None:
                    self._events.put(event)
                    self._wake()
            except msgspec.MsgspecError:
                LOG.exception("worker %d said something that cannot be understood", self.pid)
            self._events.put(None)
            self._wake()


def _log_lines(stderr: IO[bytes]) -> None:
    log = job_log("", WORKER_LOG)
    with stderr:
        for line in stderr:
            text = line.decode(errors="replace").rstrip()
            if text.startswith(ABOUT_JOB):
                log = job_log(text.removeprefix(ABOUT_JOB), WORKER_LOG)
            elif text:
                log.info("%s", text)
