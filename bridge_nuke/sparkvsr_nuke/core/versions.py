"""The folders of a node: `<output>/<node name>_<uid8>/v003/{plate,keys,result}`.

Every run gets a new version. None is ever reused or overwritten, so that Nuke's caches cannot show
old pixels under a known name, and an old result stays what it was.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from sparkvsr_link import list_entries, list_numbered, make_numbered

from .records import (
    RECORD_NAME,
    SUBMISSION_NAME,
    ResultRecord,
    Submission,
    read_record,
    read_submission,
)

PADDING = 4
"""Digits of frame numbers in file names; larger numbers are written whole."""

_DAY_S = 86400.0
_HINT = "Choose an output folder that you may write to, on a disk that is mounted."
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class VersionFolder:
    """One run of a node: what was exported for it, and what came back.

    Attributes:
        path: its folder, `…/v003`.
        number: 3.
    """

    path: Path
    number: int

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def plate(self) -> Path:
        """The exported plate: a numbered sequence."""
        return self.path / "plate" / f"plate.%0{PADDING}d.exr"

    @property
    def keys(self) -> Path:
        """The exported keyframes: a numbered sequence with gaps."""
        return self.path / "keys" / f"key.%0{PADDING}d.exr"

    @property
    def result(self) -> Path:
        """The restored frames: a numbered sequence."""
        return self.path / "result" / f"result.%0{PADDING}d.exr"

    @property
    def submission(self) -> Optional[Submission]:
        """The job that `job.json` remembers; None when it was never submitted.

        Raises:
            BridgeError: the file is damaged.
        """
        return read_submission(self.path)

    @property
    def record(self) -> Optional[ResultRecord]:
        """What `result.json` says; None while the result is not complete, or after a failure.

        Raises:
            BridgeError: the file is damaged.
        """
        return read_record(self.path)


def frame_file(pattern: Path, frame: int) -> Path:
    """The file of a frame in one of the sequences above."""
    return pattern.with_name(pattern.name % frame)


def folder_name(node: str, uid: str) -> str:
    """Name of the folder of a node: its name and the first eight digits of its uid."""
    return f"{_NOT_IN_NAMES.sub('_', node)}_{uid[:8]}"


def find_node_folder(output: Path, uid: str) -> Optional[Path]:
    """The folder of the node with this uid, whatever the node was called when it was made.

    Raises:
        BridgeError: the output folder is there and cannot be read.
    """
    entries = (entry for entry in list_entries(output, _HINT) if entry.name.endswith(f"_{uid[:8]}"))
    return next((folder for folder in entries if folder.is_dir()), None)


def list_versions(folder: Path) -> tuple[VersionFolder, ...]:
    """The versions in a node's folder, oldest first; nothing when there is no such folder.

    Raises:
        BridgeError: the folder cannot be read.
    """
    found = list_numbered(folder, _HINT)
    return tuple(VersionFolder(path, number) for number, path in found if path.is_dir())


def make_version(folder: Path) -> VersionFolder:
    """Make the next version: one above every number in use, by whatever and by whomever.

    Args:
        folder: the node's, in an output folder that exists already or can be made.

    Raises:
        BridgeError: it cannot be made there.
    """
    number, path = make_numbered(folder, ("plate", "keys", "result"), _HINT)
    return VersionFolder(path, number)


def remove_version(version: VersionFolder) -> None:
    """Remove a version that was never submitted, with all that was exported for it.

    One that has a job or a result stays: that is not this package's to remove.
    """
    if not (version.path / SUBMISSION_NAME).exists() and not (version.path / RECORD_NAME).exists():
        shutil.rmtree(version.path, ignore_errors=True)


def remove_abandoned(folder: Path, keep: Collection[Path], older_than_s: float = _DAY_S) -> None:
    """Remove what a Nuke that crashed left half exported in a node's folder.

    Args:
        keep: versions that are in use.
        older_than_s: younger ones may belong to another Nuke.
    """
    for version in list_versions(folder):
        if version.path not in keep and time.time() - _last_change(version) > older_than_s:
            remove_version(version)


def _last_change(version: VersionFolder) -> float:
    folders = (version.path, *(pattern.parent for pattern in (version.plate, version.keys)))
    return max((folder.stat().st_mtime for folder in folders if folder.is_dir()), default=0.0)
