"""Installing, updating, and going back. Any of it may be killed and run again."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from .bridges import put_into_nuke, put_into_resolve, put_lead
from .environment import Environment
from .files import empty_trash, one_at_a_time
from .gpu import look_at_torch, torch_note
from .installation import Installation
from .lines import ForeignFileError
from .making import make_version
from .placed import Placed
from .plan import Plan
from .running import start_agent_once, tell
from .steps import step
from .version import Record, remove_version


def install(plan: Plan, checkout: Environment | None = None) -> tuple[Record, list[str]]:
    """Do what a plan says; gives the version that hosts use now, and notes for the person.

    Hosts see the old version or the new one, never a mixture: the new one gets its name in
    `install.json` when all of it is in place and its agent has answered.

    Args:
        checkout: the environment of the plan's source, if hosts are to use that as it stands.

    Raises:
        StepError: with one sentence; hosts use what they used before.
        ForeignFileError: it is not known any more what was put where.
        OSError: a file of the installation cannot be written.
    """
    installation = plan.installation
    installation.make(shared=plan.wishes.shared is not None)
    with one_at_a_time(installation.lock):
        Placed.read(installation)  # if it is damaged, better now than later
        empty_trash(installation.versions)
        record = _use_checkout(plan, checkout) if checkout else make_version(plan)
        record, notes = _use(installation, record)
        notes += _put_into_hosts(plan)
        for folder in plan.obsolete():
            with step(f"Removing {folder}"):
                notes += remove_version(folder)
        with step("Looking at PyTorch"):
            note = torch_note(plan.gpu, look_at_torch(Path(record.python)))
        notes += filter(None, [note, _others_may_write(installation)])
        return record, notes


def roll_back(installation: Installation) -> tuple[Record, list[str]]:
    """Let hosts use the version before; gives it, and notes for the person.

    Raises:
        StepError: there is none, or it does not work any more.
    """
    installation.previous()  # without one, nothing is touched
    with one_at_a_time(installation.lock):
        before = installation.previous()
        start_agent_once(before, private=installation.private)
        return _use(installation, before)


def _use_checkout(plan: Plan, environment: Environment) -> Record:
    source = plan.source
    record = Record.of(source.root, environment.python, source.version, plan.torch_index)
    start_agent_once(record, private=True)
    return record


def _use(installation: Installation, record: Record) -> tuple[Record, list[str]]:
    """Flip, then let this user's daemon and log-in service follow; gives the record and notes."""
    record = installation.use(record)
    # Also when it is the same as before: the run that flipped may have been killed before this.
    older = record.previous if installation.private else None
    if older is None or not Path(older.python).exists():
        return record, []
    with step("Asking the daemon to leave when it is idle"):
        return record, [
            *tell(installation, older, "daemon", "stop", "--when-idle"),
            *tell(installation, record, "daemon", "service", "refresh"),
        ]


def _put_into_hosts(plan: Plan) -> list[str]:
    """Each host by itself: what cannot be put into one does not keep it out of the other."""
    placed = Placed.read(plan.installation)
    todo: list[tuple[str, Callable[[], None]]] = [
        (
            f"Writing {plan.installation.nuke}",
            lambda: put_lead(placed, plan.installation, plan.source.root),
        )
    ]
    if "nuke" in plan.hosts:
        todo.append(
            (f"Writing {plan.init}", lambda: put_into_nuke(placed, plan.installation, plan.init))
        )
    if "resolve" in plan.hosts or plan.wishes.shared:
        todo.append(
            (
                f"Writing into {plan.scripts}",
                lambda: put_into_resolve(placed, plan.installation, plan.scripts),
            )
        )
    notes = []
    for text, put in todo:
        try:
            with step(text):
                put()
        except ForeignFileError as error:
            notes += str(error).splitlines()
        except OSError as error:
            notes.append(
                f"{error.filename or text} cannot be written ({error.strerror}): make it and its "
                "folder writable, and run this again."
            )
    return notes


def _others_may_write(installation: Installation) -> str:
    """A note when anybody could change what all users run."""
    if installation.private or os.name != "posix":
        return ""
    for folder in (installation.folder, *installation.folder.parents):
        mode = folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return (
                f"Everybody may write to {folder}, and so change what all artists run: forbid it."
            )
    return ""
