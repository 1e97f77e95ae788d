"""Taking out exactly what was put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .files import empty_trash, one_at_a_time, remove_if_empty, remove_part, remove_parts
from .installation import Installation
from .placed import Placed
from .running import tell
from .steps import step
from .version import Record, Version, remove_version

_STATE: Final = ("models", "store", "tickets", "journal.sqlite3", "daemon.toml", "data")
"""What people and the daemon made; never touched."""


def rows(installation: Installation) -> Iterator[tuple[str, str]]:
    """What would be taken out, for a person.

    Raises:
        ForeignFileError: it is not known any more what was put where.
    """
    placed = Placed.read(installation)
    for path in placed.blocks:
        yield "edits", f"{path}: takes the SparkVSR lines out"
    for path in placed.files:
        yield "deletes", str(path)
    for path in installation.version_folders():
        yield "deletes", str(path)
    for path in left(installation):
        yield "leaves", str(path)


def left(installation: Installation) -> list[Path]:
    """What stays, because a person or the daemon made it."""
    state = [path for name in _STATE if (path := installation.folder / name).exists()]
    return [*state, *installation.left_folders()]


def is_there(installation: Installation) -> bool:
    """Whether anything can be taken out, and be it what a killed run has left.

    That may be a `versions` without a version, or an empty folder; what an earlier uninstall has
    left on purpose does not count.
    """
    ours = (installation.record_file, installation.placed_file, installation.lock)
    folder = installation.folder
    return (
        any(path.exists() for path in ours)
        or (installation.versions.exists() and not installation.left_folders())
        or bool(installation.version_folders())
        or (folder.is_dir() and not any(folder.iterdir()))
    )


def uninstall(installation: Installation) -> list[str]:
    """Take everything out; gives notes about what is left. May be killed and run again.

    What one place does not let go stays written down, and the next run tries again.

    Raises:
        ForeignFileError: it is not known any more what was put where.
        OSError: the installation's own folder cannot be written.
    """
    with one_at_a_time(installation.lock):
        placed = Placed.read(installation)
        record = _any_record(installation)
        notes = []
        if record and installation.private:
            with step("Ending the daemon"):
                notes += tell(installation, record, "daemon", "service", "remove")
                notes += tell(installation, record, "daemon", "stop")
        with step("Taking it out of the hosts"):
            notes += _take_out(placed)
        installation.record_file.unlink(missing_ok=True)
        empty_trash(installation.versions)
        for folder in installation.version_folders():
            with step(f"Deleting {folder}"):
                notes += remove_version(folder)
        remove_parts(installation.backups)
        notes += [
            f"{folder} holds what files were before they were written again."
            for folder in sorted(installation.backups.glob("*/"))
        ]
        for folder in (installation.nuke, installation.resolve, installation.backups):
            remove_if_empty(folder)
        remove_if_empty(installation.versions)
        for file in (installation.record_file, installation.placed_file):
            remove_part(file)
        if not (placed.files or placed.blocks or placed.folders):
            installation.placed_file.unlink(missing_ok=True)
            installation.forget()
    installation.lock.unlink(missing_ok=True)
    remove_if_empty(installation.folder)
    return list(filter(None, notes))


def _any_record(installation: Installation) -> Record | None:
    """A version whose `sparkvsr` can end the daemon."""
    records = [installation.read_record()]
    records += [Version(folder).read() for folder in installation.version_folders()]
    return next((one for one in records if one and Path(one.python).exists()), None)


def _take_out(placed: Placed) -> list[str]:
    """Out of every host by itself; gives notes."""
    notes = []
    for take_out, paths in (
        (placed.take_out_block, list(placed.blocks)),
        (placed.take_out_file, list(placed.files)),
    ):
        for path in paths:
            try:
                notes.append(take_out(path))
            except OSError as error:
                notes.append(
                    f"{path} cannot be changed ({error.strerror}): make it and its folder "
                    "writable, and run this again."
                )
    placed.take_out_folders()
    return notes
