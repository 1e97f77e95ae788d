"""The pictures of a job, out of the store: checked against their hash when they are first read."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import KeyframePicture

from ._messages import Layout
from .errors import BlobError
from .manifest import KeyframeBlob, Manifest
from .store import Store


class StoredSource:
    """Source frames and keyframes of one job; implements `sparkvsr.executor.ShotSource`."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self._checked: set[str] = set()

    def at(self, index: int) -> NDArray[Any]:
        """A source frame (h w 3).

        Raises:
            BlobError: it is damaged or gone; it has been removed.
        """
        return np.array(self._picture(self._manifest.frames[index], self._manifest.layout))

    def digest(self, index: int) -> str:
        """Names the pixels of a source frame."""
        return self._manifest.frames[index]

    def keyframe(self, blob: KeyframeBlob) -> KeyframePicture:
        """A keyframe (H W 3), mapped: there may be more of them than memory."""
        return KeyframePicture(blob.index, self._picture(blob.digest, blob.layout))

    def _picture(self, digest: str, layout: Layout) -> NDArray[Any]:
        path = self._store.blob_path(digest)
        try:
            picture: NDArray[Any] = np.memmap(path, layout.dtype, "r", shape=layout.shape)
        except (OSError, ValueError):
            raise _damaged(digest) from None
        if digest not in self._checked:
            if hashlib.sha256(picture.data).hexdigest() != digest:
                path.unlink(missing_ok=True)
                raise _damaged(digest)
            self._checked.add(digest)
        return picture


def _damaged(digest: str) -> BlobError:
    return BlobError(
        f"Picture {digest[:12]} of the job is damaged in the daemon's store, or gone.",
        "Run the job again: the picture will be sent again.",
    )
