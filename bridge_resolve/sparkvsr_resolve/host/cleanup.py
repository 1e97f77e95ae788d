"""What a run that ended too early has left in Resolve and on the disk: find it, and take it away.

Nothing is touched that has no name of ours, but for the user's own state, which is put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    Capabilities,
    ScriptLock,
    Snapshot,
    VersionFolder,
    is_temporary,
    list_versions,
    remove_version,
)

from .desk import Desk
from .render_job import delete_jobs, our_jobs
from .render_settings import delete_preset, preset_names
from .timelines import all_timelines, make_current
from .user_state import delete_timeline, put_back


@dataclass(frozen=True)
class Leftovers:
    """What was found.

    Attributes:
        snapshot: what the user had when the run began; None when no run was left.
        same_project: its project is the open one, so that it can be put back.
        timelines, presets: names.
        jobs: ids, of the render queue.
        folder: with pictures that nothing was made of.
    """

    snapshot: Optional[Snapshot]
    same_project: bool
    timelines: tuple[str, ...]
    presets: tuple[str, ...]
    jobs: tuple[str, ...]
    folder: Optional[VersionFolder]

    @property
    def any(self) -> bool:
        return bool(self.snapshot or self.timelines or self.presets or self.jobs)

    def describe(self) -> tuple[str, ...]:
        """What there is, a line each, for a person who is asked whether it may go."""
        lines = [f"Timeline {name}" for name in self.timelines]
        lines += [f"Render preset {name}" for name in self.presets]
        lines += [f"{len(self.jobs)} jobs in the render queue"] if self.jobs else []
        lines += [f"Pictures in {self.folder.path}"] if self.folder else []
        if self.snapshot:
            lines.append(_of_run(self.snapshot, self.same_project))
        return tuple(lines)


def find_leftovers(desk: Desk, lock: ScriptLock) -> Leftovers:
    """Look for all that was left; changes nothing.

    Args:
        lock: of this process, so that no other one is at work on it.

    Raises:
        BridgeError: the crash file is damaged, or Resolve does not tell.
    """
    snapshot = lock.leftover()
    names = [str(desk.asked("its timelines", found.GetName)) for found in all_timelines(desk)]
    project = desk.asked("the project", desk.project.GetUniqueId)
    return Leftovers(
        snapshot,
        snapshot is not None and snapshot.project == project,
        tuple(name for name in names if is_temporary(name)),
        tuple(name for name in preset_names(desk) if is_temporary(name)),
        tuple(our_jobs(desk)),
        _unused_folder(snapshot),
    )


def remove_leftovers(
    desk: Desk, lock: ScriptLock, abilities: Capabilities, left: Leftovers
) -> tuple[str, ...]:
    """Put back what the user had, and remove what was found.

    The crash file goes when all of it is done; it stays when its project is not the open one.

    Returns:
        What could not be done, a clause each.
    """
    problems: list[str] = []
    if left.snapshot and left.same_project:
        problems += put_back(desk, left.snapshot, abilities)
    problems += _remove_named(desk)
    if left.snapshot and not left.same_project:
        problems.append("what the user had is in another project: open it, then clean up again")
    if not problems:
        if left.folder:
            remove_version(left.folder)
        lock.clear()
    return tuple(problems)


def _remove_named(desk: Desk) -> list[str]:
    problems = []
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("temporary render jobs", lambda: delete_jobs(desk)),
        ("temporary render presets", lambda: _delete_presets(desk)),
        ("temporary timelines", lambda: _delete_timelines(desk)),
    )
    for what, step in steps:
        try:
            step()
        except BridgeError as error:
            problems.append(f"{what} ({error.message.rstrip('.')})")
    return problems


def _delete_presets(desk: Desk) -> None:
    for name in preset_names(desk):
        if is_temporary(name):
            delete_preset(desk, name)


def _delete_timelines(desk: Desk) -> None:
    """The one that is shown cannot be deleted: another one is shown before."""
    by_name = {desk.asked("its timelines", found.GetName): found for found in all_timelines(desk)}
    ours = [name for name in by_name if is_temporary(name)]
    if ours and desk.timeline.GetName() in ours:
        users = [found for name, found in by_name.items() if name not in ours]
        if not users:
            raise BridgeError("there is no other timeline that could be opened instead")
        make_current(desk, users[0])
    for name in ours:
        delete_timeline(desk, name)


def _unused_folder(snapshot: Optional[Snapshot]) -> Optional[VersionFolder]:
    """The folder that the run was filling, unless it holds a result or is no folder of ours."""
    if snapshot is None or not snapshot.work_folder:
        return None
    path = Path(snapshot.work_folder)
    version = next((found for found in list_versions(path.parent) if found.path == path), None)
    if version is None or any(version.movie.parent.glob("*")):
        return None
    return version


def _of_run(snapshot: Snapshot, same_project: bool) -> str:
    text = f"A run of {snapshot.started} that ended while it was at: {snapshot.phase or 'start'}"
    if same_project:
        return f"{text}; page, timeline, playhead, marks and render settings are put back"
    return f"{text}, in another project"
