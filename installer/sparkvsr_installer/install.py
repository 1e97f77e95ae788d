"""Installing, updating, and going back. Any of it may be killed and run again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sparkvsr_link import Link, LinkError

from .bridges import put_into_nuke, put_into_resolve, put_lead
from .bundle import check_wheels
from .environment import Environment
from .files import (
    copy_tree,
    empty_trash,
    is_trash,
    one_at_a_time,
    remove_tree,
    tree_digests,
    write_whole,
)
from .gpu import look_at_torch, torch_note
from .installation import COPIED, Installation, Record, Version
from .placed import ForeignFileError, Placed
from .plan import Plan
from .steps import StepError, clean_environ, run, step

_PATIENCE_S: Final = 120.0  # a cold disk, a virus scanner
_DAEMON_S: Final = 60.0


def install(plan: Plan) -> tuple[Record, list[str]]:
    """Do what a plan says; gives the version that hosts use now, and notes for the person.

    Hosts see the old version or the new one, never a mixture: the new one gets its name in
    `install.json` when all of it is in place and its agent has answered.

    Raises:
        StepError: with one sentence; hosts use what they used before.
        ForeignFileError: it is not known any more what was put where.
        OSError: a file of the installation cannot be written.
    """
    installation = plan.installation
    private = plan.wishes.shared is None
    with one_at_a_time(installation.lock, private=private):
        Placed.read(installation)  # if it is damaged, better now than later
        empty_trash(installation.versions)
        record = _build(plan)
        notes = _use(installation, record, private=private)
        notes += _put_into_hosts(plan)
        for folder in plan.obsolete():
            with step(f"Removing {folder}"):
                notes += Version(folder).remove()
        note = torch_note(plan.gpu, look_at_torch(Path(record.python)))
        return record, [*notes, *filter(None, [note])]


def develop(installation: Installation, root: Path, environment: Environment, version: str) -> None:
    """Let hosts use a checkout as it stands, with its own `.venv`, for who works on SparkVSR.

    Raises:
        StepError: its agent does not answer.
        OSError: `install.json` cannot be written.
    """
    with one_at_a_time(installation.lock):
        record = Record.of(root, environment.python, version)
        _start_agent_once(record)
        _use(installation, record)


def roll_back(installation: Installation, *, private: bool = True) -> tuple[Record, list[str]]:
    """Let hosts use the version before; gives it, and notes for the person.

    Args:
        private: it is this user's alone.

    Raises:
        StepError: there is none, or it does not work any more.
    """
    installation.previous()  # without one, nothing is touched
    with one_at_a_time(installation.lock):
        before = installation.previous()
        _start_agent_once(before, private=private)
        return before, _use(installation, before, private=private)


def run_sparkvsr(record: Record, arguments: Sequence[str], folder: Path) -> int:
    """Run `sparkvsr` of a version in this terminal; gives its exit status."""
    return run([record.python, "-I", "-m", "sparkvsr_daemon.cli", *arguments], folder=folder)


def _build(plan: Plan) -> Record:
    """Make a version's folder whole; one that is whole is used as it is."""
    source, version = plan.source, plan.version
    environment = Environment(version.environment, source.root)
    there = version.read()
    changed = version.changed() if there else _files_left(version)
    for path in changed:
        if path.is_file():
            _keep(plan.installation, version, path)
    if there and environment.runs():
        print(f"Using {version.folder}, which is here already", flush=True)
        for path in changed:  # each by itself: hosts may be using this version
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, (source.root / path.relative_to(version.folder)).read_bytes())
        return there
    version.complete_file.unlink(missing_ok=True)
    for name in COPIED:  # first: without its environment, what a version holds is a person's
        remove_tree(version.folder / name)
    if source.bundle is not None:
        check_wheels(source.root, source.bundle)
    environment.ensure(source.contents(plan.wishes.torch_index))
    with step("Copying what hosts load"):
        for name in COPIED:
            remove_tree(version.folder / name)
            (version.folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy_tree(source.root / name, version.folder / name)
    record = Record.of(version.folder, environment.python, source.version)
    _start_agent_once(record, private=plan.wishes.shared is None)
    version.complete(record, tree_digests(version.folder, COPIED))
    return record


def _files_left(version: Version) -> list[Path]:
    if not version.is_left:
        return []
    return [path for path in version.folder.rglob("*") if path.is_file() and not is_trash(path)]


def _keep(installation: Installation, version: Version, path: Path) -> None:
    """What somebody changed in a version's files is kept before they are written again."""
    content = path.read_bytes()
    kept = installation.backups / version.folder.name / path.relative_to(version.folder)
    number = 1
    while kept.exists() and kept.read_bytes() != content:
        number += 1
        kept = kept.with_name(f"{path.name}-{number}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, content)
    print(f"{path} was changed: what it was is kept in {kept}", flush=True)


def _start_agent_once(record: Record, *, private: bool = True) -> None:
    """See whether it answers; one that is for others leaves no traces in this user's home."""
    with step("Starting the agent once"), TemporaryDirectory(prefix="sparkvsr-") as folder:
        environ = os.environ if private else {**os.environ, "SPARKVSR_HOME": folder}
        try:
            with Link.start(list(record.agent), environ) as started:
                started.call("hello", {"client": "installer"}, _PATIENCE_S)
        except LinkError as error:
            raise StepError(f"{error.message} {error.hint}") from error


def _use(installation: Installation, record: Record, *, private: bool = True) -> list[str]:
    """Flip, then let this user's daemon and log-in service follow; gives notes."""
    installation.use(record, private=private)
    now = installation.read_record()
    # Also when it is the same as before: the run that flipped may have been killed before this.
    older = now.previous if now and private else None
    if older is None or not Path(older.python).exists():
        return []
    with step("Asking a daemon of the version before to leave when it is idle"):
        return [
            *tell(older, "daemon", "stop", "--when-idle"),
            *tell(record, "daemon", "service", "refresh"),
        ]


def tell(record: Record, *arguments: str) -> list[str]:
    """Run `sparkvsr` of a version; gives what it said when it failed, as a note."""
    command = [record.python, "-I", "-m", "sparkvsr_daemon.cli", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_DAEMON_S, env=clean_environ()
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"`sparkvsr {' '.join(arguments)}` did not work: {error}"]
    return [done.stderr.strip()] if done.returncode else []


def _put_into_hosts(plan: Plan) -> list[str]:
    """Each host by itself: what cannot be put into one does not keep it out of the other."""
    placed = Placed.read(plan.installation)
    todo: list[tuple[str, Callable[[], bool]]] = [
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
