"""Cross-fades what overlaps: windows in time, tiles in space. Weights sum to 1 everywhere.

Axes: H W pixels, C channels.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .errors import NO_ROOM, DiskFullError
from .tile_planner import Tile

Picture = NDArray[np.float32]
"""H W C."""

Span = tuple[int, int]
"""Start and stop along an axis, stop not included."""


class Covering(Protocol):
    """A part of a shot: the frames from `start` to `stop`, `stop` not included."""

    @property
    def start(self) -> int: ...

    @property
    def stop(self) -> int: ...


def window_weights(windows: Sequence[Covering]) -> list[NDArray[np.float64]]:
    """Weights in time: for each window one a real frame, in shot order, in (0, 1].

    Over every shot index the weights of all windows that cover it sum to 1.

    Args:
        windows: in shot order; both `start` and `stop` rise strictly.
    """
    return cross_fades([(window.start, window.stop) for window in windows])


def mixed(parts: Sequence[tuple[Picture, float, float]]) -> tuple[Picture, float]:
    """The weighted mean of pictures and trusts; where all are equal, exactly these.

    Args:
        parts: picture, trust and weight (above 0), at least one.
    """
    picture_HWC, trust, total = parts[0]
    for given_HWC, given_trust, weight in parts[1:]:
        total += weight
        picture_HWC = _mix(picture_HWC, given_HWC, weight / total)
        trust += (given_trust - trust) * (weight / total)
    return picture_HWC, trust


def tile_weights(tiles: Sequence[Tile], width: int, height: int) -> list[NDArray[np.float32]]:
    """Weights in space: for each tile H W of its own size, in (0, 1].

    Over every pixel of the padded picture the weights of all tiles that cover it sum to 1.

    Args:
        tiles: as `plan_tiles` gives them.
        width, height: of the picture that they are meant for.

    Raises:
        ValueError: the tiles do not cover such a picture.
    """
    rows = sorted({(tile.y, tile.y + tile.height) for tile in tiles})
    columns = sorted({(tile.x, tile.x + tile.width) for tile in tiles})
    if rows[-1][1] < height or columns[-1][1] < width:
        raise ValueError(f"{columns[-1][1]}x{rows[-1][1]} tiled pixels for {width}x{height}")
    by_row = dict(zip(rows, cross_fades(rows), strict=True))
    by_column = dict(zip(columns, cross_fades(columns), strict=True))
    return [
        np.outer(
            by_row[tile.y, tile.y + tile.height], by_column[tile.x, tile.x + tile.width]
        ).astype(np.float32)
        for tile in tiles
    ]


class Spool(Protocol):
    """A place for pictures that wait."""

    def put(self, key: Hashable, picture: Picture) -> None:
        """Keep a picture."""
        ...

    def take(self, key: Hashable) -> Picture:
        """Give it back, and forget it."""
        ...


class MemorySpool:
    """Keeps pictures in memory, as they are."""

    def __init__(self) -> None:
        self._pictures: dict[Hashable, Picture] = {}

    def put(self, key: Hashable, picture: Picture) -> None:
        self._pictures[key] = picture

    def take(self, key: Hashable) -> Picture:
        return self._pictures.pop(key)


class DiskSpool:
    """Keeps pictures of one shape in a temporary file that nobody else sees (POSIX).

    The file is as large as the most pictures that ever waited at once. It goes away with `close`,
    and with the process however that ends.

    Args:
        folder: where the file is made; None means the system's folder for temporary files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())
        # Unbuffered: a buffer that no longer fits on the disk would fail again while closing.
        self._file = tempfile.TemporaryFile(prefix="sparkvsr-", dir=self._folder, buffering=0)  # noqa: SIM115
        self._slots: dict[Hashable, int] = {}
        self._free: list[int] = []
        self._shape: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the file; what still waits is lost."""
        self._file.close()

    def put(self, key: Hashable, picture: Picture) -> None:
        """Keep a copy of a picture.

        Raises:
            DiskFullError: no room left.
            ValueError: the picture's shape is not that of the ones before.
        """
        if self._shape and picture.shape != self._shape:
            raise ValueError(f"a picture of {picture.shape} among pictures of {self._shape}")
        self._shape = picture.shape
        slot = self._free.pop() if self._free else len(self._slots)
        self._slots[key] = slot
        self._file.seek(slot * picture.nbytes)
        rest = np.ascontiguousarray(picture, np.float32).data.cast("B")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise DiskFullError(
                "No room left for frames that wait to be blended.",
                f"Free some space in {self._folder}, or set TMPDIR to a folder with more.",
            ) from error

    def take(self, key: Hashable) -> Picture:
        """Give a picture back; its room in the file is used again."""
        picture = self.look_at(key)
        self._free.append(self._slots.pop(key))
        return picture

    def look_at(self, key: Hashable) -> Picture:
        """Give a picture, and keep it."""
        picture: Picture = np.empty(self._shape, np.float32)
        self._file.seek(self._slots[key] * picture.nbytes)
        rest = picture.data.cast("B")
        while rest:
            rest = rest[self._file.readinto(rest) :]
        return picture

    def __contains__(self, key: object) -> bool:
        return key in self._slots


class ShotBlender:
    """Collects the frames of all windows, in any order, and gives the shot's frames in order.

    Args:
        windows: of the shot, as for `window_weights`.
        spool: where pictures wait; in memory unless given.
        first: the first frame that is wanted; those before it are never given.
    """

    def __init__(
        self, windows: Sequence[Covering], spool: Spool | None = None, first: int = 0
    ) -> None:
        self._windows = windows
        self._weights = window_weights(windows)
        self._spool: Spool = MemorySpool() if spool is None else spool
        self._delivered: dict[int, dict[int, float]] = {}  # index → position → trust
        self._finished: dict[int, float] = {}  # index → trust
        self._next = first
        self._next_picture: Picture | None = None

    def add(self, position: int, index: int, picture_HWC: Picture, trust: float) -> None:
        """Take a restored frame; the array must not be changed afterwards.

        A sample on which all windows agree to the bit passes as it is. The result does not depend
        on the order in which the windows deliver.

        Args:
            position: of the window among `windows`.
            index: the frame in the shot.
            trust: 0 to 1.

        Raises:
            ValueError: the window does not cover the frame, or delivered it before.
        """
        covering = self._covering(index)
        trusts = self._delivered.setdefault(index, {})
        if index < self._next or position not in covering or position in trusts:
            raise ValueError(f"window {position} owes no frame {index}")
        trusts[position] = trust
        if len(trusts) < len(covering):
            self._spool.put((index, position), picture_HWC)
            return

        parts = []
        for part in covering:
            given_HWC = picture_HWC if part == position else self._spool.take((index, part))
            weight = float(self._weights[part][index - self._windows[part].start])
            parts.append((given_HWC, trusts[part], weight))
        mixed_HWC, self._finished[index] = mixed(parts)
        if index == self._next:  # the usual case: it leaves at once
            self._next_picture = mixed_HWC
        else:
            self._spool.put(index, mixed_HWC)

    def ready(self) -> Iterator[tuple[int, Picture, float]]:
        """Index, picture and trust of the frames that are finished and next in order."""
        while self._next in self._finished:
            index, picture_HWC = self._next, self._next_picture
            if picture_HWC is None:
                picture_HWC = self._spool.take(index)
            self._next, self._next_picture = index + 1, None
            del self._delivered[index]
            yield index, picture_HWC, self._finished.pop(index)

    def _covering(self, index: int) -> range:
        """Positions of the windows that cover a frame; starts and stops rise along a plan."""
        return range(
            bisect_right(self._windows, index, key=lambda window: window.stop),
            bisect_right(self._windows, index, key=lambda window: window.start),
        )


def _mix(a: Picture, b: Picture, share: float) -> Picture:
    """a + share · (b - a), but exactly a where both have the same bits (infinities included)."""
    differs = a.view(np.uint32) != b.view(np.uint32)
    if not differs.any():
        return a
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(differs, a + (b - a) * np.float32(share), a)


def cross_fades(spans: Sequence[Span]) -> list[NDArray[np.float64]]:
    """Raised cosines over what neighbouring spans share, as many weights a span as it is long.

    Args:
        spans: both starts and stops rise; of whatever there is: frames, pixels, latents.
    """
    weights: list[NDArray[Any]] = [np.ones(stop - start) for start, stop in spans]
    for i, ((_, stop), (start, _)) in enumerate(pairwise(spans)):
        shared = stop - start
        if shared > 0:
            rise = np.sin(np.pi / 2 * (np.arange(shared) + 0.5) / shared) ** 2
            weights[i][-shared:] *= rise[::-1]
            weights[i + 1][:shared] *= rise
    # Where three or more spans meet, the products of their fades do not sum to 1 by themselves.
    total = np.zeros(spans[-1][1])
    for (start, stop), weight in zip(spans, weights, strict=True):
        total[start:stop] += weight
    return [
        weight / total[start:stop] for (start, stop), weight in zip(spans, weights, strict=True)
    ]
