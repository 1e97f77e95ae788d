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
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        elif mode is not None:
            part.chmod(mode)
        part.replace(path)
    except OSError as error:
        error.filename = str(path)
        raise


def part_of(path: Path) -> Path:
    """Where a file is written before it gets its name; no host takes it for one of its own."""
    return path.with_name(f".{path.name}{_PART}")


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's files, without what Python has compiled."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def tree_digests(root: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """Path below `root`, with `/`, to digest, of every file in some folders, sorted."""
    files = [
        path
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    return {path.relative_to(root).as_posix(): digest(path.read_bytes()) for path in files}


def remove_tree(folder: Path) -> None:
    """Delete a folder so that a killed deletion never leaves it looking whole."""
    trash = folder.with_name(f"{_TRASH}{folder.name}")
    shutil.rmtree(trash, ignore_errors=True)
    if folder.exists():
        folder.replace(trash)
        shutil.rmtree(trash)


def remove_part(path: Path) -> None:
    """Delete what a killed run has left of a file that it was about to write."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        part_of(path).unlink()


def remove_parts(folder: Path) -> None:
    """The same for all files below a folder."""
    for part in folder.rglob(f".*{_PART}"):
        part.unlink()


def remove_if_empty(folder: Path) -> None:
    """Delete a folder that holds nothing."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def empty_trash(folder: Path) -> None:
    """Delete what a killed deletion has left among the entries of a folder."""
    for trash in folder.glob(f"{_TRASH}*"):
        shutil.rmtree(trash, ignore_errors=True)


def is_trash(path: Path) -> bool:
    """Whether a file lies in what a killed deletion has left."""
    return any(part.startswith(_TRASH) for part in path.parts)


@contextlib.contextmanager
def one_at_a_time(lock: Path, *, private: bool = True) -> Iterator[None]:
    """Held while an installation is changed; the system releases it when its process dies.

    Args:
        private: only this user may enter the folder, if it is new.

    Raises:
        StepError: another installer holds it.
        OSError: the file cannot be written.
    """
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    with lock.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StepError(
                f"Another installer is at work in {lock.parent}: wait until it has ended."
            ) from None
        yield
