"""`manifest.json`: what a model's folder holds. Written last, so it says that all is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from ._files import Sha256, Size, unlike

MANIFEST_FILE: Final = "manifest.json"


class FileRecord(msgspec.Struct, frozen=True):
    """One file: its path inside the folder with `/`, its size, its SHA-256 in hexadecimal."""

    path: str
    bytes: Size
    sha256: Sha256


class Manifest(msgspec.Struct, frozen=True):
    """`revision` is the commit, `fetched` an ISO 8601 time in UTC."""

    repo: str
    revision: str
    fetched: str
    files: tuple[FileRecord, ...]
    schema: Literal[1] = 1


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; `None` when there is none that this version understands."""
    try:
        return msgspec.json.decode((folder / MANIFEST_FILE).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def first_not_whole(folder: Path, manifest: Manifest) -> str | None:
    """The first file that is missing or of another size, without reading any; `None` if all fit."""
    for record in manifest.files:
        if unlike(folder / record.path, record.bytes):
            return record.path
    return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place in one step, after it is on the disk."""
    new = folder / f"{MANIFEST_FILE}.new"
    with new.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(folder / MANIFEST_FILE)
