"""The file of a restored window: written as its frames come, believed only where checksums agree.

A safetensors file whose header is written first, as all shapes are known:

    frames    F32  T H W 3   the window's real frames in the engine's order (joined in pixels), or
    latents   F32  L C h w   its latents (joined in latents)
    anchors   F32  n H W 3   frames for neighbours, where they are not among the frames
    trusts    F64  T + n     or L + n: of each item above
    checks    U32  T + n + 1 or L + n + 1: CRC-32 of each item above, and of the trusts

The header also names what all of it was made from. No more than one item is in memory at a time.
"""

from __future__ import annotations

import os
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import NO_ROOM, DiskFullError, JobError

FORMAT: Final = "sparkvsr window 1"
LONGEST_HEADER: Final = 4096

Item = tuple[NDArray[np.float32], float]
"""A frame (H W 3) with its trust, or a latent (C h w) with the trust that it carries."""
Side = Annotated[int, msgspec.Meta(ge=1)]


class DamagedWindow(Exception):  # noqa: N818 - not for people: the window is restored again
    """A window's file is not there, cut short, changed, or that of something else."""


@dataclass(frozen=True)
class Contents:
    """What the file of a window holds.

    Attributes:
        key: names everything that the items depend on.
        count: of frames or latents.
        anchors: how many there are besides; items behind the others.
        picture: H W 3.
    """

    key: str
    kind: Literal["frames", "latents"]
    count: int
    anchors: int
    picture: tuple[int, ...]


class _Layout:
    """Where everything is in the file.

    Attributes:
        head: the first bytes: the header with its length.
        nbytes: of the whole file.

    Raises:
        ValueError: frames of this shape do not belong into it.
    """

    def __init__(self, contents: Contents, shape: tuple[int, ...]) -> None:
        self._contents, self._shape = contents, shape
        if contents.kind == "frames" and shape != contents.picture:
            raise ValueError(f"frames of {shape}, not {contents.picture}")
        items = contents.count + contents.anchors
        tensors = [
            (contents.kind, "F32", (contents.count, *shape)),
            ("anchors", "F32", (contents.anchors, *contents.picture)),
            ("trusts", "F64", (items,)),
            ("checks", "U32", (items + 1,)),
        ]
        header: dict[str, object] = {"__metadata__": {"format": FORMAT, "key": contents.key}}
        stop = 0
        for name, dtype, sizes in tensors:
            start, stop = stop, stop + prod(sizes) * int(dtype[1:]) // 8
            if stop > start:
                header[name] = {"dtype": dtype, "shape": sizes, "data_offsets": (start, stop)}
        text = msgspec.json.encode(header)
        text += b" " * (-len(text) % 8)
        self.head = len(text).to_bytes(8, "little") + text
        self.nbytes = len(self.head) + stop

    def shape(self, i: int) -> tuple[int, ...]:
        """Of an item."""
        return self._shape if i < self._contents.count else self._contents.picture

    def offset(self, i: int) -> int:
        """Where an item begins; behind the last one, the trusts."""
        own = min(i, self._contents.count)
        anchors = i - own
        return len(self.head) + 4 * (
            own * prod(self._shape) + anchors * prod(self._contents.picture)
        )


