"""The supervisor: one per user, one poll loop, no tensor library.

It serves clients, keeps the store and the queue, and owns the worker process that computes.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import time
from types import FrameType
from typing import Final

import zmq
from filelock import BaseFileLock, FileLock, Timeout

from ._admission import Admission
from ._crew import Crew
from ._desk import WindowDesk
from ._intake import Intake
from ._jobs import JobTable
from ._log import LOG, start_logging
from ._reporter import Reporter
from ._results import Results
from ._room import Room
from ._router import Router
from ._runner import Runner
from ._service import Service
from ._settings import load_settings
from ._wake import Wake
from .connection import remove_connection, write_connection
from .journal import Journal
from .paths import Paths, find_paths
from .store import Store

_IDLE_MS: Final = 1000
_BLOCKED_MS: Final = 10
_MESSAGES_A_TURN: Final = 32
_FAREWELL_MS: Final = 500
_LOCKS: Final[list[BaseFileLock]] = []
"""Held until the process is gone, so that whoever waits for them knows that it is."""


class Supervisor:
    """Everything that one running daemon consists of. `serve` runs until it is told to stop."""

    def __init__(self, paths: Paths) -> None:
        settings = load_settings(paths)
        self._paths = paths
        self._boot = secrets.token_hex(16)
        self._wake = Wake()
        self._idle_s = settings.daemon_idle_minutes * 60 or float("inf")
        self._idle_since = time.monotonic()
        shutil.rmtree(paths.scratch, ignore_errors=True)  # of workers that died with their daemon
        store = Store(paths.store)
        store.prepare()
        journal = self._journal = Journal(paths.journal)
        room = Room(store, _bytes(settings.store_gb), lambda job: jobs.forgotten(job))
        results = Results(journal, store, room)
        admission = Admission(store, room, settings.max_queued_jobs, settings.max_frames)
        jobs = JobTable(journal, results, admission)
        jobs.recover()
        self._router = Router()
        worker_idle_s = settings.worker_idle_minutes * 60 or float("inf")
        self._runner = Runner(
            journal,
            store,
            jobs,
            results,
            WindowDesk(journal, room, jobs),
            Crew(paths, settings.workers, worker_idle_s, self._wake.set),
            Reporter(lambda job, message: self._service.publish(job, message)),
            settings.cancel_grace_s,
        )
        client_bytes = _bytes(settings.client_gb) or room.cap
        self._intake = Intake(store, room, client_bytes, self._wake.set)
        self._service = Service(
            self._router,
            room,
            jobs,
            self._runner,
            results,
            self._intake,
            self._boot,
            paths.log_file,
        )
        self._departure = self._service.departure

    def serve(self) -> None:
        """Publish the connection, answer until told to stop, and leave nothing behind."""
        poller = zmq.Poller()
        self._router.register(poller)
        poller.register(self._wake.fileno(), zmq.POLLIN)
        write_connection(self._paths.connection_file, self._router.connection(self._boot))
        LOG.info("daemon %s serves", self._boot[:8])
        try:
            blocked = False
            while not self._departure.stopping:
                poller.poll(_BLOCKED_MS if blocked else self._patience_ms())
                self._wake.clear()
                self._router.admit()
                self._receive()
                self._runner.tick()
                blocked = self._service.pump()
                self._end_when_idle()
        finally:
            self._close()

    def stop(self, number: int, frame: FrameType | None) -> None:
        """As a signal handler: end at the next turn of the loop."""
        self._departure.stopping = True

    @property
    def signal_fileno(self) -> int:
        """For `signal.set_wakeup_fd`."""
        return self._wake.signal_fileno

    def _receive(self) -> None:
        for _ in range(_MESSAGES_A_TURN):
            received = self._router.receive()
            if received is None:
                return
            self._service.handle(*received)

    def _patience_ms(self) -> int:
        return round(min(_IDLE_MS, self._runner.seconds_to_deadline() * 1000))

    def _end_when_idle(self) -> None:
        self._departure.leave_if_idle()
        if self._service.clients or self._runner.busy:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since >= self._idle_s:
            LOG.info("nobody has needed the daemon for long")
            self._departure.stopping = True

    def _close(self) -> None:
        self._service.say_goodbye()
        self._runner.close()
        self._intake.close()
        self._journal.close()
        remove_connection(self._paths.connection_file, self._boot)
        self._router.close(_FAREWELL_MS)
        self._wake.close()
        LOG.info("daemon %s ended", self._boot[:8])


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * 1e9)


def run_supervisor() -> int:
    """Serve in this process until SIGTERM, SIGINT or `shutdown`; returns the exit code.

    If another daemon serves this user already, there is nothing to do, and that is no error.
    """
    paths = find_paths()
    paths.create()
    try:
        _LOCKS.append(FileLock(paths.lock_file, timeout=0).acquire().lock)
    except Timeout:
        return 0
    start_logging(paths.log_file)
    try:
        _LOCKS.append(FileLock(paths.store_lock_file, timeout=0).acquire().lock)
    except Timeout:
        LOG.error("a daemon of another session of yours uses the store; end that one first")
        return 1
    try:
        supervisor = Supervisor(paths)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, supervisor.stop)
        signal.set_wakeup_fd(supervisor.signal_fileno, warn_on_full_buffer=False)
        supervisor.serve()
    except Exception:
        LOG.exception("the daemon failed")
        return 1
    finally:
        signal.set_wakeup_fd(-1)
    return 0
