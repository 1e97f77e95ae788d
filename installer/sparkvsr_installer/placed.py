"""What was put outside of the installation's folder, so that exactly that can be taken out again.

Every change is written down before it is made: a run that is killed leaves at most an entry for
something that is not there, and never something without an entry.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from .files import digest, digest_of, remove_part, write_whole
from .installation import Installation
from .lines import ForeignFileError, as_written, insert_lines, marks, text_in, without

_SCHEMA: Final = 1


@dataclass(frozen=True)
class PlacedFile:
    """A file of ours; `digests`: every content that it may have by our hand."""

    path: Path
    digests: tuple[str, ...]


@dataclass(frozen=True)
class PlacedBlock:
    """Lines of ours in a file of the user's.

    Attributes:
        texts: exactly what was put in, with its line ends; several while one replaces another.
        created: there was no such file.
        backup: the file without our lines, as it was before; None when there was none.
    """

    path: Path
    texts: tuple[str, ...]
    created: bool
    backup: Path | None


@dataclass
class Placed:
    """All of them, on disk and in memory."""

    file: Path
    backups: Path
    files: dict[Path, PlacedFile] = field(default_factory=dict)
    blocks: dict[Path, PlacedBlock] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)

    @classmethod
    def read(cls, installation: Installation) -> Placed:
        """What is written down; nothing where nothing is.

        Raises:
            ForeignFileError: the file is damaged: what was placed where is not known any more.
        """
        placed = cls(installation.placed_file, installation.backups)
        try:
            found = json.loads(placed.file.read_text(encoding="utf-8"))
            for entry in found["files"]:
                path = Path(entry["path"])
                placed.files[path] = PlacedFile(path, tuple(entry["digests"]))
            for entry in found["blocks"]:
                path = Path(entry["path"])
                backup = Path(entry["backup"]) if entry["backup"] else None
                placed.blocks[path] = PlacedBlock(
                    path, tuple(entry["texts"]), entry["created"], backup
                )
            placed.folders = list(map(Path, found["folders"]))
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            raise ForeignFileError(
                f"{placed.file} is damaged ({error}): it says what was put where. Put it back from "
                "a backup, or delete it and take out by hand what docs/install.md lists."
            ) from None
        return placed

    def holds(self, path: Path) -> bool:
        """Whether a file of ours, or our lines in a file, are there as they were written.

        Where they cannot be read, they are not.
        """
        try:
            if path in self.files:
                return digest_of(path) in self.files[path].digests
            known = self.blocks.get(_led_to(path))
            return known is not None and text_in(known.path.read_bytes(), known.texts) != b""
        except OSError:
            return False

    def put_file(self, path: Path, content: bytes) -> bool:
        """Write a file of ours; gives whether anything had to be written.

        Raises:
            ForeignFileError: something else has that name, or it was changed since.
            OSError: it cannot be written.
        """
        new, known = digest(content), self.files.get(path)
        if path.exists() or path.is_symlink():
            there = digest_of(path) if path.is_file() else None
            if there == new:
                self._note_file(path, new)
                return False
            if known is None or there not in known.digests:
                raise ForeignFileError(
                    f"{path} was not written by this installer, or was changed since: it is left "
                    "alone. Move it away and run this again."
                )
        self._note_file(path, *(known.digests if known else ()), new)
        self._make_folder(path.parent)
        write_whole(path, content)
        self._note_file(path, new)
        return True

    def put_block(self, path: Path, lines: str) -> bool:
        """Put lines at the end of the user's file, which is made if it is not there.

        An older block of ours is replaced where it stands. The file a link leads to is changed, not
        the link. Gives whether anything had to be written.

        Args:
            lines: with marks in the first and the last, and `\n` as line ends.

        Raises:
            ForeignFileError: somebody changed the block, or the file could not be read as Python
                any more.
            OSError: it cannot be written.
        """
        path = _led_to(path)
        if path.is_symlink():
            raise ForeignFileError(
                f"{path} is a link that leads back to itself: put that right and run this again."
            )
        content = path.read_bytes() if path.exists() else None
        known = self.blocks.get(path)
        # The very same lines are ours, too, when the folder that knew of them was deleted.
        texts = known.texts if known else as_written(lines)
        older, rest, text, after = insert_lines(path, content or b"", texts, lines)
        created = known.created if known else content is None
        backup = known.backup if known else None
        copied = after != content and rest != b"" and not (backup and backup.is_file())
        if copied and backup is None:
            backup = self._new_backup(path)
        ours = known.texts if known else (older.decode(),) if older else ()
        self._note_block(PlacedBlock(path, tuple(dict.fromkeys((*ours, text))), created, backup))
        if copied and backup:
            backup.parent.mkdir(parents=True, exist_ok=True)
            write_whole(backup, rest)
        if after != content:
            self._make_folder(path.parent)
            write_whole(path, after)
        self._note_block(PlacedBlock(path, (text,), created, backup))
        return after != content

    def take_out_file(self, path: Path) -> str:
        """Delete a file of ours if it is as we wrote it; gives a note for the user, or nothing."""
        known = self.files[path]
        remove_part(path)
        note = ""
        if path.is_file() and digest_of(path) not in known.digests:
            note = f"{path} was changed since it was written: it is left there."
        elif path.is_file():
            path.unlink()
        del self.files[path]
        self._save()
        return note

    def take_out_block(self, path: Path) -> str:
        """Take our lines out of a user's file; gives a note for the user, or nothing."""
        known = self.blocks[path]
        remove_part(path)
        note = ""
        content = path.read_bytes() if path.is_file() else b""
        rest = without(content, text_in(content, known.texts))
        if any(mark.encode() in rest for text in known.texts for mark in marks(text)):
            note = f"The SparkVSR lines in {path} were changed: take them out by hand."
        elif known.created and content and not rest:
            path.unlink()
        elif rest != content:
            write_whole(path, rest)
        if known.backup and known.backup.is_file():
            if rest == known.backup.read_bytes():
                known.backup.unlink()
            else:
                note = f"{note} {path} as it was before is in {known.backup}.".strip()
        del self.blocks[path]
        self._save()
        return note

    def take_out_folders(self) -> None:
        """Delete the folders that we made and that hold nothing any more."""
        for folder in sorted(self.folders, key=lambda path: len(path.parts), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
            self.folders.remove(folder)
            self._save()

    def _make_folder(self, folder: Path) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        if missing:
            self.folders += [path for path in reversed(missing) if path not in self.folders]
            self._save()
            folder.mkdir(parents=True, exist_ok=True)

    def _new_backup(self, path: Path) -> Path:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        number = 1
        while (backup := self.backups / f"{stamp}-{number}-{path.name}").exists():
            number += 1
        return backup

    def _note_file(self, path: Path, *digests: str) -> None:
        entry = PlacedFile(path, tuple(dict.fromkeys(digests)))
        if self.files.get(path) != entry:
            self.files[path] = entry
            self._save()

    def _note_block(self, entry: PlacedBlock) -> None:
        if self.blocks.get(entry.path) != entry:
            self.blocks[entry.path] = entry
            self._save()

    def _save(self) -> None:
        found: dict[str, Any] = {
            "schema": _SCHEMA,
            "files": [asdict(entry) for entry in self.files.values()],
            "blocks": [asdict(entry) for entry in self.blocks.values()],
            "folders": self.folders,
        }
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(found, indent=2, default=str)  # ASCII: a path may be in no encoding
        write_whole(self.file, text.encode())


def _led_to(path: Path) -> Path:
    """The file behind links; a link where they lead back to themselves."""
    try:
        return path.resolve()
    except RuntimeError:  # of a Python before 3.13
        return path
