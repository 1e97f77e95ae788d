"""A version on disk, and the record by which it can be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from .files import digest_of, is_trash, remove_if_empty, remove_tree, same_place, write_whole

SCHEMA: Final = 1
COPIED: Final = ("bridge_nuke", "bridge_resolve", "daemon/sparkvsr_link", "installer")
"""What a version holds besides its environment: what hosts import, and what takes it out again."""


def sparkvsr_command(python: str | Path, *arguments: str) -> list[str]:
    """`sparkvsr` of the environment that an interpreter belongs to, and of nothing else."""
    return [str(python), "-I", "-m", "sparkvsr_daemon.cli", *arguments]


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
        agent = tuple(sparkvsr_command(python, "agent"))
        return cls(agent, str(python), version, str(root), torch_index)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What a file says; None when there is none, or it is of no use."""
        try:
            return cls.parse(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

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
        return Record.read(self.complete_file)

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
                if digest_of(path) != expected:
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
