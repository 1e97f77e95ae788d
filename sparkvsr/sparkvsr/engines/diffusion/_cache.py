"""Keeps what the models computed, on disk, under the hash of everything it depends on.

A latent of a window is small (33 frames of 1280x720: 8 MB in float32) and costs seconds; so a new
guidance value, or one changed keyframe, only pays for what really depends on it, and a job that
was interrupted does not pay again. The folder holds what was made from footage: only its owner can
look into it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import platformdirs
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...errors import SettingsError

LOG: Final = logging.getLogger("sparkvsr")
SIZE_VARIABLE: Final = "SPARKVSR_CACHE_GB"
DEFAULT_GB: Final = 10.0
_NAME: Final = "stage"
_PART_IS_STALE_S: Final = 3600.0


class StageCache:
    """Tensors by key in a folder; those that were not used for longest leave first.

    Several processes may share a folder. A disk that is full costs only the keeping.

    Args:
        most_bytes: of all files together.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in folder.glob("*/*.part"):  # of a process that was killed
            if time.time() - _status(part).st_mtime > _PART_IS_STALE_S:
                part.unlink(missing_ok=True)
        self._bytes = sum(_status(file).st_size for file in self._files())

    def get(self, key: str, compute: Callable[[], Tensor], device: torch.device) -> Tensor:
        """The tensor of a key, on the device; computed if it was not kept."""
        path = self._folder / key[:2] / f"{key}.safetensors"
        try:
            kept = load_file(path, str(device))[_NAME]
            os.utime(path)
        except FileNotFoundError:
            pass
        except SafetensorError:  # damaged outside of our hands
            path.unlink(missing_ok=True)
        else:
            return kept
        tensor = compute()
        try:
            self._put(path, tensor)
        except (OSError, SafetensorError) as error:
            LOG.warning("a computed stage could not be kept in %s: %s", self._folder, error)
        return tensor.to(device)

    def _put(self, path: Path, tensor: Tensor) -> None:
        size = tensor.nbytes
        if size > self._most_bytes:
            return
        part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            save_file(
                {_NAME: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)}, part
            )
            with part.open("rb") as written:
                os.fsync(written.fileno())  # else its name may outlive a crash and its content not
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._bytes += size
        if self._bytes > self._most_bytes:
            self._shrink()

    def _shrink(self) -> None:
        """Down to nine tenths, so that not every new file makes it look through all of them."""
        files = sorted(
            (_status(file).st_mtime, _status(file).st_size, file) for file in self._files()
        )
        self._bytes = sum(size for _, size, _ in files)
        for _, size, file in files:
            if self._bytes <= self._most_bytes * 0.9:
                break
            file.unlink(missing_ok=True)
            self._bytes -= size

    def _files(self) -> list[Path]:
        return list(self._folder.glob("*/*.safetensors"))


def open_stage_cache() -> StageCache:
    """The cache of this user. `SPARKVSR_HOME` moves it, `SPARKVSR_CACHE_GB` caps it.

    Raises:
        SettingsError: the cap is no size.
    """
    home = os.environ.get("SPARKVSR_HOME")
    cache = (
        Path(home).absolute() / "cache"
        if home
        else platformdirs.user_cache_path("sparkvsr", appauthor=False)
    )
    text = os.environ.get(SIZE_VARIABLE, str(DEFAULT_GB))
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = -1.0
    if not 0.0 <= gigabytes <= 1e6:
        raise SettingsError(f"{SIZE_VARIABLE} is {text}.", "Set it to a number of gigabytes.")
    return StageCache(cache / "stages", int(gigabytes * 1e9))


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


def _status(file: Path) -> os.stat_result:
    """Of a file that another process may have just removed: then it counts as empty and old."""
    try:
        return file.stat()
    except FileNotFoundError:
        return os.stat_result((0,) * 10)


def device_count() -> int:
    """On how many devices the model could run at once, in a process each."""
    return torch.cuda.device_count() if best_device().type == "cuda" else 1
