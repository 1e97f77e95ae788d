"""What must be put back in Resolve if this process dies, and who may drive Resolve meanwhile.

Both lie in one folder of the user, since a user runs one Resolve: `lock`, which the system frees
when its process ends however it ends, and `crash.json`, which is there from before the first change
until everything is as it was. So who gets the lock and finds a crash file, finds a dead process's.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any, Optional

from sparkvsr_link import BridgeError, read_json, write_json

PREFIX = "_sparkvsr_"
"""How the names of all that is temporary in Resolve begin."""

SNAPSHOT_SCHEMA = 1

# Windows forbids reading what is locked, so the locked byte lies behind all that is written.
_LOCKED_BYTE = 2**20

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True)
class Snapshot:
    """What the user had, and what is there for the time being. Empty means: there was none.

    Attributes:
        project, timeline: unique ids of the current ones.
        page: its name.
        playhead: timecode.
        marks: mark in and out of the timeline, as the API gives and takes them.
        pool_folder: unique id of the current bin.
        render_format, render_codec: ids; render_mode: 0 individual clips, 1 single clip.
        preset: temporary render preset that holds the user's render settings.
        temp_timeline: name of the temporary timeline.
        work_folder: version folder that is being filled.
        phase: for people: what is being done.
        pid: of this process.
        started: when it began, in local time, for people.
    """

    project: str
    timeline: str
    page: str
    playhead: str = ""
    marks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    pool_folder: str = ""
    render_format: str = ""
    render_codec: str = ""
    render_mode: Optional[int] = None
    preset: str = ""
    temp_timeline: str = ""
    work_folder: str = ""
    phase: str = ""
    pid: int = field(default_factory=os.getpid)
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M:%S"))


class ScriptLock:
    """The right to drive Resolve: made by `take`, given back by `release` or the end of `with`."""

    def __init__(self, folder: Path, file: IO[str]) -> None:
        self._folder = folder
        self._file = file

    @classmethod
    def take(cls, folder: Path) -> ScriptLock:
        """Take the lock of a folder, which is made if it does not exist.

        Raises:
            BridgeError: another script has it, or the folder cannot be used.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            _lock(file)
        except OSError as error:
            file.seek(0)
            owner = file.read()
            file.close()
            raise BridgeError(
                f"SparkVSR works in Resolve already: {owner or 'another script'}.",
                "Wait until it has finished, or end that script.",
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}")
        file.flush()
        return cls(folder, file)

    @property
    def crash_file(self) -> Path:
        return self._folder / "crash.json"

    def write(self, snapshot: Snapshot) -> None:
        """Remember what must be put back; whole on the disk when this returns.

        Raises:
            BridgeError: it cannot be written. Nothing may be changed in Resolve then.
        """
        try:
            write_json(self.crash_file, {"schema": SNAPSHOT_SCHEMA, **asdict(snapshot)})
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def leftover(self) -> Optional[Snapshot]:
        """What a script that died left to be put back; None when there is nothing.

        Raises:
            BridgeError: the file is damaged.
        """
        try:
            content = read_json(self.crash_file)
            if content.pop("schema", None) != SNAPSHOT_SCHEMA:
                raise ValueError("another version of SparkVSR wrote it")
            return _as_snapshot(content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise BridgeError(
                f"A script ended in the midst of its work, and what it left in Resolve cannot be "
                f"told: {self.crash_file} cannot be used, {error}.",
                f"Delete timelines and render presets whose names begin with {PREFIX}, then that "
                "file.",
            ) from error

    def clear(self) -> None:
        """Everything is as it was: forget the snapshot.

        Raises:
            BridgeError: the file cannot be removed.
        """
        try:
            self.crash_file.unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(self._folder, error) from error

    def release(self) -> None:
        """Let others drive Resolve. May be repeated."""
        with suppress(OSError):  # the lock goes with the file in any case
            self._file.close()

    def __enter__(self) -> ScriptLock:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def temporary_name(what: str) -> str:
    """A new name for something temporary in Resolve, such as `_sparkvsr_base_1f3a5c7e`."""
    return f"{PREFIX}{what}_{uuid.uuid4().hex[:8]}"


def is_temporary(name: str) -> bool:
    """Whether SparkVSR gave something this name for the time being."""
    return name.startswith(PREFIX)


def _as_snapshot(content: Mapping[str, Any]) -> Snapshot:
    """Raises ValueError when it is none: a wrong value would be put into the user's Resolve."""
    known = {made.name for made in fields(Snapshot)}
    if content.keys() != known:
        raise ValueError(f"its fields are not right: {sorted(content.keys() ^ known)}")
    wrong = [name for name in sorted(known) if not _is_right(name, content[name])]
    if wrong:
        raise ValueError(f"values of the wrong type: {', '.join(wrong)}")
    return Snapshot(**content)


def _is_right(name: str, value: Any) -> bool:
    if name == "marks":
        return isinstance(value, dict) and all(
            isinstance(kind, dict) and all(type(frame) is int for frame in kind.values())
            for kind in value.values()
        )
    if name in ("pid", "render_mode"):
        return type(value) is int or (value is None and name == "render_mode")
    return isinstance(value, str)


def _unusable(folder: Path, error: OSError) -> BridgeError:
    return BridgeError(
        f"SparkVSR cannot use its folder {folder}: {error.strerror or error}.",
        "Make room on that disk, or see to it that you may write there.",
    )
