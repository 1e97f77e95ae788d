"""What the daemon keeps on disk: blobs under the hash of their bytes, and the results of jobs.

    blobs/ab/abcdef…             raw bytes; the name is their SHA-256
    results/<job id>/<index>.raw restored frames
    results/<job id>/complete.json  written last; a folder without it is unfinished work

Files are written as `*.part`, synced and renamed: a name never stands for half of something.
Nothing is evicted yet; size cap and journal will sit between this module and its callers.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sparkvsr.errors import NO_ROOM, DiskFullError

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
        """Remove what a dead daemon left unfinished. Only for the one that holds the lock."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._results.mkdir(parents=True, exist_ok=True)
        for part in self._blobs.glob("*/*.part"):
            part.unlink(missing_ok=True)
        for folder in self._results.iterdir():
            if not (folder / "complete.json").is_file():
                shutil.rmtree(folder, ignore_errors=True)

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
        self._write(self._result_path(job, index), data)

    def read_result(self, job: str, index: int, offset: int, size: int) -> bytes:
        """A piece of one restored frame."""
        with self._result_path(job, index).open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def complete(self, job: str, record: bytes) -> None:
        """Say that all results of a job are there; `record` is what `completed` gives back."""
        self._write(self._results / job / "complete.json", record)

    def completed(self, job: str) -> bytes | None:
        """The record of a job whose results are all there, else None."""
        try:
            return (self._results / job / "complete.json").read_bytes()
        except FileNotFoundError:
            return None

    def completed_jobs(self, prefix: str) -> list[str]:
        """Ids of completed jobs that begin with `prefix`."""
        return [p.parent.name for p in self._results.glob(f"{prefix}*/complete.json")]

    def drop_results(self, job: str) -> None:
        """Forget whatever there is of a job's results."""
        shutil.rmtree(self._results / job, ignore_errors=True)

    def _result_path(self, job: str, index: int) -> Path:
        return self._results / job / f"{index}.raw"

    @staticmethod
    def _write(path: Path, data: bytes | memoryview) -> None:
        part = path.with_name(f"{path.name}.part")
        try:
            with _room(path.parent, len(data)):
                path.parent.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as file:
                    file.write(data)
                    _sync_and_rename(file, part, path)
        finally:
            part.unlink(missing_ok=True)


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
