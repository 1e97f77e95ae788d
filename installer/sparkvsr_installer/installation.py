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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from .files import digest, is_trash, remove_if_empty, remove_tree, same_place, write_whole
from .steps import StepError

SCHEMA: Final = 1
_SHARED: Final = "shared"
COPIED: Final = ("bridge_nuke", "bridge_resolve", "daemon/sparkvsr_link", "installer")
"""What a version holds besides its environment: what hosts import, and what takes it out again."""


@dataclass(frozen=True)
class Record:
    """A version that can be used; the fields of `install.json`.

    Attributes:
        agent: the command that starts the agent.
        python: the interpreter of its environment.
        version: of the package.
        root: folder that holds `bridge_nuke`, `bridge_resolve` and `daemon`.
        torch_index: where its PyTorch is from, and the next version's will be; empty for no choice.
        previous: the one that was used before; None for none.
    """

    agent: tuple[str, ...]
    python: str
    version: str
    root: str
    torch_index: str = ""
    previous: Record | None = None

    @classmethod
    def of(cls, root: Path, python: Path, version: str, torch_index: str = "") -> Self:
        """The record of a version in a folder, with the interpreter that runs it."""
        agent = (str(python), "-I", "-m", "sparkvsr_daemon.cli", "agent")
        return cls(agent, str(python), version, str(root), torch_index)

    @classmethod
    def parse(cls, found: Any) -> Self:
        """What `as_json` wrote; raises ValueError for anything else."""
        try:
            agent = tuple(map(str, found["agent"]))
            previous = found.get("previous")
            return cls(
                agent,
                str(found["python"]),
                str(found["version"]),
                str(found["root"]),
                str(found.get("torch_index", "")),
                cls.parse(previous) if previous else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a record: {error}") from None

    def as_json(self) -> dict[str, Any]:
        """For `install.json`."""
        found = {"schema": SCHEMA, **asdict(self)}
        found["agent"] = list(self.agent)
        if self.previous:
            found["previous"] = replace(self.previous, previous=None).as_json()
        return found

    def is_in(self, folder: Path) -> bool:
        """Whether it lies in this very folder, however that is spelled."""
        return same_place(Path(self.root), folder)

    @property
    def programs(self) -> Path:
        """Where `sparkvsr` lies."""
        return Path(self.python).parent


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
        try:
            return Record.parse(json.loads(self.record_file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def use(self, record: Record) -> None:
        """Let hosts use a version from now on, by one rename; what was used becomes the previous.

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


@dataclass(frozen=True)
class Version:
    """A version's folder, which need not exist or be whole."""

    folder: Path

    @property
    def environment(self) -> Path:
        return self.folder / "env"

    @property
    def complete_file(self) -> Path:
        return self.folder / "version.json"

    @property
    def is_left(self) -> bool:
        """Whether `remove` was here; what is being made has its environment before any file."""
        if self.complete_file.exists() or self.environment.exists():
            return False
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return not all(is_trash(path) for path in files)

    def read(self) -> Record | None:
        """Its record; None while it is not complete."""
        try:
            return Record.parse(json.loads(self.complete_file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def complete(self, record: Record, files: Mapping[str, str]) -> None:
        """Say that everything is in place; `files` are those copied, with their digests."""
        found = {**record.as_json(), "files": dict(files)}
        write_whole(self.complete_file, json.dumps(found, indent=2).encode())

    def changed(self) -> list[Path]:
        """Which of the files that were copied are not as they were; gone ones are, too."""
        try:
            files = json.loads(self.complete_file.read_text(encoding="utf-8"))["files"].items()
        except (OSError, ValueError, KeyError, AttributeError):
            return []
        found = []
        for name, expected in files:
            path = self.folder / name
            try:
                if digest(path.read_bytes()) != expected:
                    found.append(path)
            except OSError:
                found.append(path)
        return found

    def remove(self) -> list[str]:
        """Delete it, but for files that somebody changed; gives notes."""
        changed = [path for path in self.changed() if path.is_file()]
        if not changed:
            remove_tree(self.folder)
            return []
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                remove_if_empty(path)
            elif path not in changed and path != self.complete_file:
                path.unlink()
        self.complete_file.unlink()
        return [f"{path} was changed since it was written: it is left there." for path in changed]


def remove_version(folder: Path) -> list[str]:
    """Delete a version, but for files that somebody changed; gives notes.

    Where another program uses it, which Windows does not let go, it stays for the next run.
    """
    try:
        return Version(folder).remove()
    except OSError as error:
        return [
            f"{folder} cannot be deleted ({error.strerror}): end the hosts that use it, and run "
            "this again."
        ]


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
