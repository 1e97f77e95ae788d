"""What the daemon keeps on disk: blobs under the hash of their bytes, and the results of jobs.

    blobs/ab/abcdef…                     raw bytes; the name is their SHA-256
    results/<job>/<position>.raw         restored frames
    results/<job>/windows/<plan>/<position>.safetensors   restored windows of a job that goes on

Files are written as `*.part`, synced and renamed: a name never stands for half of something. Which
results are believed, the journal says; what may go when room is short, `_room`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sparkvsr.errors import NO_ROOM, DiskFullError
from sparkvsr.kept import PlanChoice

from .errors import BlobError


class BlobWriter:
    """Receives one blob piece by piece; ends with `commit` or `abort`."""

    def __init__(self, target: Path, digest: str, nbytes: int) -> None:
        self.digest = digest
        self.nbytes = nbytes
        self.received = 0
        self._target = target
        self._part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        self._hash = hashlib.sha256()
        with _room(target.parent, nbytes):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("xb")

    def write(self, piece: bytes) -> None:
        """Append a piece.

        Raises:
            BlobError: more bytes than announced.
            DiskFullError: no room left.
        """
        if self.received + len(piece) > self.nbytes:
            raise BlobError(
                f"Blob {self.digest[:12]} has more than the {self.nbytes} bytes announced."
            )
        with _room(self._target.parent, self.nbytes):
            self._file.write(piece)
        self._hash.update(piece)
        self.received += len(piece)

    def commit(self) -> None:
        """Make the blob visible under its name.

        Raises:
            BlobError: the bytes have another hash; nothing is kept.
            DiskFullError: no room left.
        """
        if self._hash.hexdigest() != self.digest:
            raise BlobError(
                f"The bytes of blob {self.digest[:12]} have another hash.", "Send it again."
            )
        with _room(self._target.parent, self.nbytes):
            _sync_and_rename(self._file, self._part, self._target)

    def abort(self) -> None:
        """Forget what was received."""
        self._file.close()
        self._part.unlink(missing_ok=True)


class Store:
    """Blobs and results under one folder; supervisor and worker share the files."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._results = root / "results"

    def prepare(self) -> None:
        """Remove what a dead daemon left half written. Only for the one that holds the lock."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._results.mkdir(parents=True, exist_ok=True)
        self.remove_parts()

    def remove_parts(self) -> None:
        """Remove what is half written; only while nobody writes."""
        for part in (*self._blobs.glob("*/*.part"), *self._results.rglob("*.part")):
            part.unlink(missing_ok=True)

    @property
    def free(self) -> int:
        """Bytes left on the store's disk."""
        return shutil.disk_usage(self._blobs).free

    def blobs(self) -> list[tuple[str, int]]:
        """Digest and bytes of every blob, those that were used longest ago first."""
        found = []
        for folder in os.scandir(self._blobs):
            for entry in os.scandir(folder):
                status = entry.stat()
                found.append((status.st_mtime, entry.name, status.st_size))
        return [(name, size) for _, name, size in sorted(found)]

    def touch_blob(self, digest: str) -> None:
        """Remember that a blob is in use now."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self.blob_path(digest))

    def remove_blob(self, digest: str) -> None:
        """Forget a blob."""
        self.blob_path(digest).unlink(missing_ok=True)

    def blob_path(self, digest: str) -> Path:
        """Where a blob is, or would be."""
        return self._blobs / digest[:2] / digest

    def blob_size(self, digest: str) -> int | None:
        """Bytes of a blob; None when the store does not hold it."""
        try:
            return self.blob_path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def blob_writer(self, digest: str, nbytes: int) -> BlobWriter:
        """Begin to receive a blob.

        Raises:
            DiskFullError: no room left.
        """
        return BlobWriter(self.blob_path(digest), digest, nbytes)

    def write_result(self, job: str, index: int, data: bytes | memoryview) -> None:
        """Keep one restored frame.

        Raises:
            DiskFullError: no room left.
        """
        path = self._result_path(job, index)
        part = path.with_name(f"{path.name}.part")
        try:
            with _room(path.parent, len(data)):
                path.parent.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as file:
                    file.write(data)
                    _sync_and_rename(file, part, path)
        finally:
            part.unlink(missing_ok=True)

    def read_result(self, job: str, index: int, offset: int, size: int) -> bytes:
        """A piece of one restored frame."""
        with self._result_path(job, index).open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def result_size(self, job: str, index: int) -> int | None:
        """Bytes of one restored frame; None when it is not there."""
        try:
            return self._result_path(job, index).stat().st_size
        except FileNotFoundError:
            return None

    def jobs(self) -> list[tuple[str, int]]:
        """Id and bytes of every job that has results, those written longest ago first."""
        found = []
        for folder in self._results.iterdir():
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            found.append((folder.stat().st_mtime, folder.name, size))
        return [(name, size) for _, name, size in sorted(found)]

    def touch_results(self, job: str) -> None:
        """Remember that a job's results are in use now."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._results / job)

    def window_path(self, job: str, plan: str, position: int) -> Path:
        """Where a restored window is, or would be."""
        return self._results / job / "windows" / plan / f"{position}.safetensors"

    def windows(self, job: str, plan: str) -> dict[int, int]:
        """Bytes of the windows of a plan that are there, by position."""
        folder = self._results / job / "windows" / plan
        return {int(path.stem): path.stat().st_size for path in folder.glob("*.safetensors")}

    def drop_frames(self, job: str, first: int) -> int:
        """Forget a job's frames from `first` on; gives the bytes freed."""
        freed = 0
        for path in (self._results / job).glob("*.raw"):
            if int(path.stem) >= first:
                freed += path.stat().st_size
                path.unlink()
        return freed

    def drop_windows(self, job: str) -> int:
        """Forget the windows of a job; gives the bytes freed."""
        folder = self._results / job / "windows"
        freed = sum(path.stat().st_size for path in folder.glob("*/*"))
        shutil.rmtree(folder, ignore_errors=True)
        return freed

    def drop_results(self, job: str) -> None:
        """Forget whatever there is of a job's results."""
        shutil.rmtree(self._results / job, ignore_errors=True)

    def _result_path(self, job: str, index: int) -> Path:
        return self._results / job / f"{index}.raw"


def plan_name(choice: PlanChoice) -> str:
    """Names a plan of a job, also in the store."""
    return f"{choice.window}-{choice.tile or 'whole'}"


def _sync_and_rename(file: BinaryIO, part: Path, target: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    part.replace(target)


@contextmanager
def _room(folder: Path, nbytes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFullError(
            f"The disk of the daemon's store is full: {nbytes / 1e6:.1f} MB were to be written.",
            "Free some space on that disk, or move the store with SPARKVSR_HOME.",
        ) from error
