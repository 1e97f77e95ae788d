"""Which jobs the daemon takes: complete ones, within its limits, whose results it can keep."""

from __future__ import annotations

from typing import Final

from ._job import Job
from ._room import Item, Room
from .errors import LimitError, ManifestError
from .manifest import Manifest, parse_manifest
from .store import Store

_WINDOWS_WAITING: Final = 4
_USUAL_WINDOW: Final = 33


class Admission:
    """Checks jobs, and holds what they need in the store.

    Args:
        max_queued: jobs that may wait at once.
        max_frames: of a job.
    """

    def __init__(self, store: Store, room: Room, max_queued: int, max_frames: int) -> None:
        self._store, self._room = store, room
        self._max_queued, self._max_frames = max_queued, max_frames

    def manifest(self, digest: str) -> Manifest:
        """The manifest of a job, all of whose blobs are there.

        Raises:
            ManifestError: the manifest is not valid, or blobs are missing.
        """
        try:
            manifest = parse_manifest(self._store.blob_path(digest).read_bytes())
        except FileNotFoundError:
            raise ManifestError(
                f"The daemon does not hold manifest {digest[:12]}.", "Restore the shot again."
            ) from None
        missing = 0
        for blob, size in manifest.blobs.items():
            found = self._store.blob_size(blob)
            missing += found is None or (size is not None and found != size)
        if missing:
            raise ManifestError(
                f"The daemon does not hold {missing} of the {len(manifest.blobs)} pictures of the "
                "job.",
                "Ask with `missing` which they are, and send them first.",
            )
        return manifest

    def check(self, job: Job, manifest: Manifest, queued: int) -> None:
        """See whether one more job can be taken.

        Raises:
            LimitError: too many jobs wait, or this has too many frames.
            StoreFullError: its results could not be kept.
        """
        if queued >= self._max_queued:
            raise LimitError(
                f"{queued} jobs wait already.",
                "Wait, or raise max_queued_jobs in daemon.toml (docs/daemon.md).",
            )
        if manifest.shot.frames > self._max_frames:
            raise LimitError(
                f"The shot has {manifest.shot.frames} frames; this daemon takes "
                f"{self._max_frames}.",
                "Restore it in parts, or raise max_frames in daemon.toml (docs/daemon.md).",
            )
        self._room.check(_expected(job, manifest), f"Job {job.short}")

    def hold(self, job: Job, manifest: Manifest) -> None:
        """Keep what a job needs in the store, and room for its results."""
        nbytes = _expected(job, manifest)
        blobs = [job.id, *manifest.blobs]
        self._room.hold(job.id, (Item("blob", b) for b in blobs), {Item("job", job.id): nbytes})
        for blob in blobs:
            self._room.touch(Item("blob", blob))
            self._store.touch_blob(blob)
        self._room.make(nbytes)

    def release(self, job: Job) -> None:
        """A job has ended: what it needed may go when room is short."""
        self._room.release(job.id)


def _expected(job: Job, manifest: Manifest) -> int:
    """Bytes that a job's results will take, with the restored windows that wait to be joined."""
    window = manifest.settings.window or _USUAL_WINDOW
    return job.bytes_of(job.frames, window * _WINDOWS_WAITING)
