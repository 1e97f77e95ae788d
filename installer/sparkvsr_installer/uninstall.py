"""Taking out exactly what was put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .files import empty_trash, one_at_a_time, remove_if_empty, remove_part, remove_parts
from .installation import Installation, Version
from .placed import Placed
from .running import tell
from .steps import step

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
    """Whether anything can be taken out, and be it what a killed run has left."""
    ours = (installation.record_file, installation.placed_file, installation.lock)
    folder = installation.folder
    return (
        any(path.exists() for path in ours)
        or (installation.versions.exists() and not installation.left_folders())
        or bool(installation.version_folders())
        or (folder.is_dir() and not any(folder.iterdir()))
    )


def uninstall(installation: Installation, *, private: bool = True) -> list[str]:
    """Take everything out; gives notes about what is left. May be killed and run again.

    Args:
        private: it is this user's alone, and so is the daemon, which ends.

    Raises:
        ForeignFileError: it is not known any more what was put where.
        OSError: something cannot be written or deleted.
    """
    with one_at_a_time(installation.lock):
        placed = Placed.read(installation)
        record = installation.read_record()
        notes = []
        if record and private and Path(record.python).exists():
            with step("Ending the daemon"):
                notes += tell(record, "daemon", "service", "remove")
                notes += tell(record, "daemon", "stop")
        with step("Taking it out of the hosts"):
            notes += [placed.take_out_block(path) for path in list(placed.blocks)]
            notes += [placed.take_out_file(path) for path in list(placed.files)]
            placed.take_out_folders()
        installation.record_file.unlink(missing_ok=True)
        empty_trash(installation.versions)
        for folder in installation.version_folders():
            with step(f"Deleting {folder}"):
                notes += Version(folder).remove()
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
        installation.placed_file.unlink(missing_ok=True)
    installation.lock.unlink(missing_ok=True)
    remove_if_empty(installation.folder)
    return list(filter(None, notes))