class WindowWriter:
    """Writes the items of a window one by one; the file stands under its name after `finish`.

    A context manager: a file that was not finished goes away. What a killed process left of the
    same window goes away, too, so nobody else may be writing it.

    Raises:
        DiskFullError: no room left.
        JobError: it cannot be written for another reason.
    """

    def __init__(self, path: Path, contents: Contents) -> None:
        self._path, self._contents = path, contents
        self._part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        self._trusts: list[float] = []
        self._checks: list[int] = []
        with self._telling():
            for old in path.parent.glob(f"{path.name}.*.part"):
                old.unlink(missing_ok=True)
            # Unbuffered: a buffer that no longer fits on the disk would fail again while closing.
            self._file = self._part.open("xb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def add(self, values: NDArray[np.float32], trust: float) -> None:
        """Write the next item: all frames or latents, then the anchors; raises as the class."""
        at, contents = len(self._trusts), self._contents
        if at == 0:
            self._layout = _Layout(contents, values.shape)
            self._write(self._layout.head)
        if values.shape != self._layout.shape(at) or values.dtype != np.float32:
            raise ValueError(f"item {at} of a window is {values.shape} {values.dtype}")
        data = np.ascontiguousarray(values, "<f4").data.cast("B")
        self._write(data)
        self._trusts.append(trust)
        self._checks.append(zlib.crc32(data))

    def finish(self) -> int:
        """Sync the file and give it its name; returns its bytes, and raises as the class."""
        if len(self._trusts) != self._contents.count + self._contents.anchors:
            raise ValueError(f"a window of {self._contents} has {len(self._trusts)} items")
        trusts = np.array(self._trusts, "<f8").tobytes()
        self._write(trusts)
        self._write(np.array([*self._checks, zlib.crc32(trusts)], "<u4").tobytes())
        with self._telling():
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        return self._layout.nbytes

    def _write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        with self._telling():
            while rest:
                rest = rest[self._file.write(rest) :]

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in NO_ROOM:
                raise DiskFullError(
                    f"No room left for restored windows in {self._path.parent}.",
                    "Free some space on that disk, then go on with the job.",
                ) from error
            raise JobError(
                f"Restored windows cannot be kept in {self._path.parent}: {error.strerror}.",
                "Check the disk and the folder's permissions, then go on with the job.",
            ) from error


class WindowFile:
    """Gives the items of a window's file, each in any order; `open_window` makes it."""

    def __init__(self, file: BufferedReader, contents: Contents) -> None:
        self._file = file
        size = os.fstat(file.fileno()).st_size
        self._layout = layout = _layout_of(self._read(0, min(size, LONGEST_HEADER)), contents)
        if size != layout.nbytes:
            raise ValueError(f"{size} bytes, not {layout.nbytes}")
        items = contents.count + contents.anchors
        trusts = self._read(layout.offset(items), 8 * items)
        self._trusts = np.frombuffer(trusts, "<f8")
        self._checks = np.frombuffer(
            self._read(layout.offset(items) + len(trusts), 4 * (items + 1)), "<u4"
        )
        self._check(items, trusts)

    def item(self, i: int) -> Item:
        """A frame or latent; from their count on, an anchor.

        Raises:
            DamagedWindow: it is not what was written.
        """
        layout = self._layout
        with _believing(self._file.name):
            data = self._read(layout.offset(i), layout.offset(i + 1) - layout.offset(i))
            self._check(i, data)
        values = np.frombuffer(data, "<f4").reshape(layout.shape(i))
        return values, float(self._trusts[i])

    def _check(self, i: int, data: bytearray) -> None:
        if zlib.crc32(data) != self._checks[i]:
            raise ValueError(f"item {i} has another checksum")

    def _read(self, offset: int, size: int) -> bytearray:
        data = bytearray(size)
        self._file.seek(offset)
        if self._file.readinto(data) != size:
            raise ValueError("it ends early")
        return data


class _Tensor(msgspec.Struct):
    """As a header describes it; the rest is compared as a whole."""

    shape: tuple[Side, Side, Side, Side]


def _layout_of(beginning: bytearray, contents: Contents) -> _Layout:
    """Read from the file is only what cannot be known before: the shape of latents."""
    size = int.from_bytes(beginning[:8], "little")
    tensors = msgspec.json.decode(beginning[8 : 8 + size], type=dict[str, msgspec.Raw])
    shape = msgspec.json.decode(tensors.get(contents.kind, b""), type=_Tensor).shape
    layout = _Layout(contents, shape[1:])
    if not beginning.startswith(layout.head):
        raise ValueError("it was made from something else")
    return layout


@contextmanager
def open_window(path: Path, contents: Contents) -> Iterator[WindowFile]:
    """Open a window's file, which must hold exactly what is expected.

    Raises:
        DamagedWindow: it does not.
    """
    with _believing(str(path)):
        file = path.open("rb")
    with file:
        with _believing(str(path)):
            window = WindowFile(file, contents)
        yield window


@contextmanager
def _believing(name: str) -> Iterator[None]:
    """Whatever shows that a file is not what was written."""
    try:
        yield
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise DamagedWindow(f"{name}: {error}") from error
