"""Keeps what the models computed, under the hash of everything it depends on.

A latent of a window is small (33 frames of 1280x720: 8 MB in float32) and costs seconds; so a new
guidance value, or one changed keyframe, only pays for what really depends on it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor


class StageCache:
    """Tensors by key in main memory; the least recently used leave first.

    Args:
        most_bytes: of all tensors together; one that is larger by itself is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._tensors: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, key: str, compute: Callable[[], Tensor]) -> Tensor:
        """The tensor of a key; one that was kept comes from main memory, a new one as computed."""
        kept = self._tensors.get(key)
        if kept is not None:
            self._tensors.move_to_end(key)
            return kept
        tensor = compute()
        self._put(key, tensor.to("cpu", copy=True))  # a copy: it may be a small part of its storage
        return tensor

    def _put(self, key: str, tensor: Tensor) -> None:
        size = tensor.untyped_storage().nbytes()
        if size > self._most_bytes:
            return
        self._tensors[key] = tensor
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, oldest = self._tensors.popitem(last=False)
            self._bytes -= oldest.untyped_storage().nbytes()


def key_of(*parts: object) -> str:
    """Hash of texts, numbers and byte strings; no two lists of parts give the same."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def best_device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
