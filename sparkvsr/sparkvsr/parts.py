"""Where an output grows until it is whole: a hidden folder beside its final place."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .errors import NO_ROOM, DiskFullError, OutputError

_NO_ROOM = NO_ROOM | {errno.EFBIG}  # the file system holds no file that large


class PartFolder:
    """A hidden folder beside the output `name`, on the same file system.

    Its name tells which process on which machine owns it, so that a later run can remove what a
    dead one left. Missing parent folders are made, and removed again by `discard` when still empty.

    Raises:
        OutputError: the folder cannot be made or written.
    """

    def __init__(self, name: str) -> None:
        target = Path(name)
        self._final = target.parent
        self._made: list[Path] = []
        prefix = f".{target.name}.part-{platform.node()}-"
        try:
            self._make_parents()
            _sweep(self._final, prefix)
            self.path = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=self._final))
        except OSError as error:
            self._remove_parents()
            raise OutputError(
                f"Cannot write into the folder {self._final}: {error.strerror}.",
                "Choose another folder for the output, or change its permissions.",
            ) from error

    def publish(self) -> None:
        """Move every finished file to its final place; each arrives whole.

        Raises:
            OutputError: a file cannot be moved.
        """
        try:
            for file in sorted(self.path.iterdir()):
                file.replace(self._final / file.name)
            self.path.rmdir()
        except OSError as error:
            raise OutputError(
                f"Cannot move the finished output to {self._final}: {error.strerror}.",
                "Check the folder's permissions, then run again.",
            ) from error
        self._made.clear()

    def discard(self) -> None:
        """Remove the folder and what is in it, and parents that were made for it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._remove_parents()

    def failure(self, file: str, error: OSError) -> DiskFullError | OutputError:
        """The error to raise when `file` could not be written."""
        if error.errno not in _NO_ROOM:
            return OutputError(
                f"Cannot write {file}: {error.strerror}.", "Check the disk and the folder."
            )
        free = shutil.disk_usage(self._final).free / 2**20
        return DiskFullError(
            f"No room left for {self._final / file} ({free:,.1f} MiB free): {error.strerror}.",
            "Make room on that disk or choose another one for the output, then run again.",
        )

    def probe_room(self, size: int) -> OSError | None:
        """Ask the disk itself whether `size` more bytes fit; the error when they do not.

        For writers that lose the operating system's reason.
        """
        probe = self.path / "room"
        try:
            with probe.open("wb") as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return error
        finally:
            probe.unlink(missing_ok=True)
        return None

    def _make_parents(self) -> None:
        missing = [f for f in (self._final, *self._final.parents) if not f.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._made.append(folder)

    def _remove_parents(self) -> None:
        for folder in reversed(self._made):
            with suppress(OSError):  # somebody else put something there: then it stays
                folder.rmdir()
        self._made.clear()


def _sweep(folder: Path, prefix: str) -> None:
    for entry in folder.iterdir():
        pid = entry.name.removeprefix(prefix).partition("-")[0]
        if entry.name.startswith(prefix) and pid.isdecimal() and not _alive(int(pid)):
            shutil.rmtree(entry, ignore_errors=True)


def _alive(pid: int) -> bool:
    if sys.platform == "win32":
        return (
            True  # no harmless way to ask in the standard library: os.kill ends the process there
        )
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
