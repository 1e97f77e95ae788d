"""An installation on disk: versions side by side, and the record that says which one hosts use.

    FOLDER/install.json          what hosts read: the version in use, and the one before it
    FOLDER/versions/NAME/        env/, bridge_nuke/, bridge_resolve/, daemon/, installer/, and
                                 version.json, written last: without it the version does not count
    FOLDER/nuke/init.py          leads Nuke to the version in use
    FOLDER/placed.json           what was put elsewhere, see `placed`
    FOLDER/backups/              the user's files as they were before they were touched
    FOLDER/shared                is there when `--shared` made it

FOLDER is the user's data folder, which the daemon uses, too, or what `--shared` names.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .files import write_whole
from .steps import StepError
from .version import Record, Version

_SHARED: Final = "shared"


@dataclass(frozen=True)
class Installation:
    """An installation's folder, which need not exist."""

    folder: Path

    @property
    def private(self) -> bool:
        """Whether it is one user's own, and not one for all that `--shared` has made."""
        return not (self.folder / _SHARED).exists()

    def make(self, *, shared: bool) -> None:
        """Make the folder, and note whose it is.

        Raises:
            OSError: it cannot be made.
        """
        if shared:
            os.umask(0o022)  # whatever is made from here on is for all to read
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755 if shared else 0o700)
        if shared:
            (self.folder / _SHARED).touch()

    def forget(self) -> None:
        """Delete the note of whose it is."""
        (self.folder / _SHARED).unlink(missing_ok=True)

    @property
    def record_file(self) -> Path:
        return self.folder / "install.json"

    @property
    def versions(self) -> Path:
        return self.folder / "versions"

    @property
    def nuke(self) -> Path:
        """The folder that Nuke is told of."""
        return self.folder / "nuke"

    @property
    def resolve(self) -> Path:
        """Resolve's menu entries of a shared installation, to be copied to where artists work."""
        return self.folder / "resolve"

    @property
    def placed_file(self) -> Path:
        return self.folder / "placed.json"

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    @property
    def lock(self) -> Path:
        return self.folder / "installer.lock"

    def version_folders(self) -> list[Path]:
        """Those of all versions, whole or not, but not what was left of one."""
        return [path for path in self._folders() if not Version(path).is_left]

    def left_folders(self) -> list[Path]:
        """Where versions were that are taken out, but for files that somebody had changed."""
        return [path for path in self._folders() if Version(path).is_left]

    def _folders(self) -> list[Path]:
        return sorted(self.versions.glob("[!.]*"))

    def read_record(self) -> Record | None:
        """The version in use; None when there is none, or the file is of no use."""
        return Record.read(self.record_file)

    def use(self, record: Record) -> Record:
        """Let hosts use a version from now on, by one rename; what was used becomes the previous.

        Gives the record with that.

        Raises:
            OSError: `install.json` cannot be written.
        """
        before = self.read_record()
        if before and not before.is_in(Path(record.root)):
            record = replace(record, previous=replace(before, previous=None))
        elif before:
            record = replace(record, previous=before.previous)
        text = json.dumps(record.as_json(), indent=2)  # ASCII: a host may read it in any encoding
        write_whole(self.record_file, text.encode(), mode=0o600 if self.private else 0o644)
        return record

    def previous(self) -> Record:
        """The version that was used before the one in use.

        Raises:
            StepError: there is none, or it is not there any more.
        """
        record = self.read_record()
        if record is None or record.previous is None:
            raise StepError(f"There is no version before the one in use in {self.folder}.")
        if not Path(record.previous.python).exists():
            raise StepError(
                f"{record.previous.root} is not there any more: install that version again."
            )
        return record.previous


def own_folder(prefix: Path = Path(sys.prefix)) -> Path | None:
    """The folder of the installation whose environment runs this; None outside of any."""
    version = prefix.parent
    if prefix.name != "env" or not (version / "version.json").is_file():
        return None
    return version.parents[1]


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
