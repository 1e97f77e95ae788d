"""Previews: one at a time; of those that wait, only the newest of each job is worth its time."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil  # type: ignore[import-untyped]

from sparkvsr.errors import JobError
from sparkvsr.job import Job

from ._agent_rpc import LOG
from ._tickets import key_of

_NAME_DIGITS: Final = 16


class SupersededError(JobError):
    """A newer preview of the same job was asked for before this one began."""

    code = "superseded"


class Preview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One frame of a job; `guidance` in place of the job's."""

    job: Job
    frame: int
    guidance: float | None = None


class Previews:
    """Makes previews in one thread, into a folder of this process.

    Args:
        folder: for the folders of all agents; what dead ones left in it is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / str(os.getpid())
        self._waiting: dict[str, tuple[Preview, Future[dict[str, Any]]]] = {}
        self._change = threading.Condition()
        self._pictures: dict[str, Path] = {}
        self._worker: threading.Thread | None = None
        _sweep(folder)

    def ask(self, wanted: Preview) -> Future[dict[str, Any]]:
        """Queue a preview; one of the same output that has not begun fails with `superseded`."""
        answer: Future[dict[str, Any]] = Future()
        key = key_of(wanted.job.output)
        with self._change:
            before = self._waiting.pop(key, None)
            self._waiting[key] = (wanted, answer)
            self._change.notify()
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="previews", daemon=True)
                self._worker.start()
        if before is not None:
            before[1].set_exception(
                SupersededError(f"A newer preview than that of frame {before[0].frame} is wanted.")
            )
        return answer

    def close(self) -> None:
        """Remove all pictures. A preview that runs is left alone; nobody waits for it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting)
                key = next(iter(self._waiting))
                wanted, answer = self._waiting.pop(key)
            try:
                answer.set_result(self._make(key, wanted))
            except Exception as error:
                answer.set_exception(error)

    def _make(self, key: str, wanted: Preview) -> dict[str, Any]:
        from sparkvsr import preview  # loads the decoders

        from ._cli_running import DaemonWhenNeeded

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        suffix = ".exr" if wanted.job.output.lower().endswith(".exr") else ".png"
        part = self._folder / f"part{suffix}"
        try:
            done = preview(
                wanted.job,
                wanted.frame,
                part,
                DaemonWhenNeeded(),
                guidance=wanted.guidance,
                overwrite=True,
            )
            # A host keeps pictures by their names, so another picture needs another one.
            digest = hashlib.sha256(part.read_bytes()).hexdigest()[:_NAME_DIGITS]
            picture = part.replace(self._folder / f"{key[:8]}-{digest}{suffix}")
        finally:
            part.unlink(missing_ok=True)
        before = self._pictures.get(key, picture)
        if before != picture:
            before.unlink(missing_ok=True)
        self._pictures[key] = picture
        LOG.info("frame %d previewed in %.3f s", done.frame, done.seconds)
        return {
            "picture": str(picture),
            "frame": done.frame,
            "guidance": done.guidance,
            "trust": done.trust,
            "seconds": done.seconds,
        }


def _sweep(folder: Path) -> None:
    for left in folder.glob("[0-9]*"):
        if int(left.name) == os.getpid() or not psutil.pid_exists(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
