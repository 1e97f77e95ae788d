"""Folders as a person copies them to a machine without a network, and what is in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Content = dict[str, bytes]


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Path inside the folder to content."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def content_of(folder: Path) -> Content:
    """All that stands in a folder, but for the locks and notices beside models."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"a folder"
        for path in folder.rglob("*")
        if path.suffix != ".lock" and path.name != "notices.json"
    }


def look_of(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """What would tell of a change, or of a move: inode, mode, size and time in nanoseconds."""
    stats = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return {
        str(path): (stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns)
        for path, stat in stats.items()
    }
