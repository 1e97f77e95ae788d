"""Files that are written whole or not at all, and one installer at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .steps import StepError

_PART: Final = ".sparkvsr-part"
_TRASH: Final = ".trash-"


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path) -> str:
    """The same of a file, which may be larger than the memory.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put a file in its place by one rename, on the disk before its name is; keeps its mode.

    What a killed run has left under the temporary name is written over by the next.

    Args:
        mode: of a file that is new; None leaves it to the system.

    Raises:
        OSError: as the system says, of the file under its own name.
    """
    part = part_of(path)
    try:
        remove_part(path)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
            _keep_owner(path, part)
        elif mode is not None:
            part.chmod(mode)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            remove_part(path)
        error.filename = str(path)
        raise


def _keep_owner(path: Path, part: Path) -> None:
    """An administrator who writes a user's file leaves it that user's."""
    if sys.platform != "win32" and (owner := path.stat()).st_uid != os.getuid():
        os.chown(part, owner.st_uid, owner.st_gid)


def part_of(path: Path) -> Path:
    """Where a file is written before it gets its name; no host takes it for one of its own."""
    return path.with_name(f".{path.name}{_PART}")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's files, without hidden ones and what Python has compiled.

    Modes are those of new files: what is copied from a read-only disk can be deleted again.
    """
    for path in _files_in(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def tree_digests(root: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """Path below `root`, with `/`, to digest, of every file that `copy_tree` copies."""
    files = [path for folder in folders for path in _files_in(root / folder)]
    return {path.relative_to(root).as_posix(): digest_of(path) for path in files}


def _files_in(folder: Path) -> list[Path]:
    """Sorted; what a system or Python leaves behind in a folder does not count."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(
            part == "__pycache__" or part.startswith(".") for part in path.relative_to(folder).parts
        )
    ]


def remove_tree(folder: Path) -> None:
    """Delete a folder so that a killed deletion never leaves it looking whole."""
    trash = folder.with_name(f"{_TRASH}{folder.name}")
    _delete(trash)
    if folder.exists():
        folder.replace(trash)
        _delete(trash)


def _delete(folder: Path) -> None:
    """Delete a folder, and be it read-only; not if another program holds a file in it."""
    with contextlib.suppress(FileNotFoundError):
        try:
            shutil.rmtree(folder)
        except PermissionError:
            for parent, _, names in os.walk(folder):
                Path(parent).chmod(0o700)
                for name in names:
                    if not (path := Path(parent, name)).is_symlink():
                        path.chmod(0o600)
            shutil.rmtree(folder)


def remove_part(path: Path) -> None:
    """Delete what a killed run has left of a file that it was about to write."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if sys.platform == "win32":
            part_of(path).chmod(0o600)  # a read-only file cannot be deleted there
        part_of(path).unlink()


def remove_parts(folder: Path) -> None:
    """The same for all files below a folder."""
    for part in folder.rglob(f".*{_PART}"):
        part.unlink()


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths are of the same file or folder, however they are spelled."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return one == other


def remove_if_empty(folder: Path) -> None:
    """Delete a folder that holds nothing."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def empty_trash(folder: Path) -> None:
    """Delete what a killed deletion has left among the entries of a folder."""
    for trash in folder.glob(f"{_TRASH}*"):
        with contextlib.suppress(OSError):
            _delete(trash)


def is_trash(path: Path) -> bool:
    """Whether a file lies in what a killed deletion has left."""
    return any(part.startswith(_TRASH) for part in path.parts)


@contextlib.contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Held while an installation is changed; the system releases it when its process dies.

    Raises:
        StepError: another installer holds it, or this disk knows no locks.
        OSError: the file cannot be written.
    """
    with lock.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter is Windows' word for it
            raise StepError(
                f"Another installer is at work in {lock.parent}: wait until it has ended."
            ) from None
        except OSError as error:
            raise StepError(
                f"The disk of {lock.parent} has no file locks ({error.strerror}): install to "
                "another one, or mount it with locks."
            ) from None
        yield
