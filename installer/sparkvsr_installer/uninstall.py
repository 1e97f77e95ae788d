"""Taking out exactly what was put in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .files import empty_trash, one_at_a_time, remove_tree
from .install import tell
from .installation import Installation, Version
from .placed import Placed
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
    for path in sorted(installation.versions.glob("[!.]*")):
        yield "deletes", str(path)
    for path in left(installation):
        yield "leaves", str(path)


def left(installation: Installation) -> list[Path]:
    """What stays, because a person or the daemon made it."""
    return [path for name in _STATE if (path := installation.folder / name).exists()]


def uninstall(installation: Installation) -> list[str]:
    """Take everything out; gives notes about what is left. May be killed and run again.

    Raises:
        ForeignFileError: it is not known any more what was put where.
        OSError: something cannot be written or deleted.
    """
    with one_at_a_time(installation.lock):
        placed = Placed.read(installation)
        record = installation.read_record()
        notes = []
        if record and Path(record.python).exists():
            with step("Ending the daemon"):
                notes += tell(record, "daemon", "service", "remove")
                notes += tell(record, "daemon", "stop")
        with step("Taking it out of the hosts"):
            notes += [placed.take_out_block(path) for path in list(placed.blocks)]
            notes += [placed.take_out_file(path) for path in list(placed.files)]
            placed.take_out_folders()
        installation.record_file.unlink(missing_ok=True)
        empty_trash(installation.versions)
        for folder in sorted(installation.versions.glob("[!.]*")):
            with step(f"Deleting {folder}"):
                notes += _remove_version(Version(folder))
        for folder in (installation.nuke, installation.resolve, installation.backups):
            _remove_if_empty(folder)
        _remove_if_empty(installation.versions)
        installation.placed_file.unlink(missing_ok=True)
    installation.lock.unlink(missing_ok=True)
    _remove_if_empty(installation.folder)
    return list(filter(None, notes))


def _remove_version(version: Version) -> list[str]:
    """Delete a version, but for files that somebody changed; gives notes."""
    changed = [path for path in version.changed() if path.is_file()]
    if not changed:
        remove_tree(version.folder)
        return []
    for path in sorted(version.folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            _remove_if_empty(path)
        elif path not in changed and path != version.complete_file:
            path.unlink()
    version.complete_file.unlink()
    return [f"{path} was changed since it was written: it is left there." for path in changed]


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
