"""The worker process: leads jobs, and helps with windows of others, from the store and to it.

Started by the supervisor as `python -m sparkvsr_daemon.worker STORE`; ends when its stdin closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
import traceback
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sparkvsr.backend import Notice, Request, RestoredFrame
from sparkvsr.engines import resolve_engine
from sparkvsr.errors import EngineError
from sparkvsr.executor import restore_window, run

from ._config import stored_config
from ._keeper import Answers, Keeper
from ._pipe import (
    ABOUT_JOB,
    Claimed,
    FrameStored,
    FromWorker,
    HelpEnded,
    JobFinished,
    JobStarted,
    JobStopped,
    RestoreWindow,
    RunJob,
    StopJob,
    WorkerNotice,
    receive_from_supervisor,
    send,
)
from ._stored_source import StoredSource
from .errors import to_wire
from .manifest import Manifest, parse_manifest
from .store import Store

_FRAMES_BEING_KEPT: Final = 2


class Worker:
    """Takes work from one pipe and reports on another."""

    def __init__(self, store: Store, inbox: BinaryIO, outbox: BinaryIO) -> None:
        self._store = store
        self._inbox = inbox
        self._outbox = outbox
        self._todo: queue.SimpleQueue[tuple[RunJob | RestoreWindow, Answers]] = queue.SimpleQueue()
        self._answers: dict[str, Answers] = {}
        self._stopped: set[str] = set()
        self._stack: list[str] = []
        self._sending = threading.Lock()

    def serve(self) -> None:
        """Work until the supervisor is gone; never returns."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._do(*self._todo.get())

    def border(self) -> None:
        """Do what has come in the meantime; called between two windows of a job."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._do(*self._todo.get_nowait())

    def send(self, message: FromWorker) -> None:
        """Tell the supervisor something; from any thread."""
        with self._sending:
            send(self._outbox, message)

    def is_stopped(self) -> bool:
        """What runs now is to stop, or something that it interrupted is."""
        return not self._stopped.isdisjoint(self._stack)

    def _listen(self) -> None:
        while (message := receive_from_supervisor(self._inbox)) is not None:
            if isinstance(message, StopJob):
                self._stopped.add(message.job)
            elif isinstance(message, Claimed):
                self._answers[message.job].put(message.position)
            else:
                self._stopped.discard(message.job)
                answers = self._answers[message.job] = queue.SimpleQueue()
                self._todo.put((message, answers))
        # Nobody is left to report to. Temporary files lie in a folder that the supervisor empties.
        os._exit(0)

    def _do(self, task: RunJob | RestoreWindow, answers: Answers) -> None:
        self._stack.append(task.job)
        _tell_log(task.job)
        try:
            manifest = parse_manifest(self._store.blob_path(task.job).read_bytes())
            if isinstance(task, RunJob):
                self._lead(task, manifest, answers)
            else:
                self._help(task, manifest, answers)
        except Exception as error:
            traceback.print_exc()
            said = to_wire(error)
            if isinstance(task, RunJob):
                self.send(JobStopped(job=task.job, **said))
            else:
                self.send(HelpEnded(task.job, task.position, said["code"]))
        finally:
            self._stack.pop()
            _tell_log(self._stack[-1] if self._stack else "")

    def _lead(self, task: RunJob, manifest: Manifest, answers: Answers) -> None:
        self.send(JobStarted(task.job))
        request, source = self._opened(manifest)
        preview = manifest.preview is not None
        keeper = (
            None if preview else Keeper(self, self._store, task, answers, manifest.settings.engine)
        )

        def on_notice(notice: Notice) -> None:
            self.send(WorkerNotice(task.job, notice.kind, notice.text, notice.data))

        frames = run(
            request,
            source,
            on_notice=on_notice,
            cancelled=self.is_stopped,
            first=task.first,
            keeper=keeper,
        )
        with ThreadPoolExecutor(1, "keep") as pool:  # the disk must not hold up the engine
            kept: deque[Future[None]] = deque()

            def wait_for_one() -> None:
                kept.popleft().result()
                if keeper is not None:
                    keeper.frames_stored += 1

            for frame in frames:
                if len(kept) == _FRAMES_BEING_KEPT:
                    wait_for_one()
                kept.append(pool.submit(self._keep, task.job, manifest, frame))
            while kept:
                wait_for_one()
        self.send(JobFinished(task.job))

    def _help(self, task: RestoreWindow, manifest: Manifest, answers: Answers) -> None:
        request, source = self._opened(manifest)
        keeper = Keeper(self, self._store, task, answers, manifest.settings.engine)
        restore_window(
            request, source, task.choice, task.position, keeper, cancelled=self.is_stopped
        )
        self.send(HelpEnded(task.job, task.position))

    def _opened(self, manifest: Manifest) -> tuple[Request, StoredSource]:
        name, version, _ = resolve_engine(manifest.settings.engine)
        if version != manifest.engine_version:
            raise EngineError(
                f"The job was made for version {manifest.engine_version} of the {name} engine; "
                f"the daemon has version {version}.",
                "Restart the daemon: sparkvsr daemon stop.",
            )
        source = StoredSource(self._store, manifest)
        request = Request(
            shot=manifest.shot,
            keyframes=tuple(source.keyframe(k) for k in manifest.keyframes),
            settings=manifest.settings,
            depth=manifest.depth,
            color=stored_config(manifest.color, self._store),
            preview=manifest.preview,
        )
        return request, source

    def _keep(self, job: str, manifest: Manifest, frame: RestoredFrame) -> None:
        layout, index, picture = manifest.result, frame.index, frame.picture
        if picture.shape != layout.shape or picture.dtype != np.dtype(layout.dtype):
            raise EngineError(
                f"The {manifest.settings.engine} engine gave index {index} as {picture.shape} "
                f"{picture.dtype}, not {layout.shape} {layout.dtype}."
            )
        place = index - manifest.results.start
        data = np.ascontiguousarray(picture).data.cast("B")
        self._store.write_result(job, place, data)
        trust = min(max(float(frame.trust), 0.0), 1.0)
        self.send(FrameStored(job, place, trust, zlib.crc32(data)))


def _tell_log(job: str) -> None:
    """Say which job the lines on stderr are about from now on."""
    sys.stderr.write(f"\n{ABOUT_JOB}{job}\n")
    sys.stderr.flush()


def _die_with_supervisor() -> None:
    """Ask Linux to end this process with its parent, even if native code hangs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    """Entry of the process."""
    faulthandler.enable()
    _die_with_supervisor()
    inbox = os.fdopen(os.dup(0), "rb")
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not break the pipe
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the supervisor's
    Worker(Store(Path(sys.argv[1])), inbox, outbox).serve()


if __name__ == "__main__":
    main()
