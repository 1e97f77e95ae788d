"""The worker process: runs one job at a time, from the store and to it.

Started by the supervisor as `python -m sparkvsr_daemon.worker STORE`; ends when its stdin closes.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
import traceback
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import KeyframePicture, Notice, Request, RestoredFrame
from sparkvsr.engines import resolve_engine
from sparkvsr.errors import EngineError, JobError
from sparkvsr.executor import run

from ._config import stored_config
from ._messages import Layout
from ._pipe import (
    CancelJob,
    FrameStored,
    FromWorker,
    JobFinished,
    JobStopped,
    WorkerNotice,
    receive_from_supervisor,
    send,
)
from .errors import to_wire
from .manifest import Manifest, parse_manifest
from .store import Store

_FRAMES_BEING_KEPT: Final = 2


class Worker:
    """Takes jobs from one pipe and reports on another."""

    def __init__(self, store: Store, inbox: BinaryIO, outbox: BinaryIO) -> None:
        self._store = store
        self._inbox = inbox
        self._outbox = outbox
        self._jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._cancelled: set[str] = set()
        self._sending = threading.Lock()

    def serve(self) -> None:
        """Run jobs until the supervisor is gone; never returns."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._run(self._jobs.get())

    def _listen(self) -> None:
        while (message := receive_from_supervisor(self._inbox)) is not None:
            if isinstance(message, CancelJob):
                self._cancelled.add(message.job)
            else:
                self._cancelled.discard(message.job)
                self._jobs.put(message.job)
        # Nobody is left to report to. Temporary files lie in a folder that the supervisor empties.
        os._exit(0)

    def _run(self, job: str) -> None:
        try:
            self._restore(job)
        except Exception as error:
            traceback.print_exc()
            self._send(JobStopped(job=job, **to_wire(error)))
        else:
            self._send(JobFinished(job))
        finally:
            self._cancelled.discard(job)

    def _restore(self, job: str) -> None:
        manifest = parse_manifest(self._store.blob_path(job).read_bytes())
        name, version, _ = resolve_engine(manifest.settings.engine)
        if version != manifest.engine_version:
            raise EngineError(
                f"The job was made for version {manifest.engine_version} of the {name} engine; "
                f"the daemon has version {version}.",
                "Restart the daemon: sparkvsr daemon stop.",
            )
        request = Request(
            shot=manifest.shot,
            keyframes=tuple(
                KeyframePicture(k.index, _picture(self._store, k.digest, k.layout, mapped=True))
                for k in manifest.keyframes
            ),
            settings=manifest.settings,
            depth=manifest.depth,
            color=stored_config(manifest.color, self._store),
            preview=manifest.preview,
        )

        def on_notice(notice: Notice) -> None:
            self._send(WorkerNotice(job, notice.kind, notice.text, notice.data))

        frames = run(
            request,
            _StoredSource(self._store, manifest),
            on_notice=on_notice,
            cancelled=lambda: job in self._cancelled,
        )
        with ThreadPoolExecutor(1, "keep") as pool:  # the disk must not hold up the engine
            kept: deque[Future[None]] = deque()
            for frame in frames:
                if len(kept) == _FRAMES_BEING_KEPT:
                    kept.popleft().result()
                kept.append(pool.submit(self._keep, job, manifest, frame))
            for last in kept:
                last.result()

    def _keep(self, job: str, manifest: Manifest, frame: RestoredFrame) -> None:
        layout, index, picture = manifest.result, frame.index, frame.picture
        if picture.shape != layout.shape or picture.dtype != np.dtype(layout.dtype):
            raise EngineError(
                f"The {manifest.settings.engine} engine gave index {index} as {picture.shape} "
                f"{picture.dtype}, not {layout.shape} {layout.dtype}."
            )
        place = index - manifest.results.start
        self._store.write_result(job, place, np.ascontiguousarray(picture).data.cast("B"))
        self._send(FrameStored(job, place, min(max(float(frame.trust), 0.0), 1.0)))

    def _send(self, message: FromWorker) -> None:
        with self._sending:
            send(self._outbox, message)


class _StoredSource:
    """Source frames out of the store; implements `ShotSource`."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest

    def at(self, index: int) -> NDArray[Any]:
        return _picture(self._store, self._manifest.frames[index], self._manifest.layout)

    def digest(self, index: int) -> str:
        return self._manifest.frames[index]


def _picture(store: Store, digest: str, layout: Layout, *, mapped: bool = False) -> NDArray[Any]:
    """A blob as H W 3. Keyframes are mapped: there may be more of them than memory."""
    path = store.blob_path(digest)
    if not path.is_file() or path.stat().st_size != layout.nbytes:
        raise JobError(f"Blob {digest[:12]} of the job is damaged or gone.", "Run the job again.")
    if mapped:
        return np.memmap(path, layout.dtype, "r", shape=layout.shape)
    return np.fromfile(path, layout.dtype).reshape(layout.shape)


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
