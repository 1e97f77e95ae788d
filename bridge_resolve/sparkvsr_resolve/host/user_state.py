"""What the user had in Resolve before a script began, and all of it back afterwards.

The same way back is taken at the end of a run and after a crash: each step looks at what there is,
changes only what differs, and does not keep the others from being taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, ScriptLock, Snapshot, temporary_name

from . import render_settings
from .cancelling import check_cancelled
from .desk import Desk
from .pages import WITH_PLAYHEAD, open_page
from .playhead import read_marks, read_playhead, restore_marks, restore_playhead
from .render_job import delete_jobs
from .timelines import make_current, timeline_named, timeline_of_id

if TYPE_CHECKING:
    from fusionscript import Folder

WORK_PAGE = "edit"
"""Where timelines are worked on: Color answers late for grades, Fairlight deletes no clips."""

_LATE_JUMP_S = 1.0  # the playhead moves once more, half a second after a render


Step = tuple[str, Callable[[], None]]
"""What is put back, for people, and how."""


class UserState:
    """What is to be put back, on the disk before anything is changed; made by `preserved`."""

    def __init__(self, desk: Desk, lock: ScriptLock, snapshot: Snapshot) -> None:
        self._desk, self._lock = desk, lock
        self.snapshot = snapshot

    def note(self, **facts: Any) -> None:
        """Remember more of it: fields of `Snapshot`.

        Raises:
            BridgeError: it cannot be written.
        """
        self.snapshot = replace(self.snapshot, **facts)
        self._lock.write(self.snapshot)

    def enter(self, phase: str) -> None:
        """Tell the user, and a clean-up after a crash, what is being done next.

        Raises:
            CancelledError: nothing, since the user wants to stop.
        """
        check_cancelled(self._desk)
        self.note(phase=phase)
        self._desk.say(phase)


@contextmanager
def preserved(
    desk: Desk, lock: ScriptLock, abilities: Capabilities, work_folder: Path
) -> Iterator[UserState]:
    """Everything of the user's is as before at the end, whatever happens within.

    Within, the Edit page is shown, render settings may be changed, and there may be a timeline and
    render jobs of the names in the snapshot. What could not be put back is said in one sentence,
    and the crash file then stays for the next start.

    Args:
        lock: of this process.
        work_folder: where pictures are put; a clean-up after a crash removes it.

    Raises:
        BridgeError: a run before has left something, Resolve renders, or does not tell its state.
    """
    if lock.leftover() is not None:
        raise BridgeError(
            "A run of SparkVSR that ended too early has left something in Resolve.",
            "Clean it up first, with the script `Clean up`.",
        )
    state = UserState(desk, lock, _take(desk, abilities, work_folder))
    try:
        state.enter("Preparing Resolve")
        _read_more(desk, state)
        yield state
    finally:
        problems = put_back(desk, state.snapshot, abilities)
        if problems:
            desk.say(incomplete(problems))
        else:
            lock.clear()


def incomplete(problems: tuple[str, ...]) -> str:
    """One sentence for people about what is not as before."""
    return (
        f"Not everything in Resolve is as it was: {'; '.join(problems)}. "
        "Run the script `Clean up` to try again."
    )


def put_back(desk: Desk, snapshot: Snapshot, abilities: Capabilities) -> tuple[str, ...]:
    """Put everything back as a snapshot says; its project must be open.

    Returns:
        What could not be put back, a clause each.
    """
    playhead_page = snapshot.page if snapshot.page in WITH_PLAYHEAD else WORK_PAGE
    steps: tuple[Step, ...] = (
        ("the temporary render jobs", lambda: delete_jobs(desk)),
        ("the render settings", lambda: render_settings.restore(desk, snapshot)),
        # Not on Deliver, which changes the marks of the timeline that it opens on.
        ("the page", lambda: open_page(desk, WORK_PAGE)),
        ("the current timeline", lambda: _open_timeline(desk, snapshot.timeline)),
        ("the temporary timeline", lambda: delete_timeline(desk, snapshot.temp_timeline)),
        ("the current bin", lambda: _open_folder(desk, snapshot.pool_folder)),
        ("the page", lambda: open_page(desk, playhead_page)),
        ("the playhead", lambda: _wait_and_seek(desk, snapshot.playhead)),
        ("the marks", lambda: restore_marks(desk, abilities, snapshot.marks)),
        ("the page", lambda: open_page(desk, snapshot.page)),
    )
    problems = _take_steps(desk, steps)
    # What failed for once is tried again; steps that were taken find nothing to do.
    return _take_steps(desk, steps) if problems else ()


def _take_steps(desk: Desk, steps: tuple[Step, ...]) -> tuple[str, ...]:
    problems: list[str] = []
    for what, step in steps:
        try:
            desk.gate()
        except BridgeError as error:  # nothing can be written: do not wait at each step
            return (*problems, _clause("nothing more could be put back", error))
        try:
            step()
        except Exception as error:  # whatever it is, the other steps are taken
            problems.append(_clause(what, error))
    return tuple(problems)


def delete_timeline(desk: Desk, name: str) -> None:
    """Delete a timeline that is not the current one, if it is there.

    Raises:
        BridgeError: Resolve does not.
    """
    timeline = timeline_named(desk, name)
    if timeline is not None:
        desk.change(
            f"delete the timeline {name}",
            lambda: desk.pool.DeleteTimelines([timeline]),
            lambda: timeline_named(desk, name) is None,
        )


def _take(desk: Desk, abilities: Capabilities, work_folder: Path) -> Snapshot:
    desk.gate()
    project, timeline = desk.project, desk.timeline
    if project.IsRenderingInProgress():
        raise BridgeError("Resolve is rendering.", "Wait until it has finished, then try again.")
    page = desk.asked("the page", desk.resolve.GetCurrentPage)
    rendered = desk.asked("its render format", project.GetCurrentRenderFormatAndCodec)
    folder = desk.asked("the current bin", desk.pool.GetCurrentFolder)
    return Snapshot(
        project=desk.asked("the project", project.GetUniqueId),
        timeline=desk.asked("the timeline", timeline.GetUniqueId),
        page=page,
        playhead=read_playhead(desk) if page in WITH_PLAYHEAD else "",
        marks=read_marks(desk, abilities),
        pool_folder=desk.asked("the current bin", folder.GetUniqueId),
        render_format=rendered["format"],
        render_codec=rendered["codec"],
        preset=temporary_name("settings"),
        temp_timeline=temporary_name("timeline"),
        work_folder=str(work_folder),
    )


def _read_more(desk: Desk, state: UserState) -> None:
    """What can only be read after a change of page."""
    open_page(desk, WORK_PAGE)
    if not state.snapshot.playhead:
        state.note(playhead=read_playhead(desk))


def _open_timeline(desk: Desk, uid: str) -> None:
    timeline = timeline_of_id(desk, uid)
    if timeline is None:
        raise BridgeError("it was deleted")
    make_current(desk, timeline)


def _open_folder(desk: Desk, uid: str) -> None:
    """Show a bin in the media pool; one that was deleted meanwhile is nobody's loss."""
    if desk.asked("the current bin", desk.pool.GetCurrentFolder).GetUniqueId() == uid:
        return
    folder = _find_folder(desk.asked("its bins", desk.pool.GetRootFolder), uid)
    if folder is not None:
        desk.change(
            "open the bin",
            lambda: desk.pool.SetCurrentFolder(folder),
            lambda: desk.pool.GetCurrentFolder().GetUniqueId() == uid,
        )


def _find_folder(folder: Folder, uid: str) -> Optional[Folder]:
    if folder.GetUniqueId() == uid:
        return folder
    inner = (_find_folder(found, uid) for found in folder.GetSubFolderList() or ())
    return next((found for found in inner if found is not None), None)


def _wait_and_seek(desk: Desk, timecode: str) -> None:
    desk.clock.sleep(_LATE_JUMP_S)
    restore_playhead(desk, timecode)


def _clause(what: str, error: Exception) -> str:
    text = error.message if isinstance(error, BridgeError) else f"{type(error).__name__}: {error}"
    return f"{what} ({text.rstrip('.')})"
