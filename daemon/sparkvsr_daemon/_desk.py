"""Hands out the windows of running jobs to their leaders and helpers, and journals what is done."""

from __future__ import annotations

from dataclasses import dataclass, field

from sparkvsr.errors import CancelledError
from sparkvsr.kept import PlanChoice

from ._board import WindowBoard
from ._crew import Hand
from ._job import Job
from ._jobs import JobTable
from ._log import job_log
from ._pipe import (
    Claimed,
    HelpEnded,
    JobPlanned,
    RestoreWindow,
    WindowDamaged,
    WindowDropped,
    WindowStored,
    WindowWanted,
)
from ._room import Item, Room
from .journal import Journal


@dataclass
class _Planned:
    """A running job's windows.

    Attributes:
        leader, wanted: who cannot go on without which window.
        refused: helpers that cannot restore windows of this job.
    """

    job: Job
    choice: PlanChoice
    board: WindowBoard
    sizes: dict[int, int]
    leader: Hand
    wanted: int | None = None
    refused: set[int] = field(default_factory=set)


class WindowDesk:
    """All boards."""

    def __init__(self, journal: Journal, room: Room, jobs: JobTable) -> None:
        self._journal, self._room, self._jobs = journal, room, jobs
        self._planned: dict[str, _Planned] = {}

    def plan(
        self, leader: Hand, job: Job, event: JobPlanned, helping: list[tuple[Hand, RestoreWindow]]
    ) -> None:
        """A leader has planned its job.

        Args:
            helping: what workers are at, perhaps since an earlier leader's time.
        """
        known = self._journal.windows(job.id, event.choice)
        sizes = {position: size for position, size in known.items() if size is not None}
        claims = {
            task.position: hand
            for hand, task in helping
            if (task.job, task.choice) == (job.id, event.choice)
        }
        board = WindowBoard(event.needs, event.order, sizes, known.keys() - sizes.keys(), claims)
        self._planned[job.id] = _Planned(job, event.choice, board, sizes, leader)
        job.choice, job.windows, job.windows_kept = event.choice, len(event.needs), board.done
        self._journal.save(job)

    def want(self, leader: Hand, event: WindowWanted) -> None:
        """A leader cannot go on without a window; `answer` tells it what to do."""
        planned = self._planned.get(event.job)
        if planned is not None and planned.leader is leader:
            planned.wanted = event.position

    def keep(self, job: Job, event: WindowStored) -> None:
        """A restored window is in the store."""
        is_new = self._journal.add_window(job.id, event.choice, event.position, event.nbytes)
        self._room.grow(Item("job", job.id), event.nbytes)
        job.windows_restored += 1
        job.windows_repeated += not is_new
        if (planned := self._of(job, event)) is not None:
            planned.board.keep(event.position)
            planned.sizes[event.position] = event.nbytes
            job.windows_kept = planned.board.done
        self._jobs.got_on(job)
        self._journal.save(job)

    def lose(self, job: Job, event: WindowDamaged | WindowDropped) -> None:
        """A restored window has left the store: it was damaged, or nobody needs it any more."""
        planned = self._of(job, event)
        if planned is not None:
            nbytes = planned.sizes.pop(event.position, 0)
            self._room.grow(Item("job", job.id), -nbytes)
        if isinstance(event, WindowDropped):
            self._journal.drop_window(job.id, event.choice, event.position)
            if planned is not None:
                planned.board.drop(event.position)
        else:
            job_log(job.id).warning("window %d is damaged: it is restored again", event.position)
            self._journal.lose_window(job.id, event.choice, event.position)
            if planned is not None:
                planned.board.lose(event.position)

    def helped(self, hand: Hand, job: Job, event: HelpEnded) -> None:
        """A helper is done; one that failed is not asked again for this job."""
        planned = self._planned.get(job.id)
        if planned is not None:
            planned.board.release(hand)
            if event.code not in ("", CancelledError.code):
                job_log(job.id).warning("worker %d cannot help: %s", hand.process.pid, event.code)
                planned.refused.add(hand.number)

    def answer(self) -> None:
        """Tell every leader that waits what to do, as far as there is something."""
        for planned in self._planned.values():
            wanted = planned.wanted
            if wanted is None:
                continue
            todo = None
            if not planned.board.is_kept(wanted):
                todo = planned.board.claim(wanted, planned.leader)
                if todo is None:
                    continue
            planned.wanted = None
            planned.leader.send(Claimed(planned.job.id, todo))

    def help(self, hand: Hand) -> RestoreWindow | None:
        """A window for an idle worker, claimed for it."""
        for planned in self._planned.values():
            if planned.leader is hand or hand.number in planned.refused:
                continue
            position = planned.board.help(hand)
            if position is not None:
                return RestoreWindow(planned.job.id, planned.choice, position)
        return None

    @property
    def can_be_helped(self) -> bool:
        """There are windows that one more worker could restore now."""
        return any(planned.board.has_work for planned in self._planned.values())

    def gone(self, hand: Hand) -> None:
        """A worker is gone, with what it was restoring."""
        for planned in self._planned.values():
            planned.board.release(hand)

    def close(self, job: Job) -> None:
        """A job does not run any more."""
        self._planned.pop(job.id, None)

    def _of(self, job: Job, event: WindowStored | WindowDamaged | WindowDropped) -> _Planned | None:
        planned = self._planned.get(job.id)
        return planned if planned and planned.choice == event.choice else None
