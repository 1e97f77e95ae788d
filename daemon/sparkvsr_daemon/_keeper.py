"""The worker's side of the windows of a job: files in the store, agreed on over the pipe."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sparkvsr.engines import device_count
from sparkvsr.errors import CancelledError
from sparkvsr.kept import PlanChoice
from sparkvsr.planner import Plan

from ._pipe import (
    JobPlanned,
    RestoreWindow,
    RunJob,
    WindowDamaged,
    WindowDropped,
    WindowStored,
    WindowWanted,
)
from .store import Store, plan_name

if TYPE_CHECKING:
    from .worker import Worker

Answers = queue.SimpleQueue[int | None]
_STOP_CHECK_S: Final = 0.05


class Keeper:
    """Implements `sparkvsr.kept.Keeper` for a job that this worker leads or helps with.

    Attributes:
        frames_stored: see `stored`.
    """

    def __init__(
        self,
        worker: Worker,
        store: Store,
        task: RunJob | RestoreWindow,
        answers: Answers,
        engine: str,
    ) -> None:
        self._leads = isinstance(task, RunJob)
        self.frames_stored = task.first if isinstance(task, RunJob) else 0
        self._worker = worker
        self._store = store
        self._job = task.job
        self._engine = engine
        self._choice = task.choice
        self._answers = answers

    def choice(self) -> PlanChoice | None:
        """Of an earlier start of the job."""
        return self._choice

    def planned(self, choice: PlanChoice, plan: Plan) -> None:
        """Tell the supervisor which windows there will be."""
        self._choice = choice
        needs = tuple(
            tuple(sorted({anchor.window for anchor in window.anchors})) for window in plan.windows
        )
        self._worker.send(
            JobPlanned(self._job, choice, needs, plan.order, device_count(self._engine))
        )

    def claim(self, wanted: int) -> int | None:
        """What to restore now for this window to be there; None when it is.

        Raises:
            CancelledError: the job is to stop; or this is only a helper, who leaves what is
                damaged to the leader.
        """
        if not self._leads:
            raise CancelledError(f"Window {wanted} is damaged.")
        self._worker.send(WindowWanted(self._job, wanted))
        while True:
            try:
                return self._answers.get(timeout=_STOP_CHECK_S)
            except queue.Empty:
                if self._worker.is_stopped():
                    raise CancelledError("The job was cancelled.") from None

    def path(self, position: int) -> Path:
        """Of a window's file, in a folder that is there."""
        path = self._store.window_path(self._job, plan_name(self._planned_with), position)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def kept(self, position: int, nbytes: int) -> None:
        """The file of a window is whole."""
        self._worker.send(WindowStored(self._job, self._planned_with, position, nbytes))

    def damaged(self, position: int) -> None:
        """The file of a window is not what was written."""
        self.path(position).unlink(missing_ok=True)
        self._worker.send(WindowDamaged(self._job, self._planned_with, position))

    def stored(self) -> int:
        """So many finished frames are safe."""
        return self.frames_stored

    def drop(self, position: int) -> None:
        """Nobody needs a window any more."""
        self.path(position).unlink(missing_ok=True)
        self._worker.send(WindowDropped(self._job, self._planned_with, position))

    def border(self) -> None:
        """Previews go first."""
        self._worker.border()

    @property
    def _planned_with(self) -> PlanChoice:
        assert self._choice is not None  # noqa: S101 - `planned` was called, or it helps
        return self._choice
