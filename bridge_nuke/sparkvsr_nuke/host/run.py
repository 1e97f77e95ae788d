"""Runs of nodes: one at a time for each, in a thread of its own, with an end that is told."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Optional

import nuke

from sparkvsr_link import LinkError, RestorationCancelledError
from sparkvsr_nuke.core import BridgeError, Phase, RunState

from .export import ExportCancelledError
from .main_thread import NukeQuitsError, on_main_thread
from .progress import Progress, WindowProgress
from .status import set_status
from .tree import as_limit


class RunCancelledError(Exception):
    """A person cancelled the run."""


class RunLeftError(Exception):
    """The script was closed: what the agent does goes on without this node."""


class Run:
    """One run: its phase, how far it is, and whether it is to end.

    Attributes:
        node: the SparkVSR node, alive or not.
        state: the phase and the progress.
        failed_in, why: the phase in which it failed, if it did, and a sentence about it.
    """

    def __init__(self, node: Any, progress: Progress) -> None:
        self.node = node
        self.state = RunState()
        self.progress = progress
        self.failed_in: Optional[Phase] = None
        self.why = ""
        self._cancelled = threading.Event()
        self._left = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def leave(self) -> None:
        self._left.set()

    @property
    def cancelled(self) -> bool:
        """Asked for here or in the progress window."""
        if self.progress.cancelled():
            self._cancelled.set()
        return self._cancelled.is_set()

    @property
    def left(self) -> bool:
        return self._left.is_set()

    def is_of(self, node: Any) -> bool:
        """Whether it is this node's, whatever that is called by now; on the main thread."""
        try:
            return bool(self.node.fullName() == node.fullName())
        except ValueError:  # deleted meanwhile
            return False

    def check(self) -> None:
        """To be called between any two steps.

        Raises:
            RunCancelledError, RunLeftError: this run is to end.
        """
        if self.left:
            raise RunLeftError
        if self.cancelled:
            raise RunCancelledError

    def enter(self, phase: Phase, total: int = 0) -> None:
        """Go on to a phase; `total` frames lie ahead, 0 where none are counted."""
        self.check()
        self.state.advance(phase, total)
        self.tell()

    def step(self, done: int) -> None:
        """So many frames of the phase are done."""
        self.state.progress(done)
        self.tell()

    def started(self, frames: int) -> None:
        """The agent restores so many frames, or another agent does so again."""
        self.state.advance(Phase.RUNNING, frames)
        self.tell()

    progressed = step

    def tell(self) -> None:
        self.progress.show(self.state.status(), self.state.percent())


Work = Callable[[Run], str]
"""Carries a run out, from any thread; gives a sentence about its end."""

_running: list[Run] = []  # the main thread's


def find_run(node: Any) -> Optional[Run]:
    """The run of a node that has not ended; on the main thread."""
    return next((run for run in _running if run.is_of(node)), None)


def all_runs() -> list[Run]:
    return list(_running)


def start(node: Any, work: Work) -> Run:
    """Begin a run in a thread of its own, with a progress window; on the main thread.

    Raises:
        BridgeError: the node is busy.
    """
    if find_run(node) is not None:
        raise BridgeError(f"{node.name()} is busy.", "Wait until it has finished, or press Cancel.")
    run = Run(node, WindowProgress(node))
    _running.append(run)

    def carry_out() -> None:
        failure = finish(run, work)
        run.progress.close()
        with suppress(RuntimeError):  # Nuke quits, or lets no node be reached any more
            on_main_thread(lambda: _tell_end(run, failure))

    threading.Thread(target=carry_out, name=f"sparkvsr-{node.name()}", daemon=True).start()
    return run


def finish(run: Run, work: Work) -> Optional[Exception]:
    """Carry a run out to its end; what made it fail.

    None when it succeeded, was cancelled or left: what fails in a closed script is no news.
    """
    try:
        run.state.advance(Phase.DONE, why=work(run))
    except (RunCancelledError, RestorationCancelledError, ExportCancelledError):
        run.state.advance(Phase.CANCELLED)
    except (RunLeftError, NukeQuitsError):
        pass
    except Exception as error:
        if run.left:
            return None
        run.failed_in = run.state.phase
        error = as_limit(error) or error
        if isinstance(error, (BridgeError, LinkError)):
            run.why = error.message
        else:
            traceback.print_exc()
            run.why = f"{type(error).__name__}: {error}"
        run.state.advance(Phase.FAILED, why=run.why)
        return error
    return None


def _tell_end(run: Run, failure: Optional[Exception]) -> None:
    """The last status; a failure in a dialog, too, for the artist may look elsewhere by now."""
    _running.remove(run)
    if failure is not None:
        hint = getattr(failure, "hint", "") or "The script editor has the details; report them."
        nuke.message(f"{run.why}\n\n{hint}")
    set_status(run.node, run.state.status())
