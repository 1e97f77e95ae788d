"""Rendering queued jobs, watched without a word of Resolve's: those are in the user's language."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import file_sizes, is_settled

from .cancelling import check_cancelled
from .desk import Desk

IDLE_S = 30.0
"""How long nothing may be rendering before the jobs are done."""
STUCK_S = 120.0
"""How long a render may run without getting on; single frames may take that long."""

_LOOK_S = 0.5
_STEP = 10  # percent
_STOP_S = 10.0


def run_jobs(desk: Desk, jobs: Sequence[str], files: Collection[Path], what: str) -> None:
    """Render jobs, until all of their files are there and do not grow any more.

    Whatever happens, Resolve does not render any more at the end, if it can be stopped.

    Args:
        what: is rendered, for people.

    Raises:
        CancelledError: the user wants to stop.
        BridgeError: a job failed, or nothing gets on.
    """
    check_cancelled(desk)
    try:
        desk.change(
            f"start to render {what}",
            lambda: desk.project.StartRendering(list(jobs), False),
            lambda: _has_begun(desk, jobs),
        )
        _watch(desk, jobs, files, what)
    except BaseException:
        _stop(desk)
        raise


def _watch(desk: Desk, jobs: Sequence[str], files: Collection[Path], what: str) -> None:
    project = desk.project
    told, moved = 0, desk.clock.now()
    before: object = None
    sizes = file_sizes(files)
    while True:
        check_cancelled(desk)
        desk.clock.sleep(_LOOK_S)
        # Nothing else is asked meanwhile: while it renders Resolve gives None.
        running = project.IsRenderingInProgress()
        states = [_status(desk, job) for job in jobs]
        percents = [int(state.get("CompletionPercentage") or 0) for state in states]
        sizes_before, sizes = sizes, file_sizes(files)
        if running is False:
            _check_failed(states, what)
            if all(percent == 100 for percent in percents) and is_settled(sizes_before, sizes):
                return
        percent = sum(percents) // len(percents)
        if percent >= told + _STEP:
            told = percent - percent % _STEP
            desk.say(f"Rendering {what}: {told} %")
        now = (percents, sizes)
        if now != before:
            before, moved = now, desk.clock.now()
        _check_moves(desk.clock.now() - moved, bool(running), what)


def _has_begun(desk: Desk, jobs: Sequence[str]) -> bool:
    """It runs, or has been so fast that it is over."""
    if desk.project.IsRenderingInProgress():
        return True
    states = [_status(desk, job) for job in jobs]
    return any(state.get("CompletionPercentage") or state.get("Error") for state in states)


def _status(desk: Desk, job: str) -> dict[str, Any]:
    return cast("dict[str, Any]", desk.project.GetRenderJobStatus(job) or {})


def _check_failed(states: Sequence[dict[str, Any]], what: str) -> None:
    for state in states:
        if state.get("Error"):
            raise BridgeError(
                f"Resolve could not render {what}: {str(state['Error']).rstrip('.')}.",
                "Mend what it says (often a full disk or media that is offline), then try again.",
            )


def _check_moves(seconds: float, running: bool, what: str) -> None:
    if running and seconds > STUCK_S:
        raise BridgeError(
            f"Resolve renders {what} and does not get on.",
            "See whether it renders anything on the Deliver page; if not, restart Resolve.",
        )
    if not running and seconds > IDLE_S:
        raise BridgeError(
            f"Resolve has stopped rendering {what} before all of it was there.",
            "Look at the Deliver page for what it says, then try again.",
        )


def _stop(desk: Desk) -> None:
    project = desk.project
    if project.IsRenderingInProgress() is False:
        return
    project.StopRendering()
    if not desk.wait_until(lambda: project.IsRenderingInProgress() is False, _STOP_S):
        desk.say("Resolve does not stop rendering. Stop it on the Deliver page, or restart it.")
