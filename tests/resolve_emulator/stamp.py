"""The block in the upper left corner of a rendered picture that tells what the picture shows.

Black and white cells of 2×2 pixels, row by row, a number after the other, the highest bit first.
They survive half floats, 8 bits and ProRes; a checksum tells when they did not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkvsr.media import is_movie, open_source, read_picture

CELL = 2
MAGIC = 0xA7
BITS = {
    "source_frame": 20,
    "item": 8,
    "clip_grade": 8,
    "layer_grade": 8,
    "group_pre": 8,
    "group_post": 8,
    "timeline_grade": 8,
    "timeline": 8,
    "zoom": 10,
    "overlays": 6,
    "transform": 4,
}
TOTAL = 8 + sum(BITS.values()) + 8


@dataclass(frozen=True)
class Rendered:
    """What a picture says of itself; grades are their numbers, 0 for none.

    Attributes:
        source_frame: of the file of the topmost clip that fills the picture, from 0.
        item: serial of its item; copies of an item have that of the original.
        clip_grade, layer_grade: of the first layer, and of the highest other one.
        timeline: serial of the timeline; a copy has its own.
        zoom: ZoomX, in hundredths.
        overlays: titles, generators and transparent clips above it.
        transform: of the output, 0 when colours are not managed.
    """

    source_frame: int
    item: int
    clip_grade: int = 0
    layer_grade: int = 0
    group_pre: int = 0
    group_post: int = 0
    timeline_grade: int = 0
    timeline: int = 0
    zoom: int = 100
    overlays: int = 0
    transform: int = 0

    @property
    def group_grade(self) -> int:
        return self.group_pre or self.group_post


def stamped(picture: NDArray[np.float32], said: Rendered) -> NDArray[np.float32]:
    """A copy of a picture H W 3 with the block in its corner."""
    made = picture.copy()
    columns = made.shape[1] // CELL
    for index, bit in enumerate(_bits(said)):
        row, column = divmod(index, columns)
        y, x = row * CELL, column * CELL
        made[y : y + CELL, x : x + CELL] = bit
    return made


def block_rows(width: int) -> int:
    """How many lines of a picture the block takes."""
    return CELL * -(-TOTAL // (width // CELL))


def _bits(said: Rendered) -> list[int]:
    numbers = [(MAGIC, 8)]
    numbers += [(getattr(said, name) & (1 << bits) - 1, bits) for name, bits in BITS.items()]
    numbers.append((_checksum([number for number, _ in numbers]), 8))
    return [number >> bit & 1 for number, bits in numbers for bit in reversed(range(bits))]


def _checksum(numbers: list[int]) -> int:
    total = 0
    for number in numbers:
        total = (total * 31 + number) % 65521
    return total & 0xFF


def read_stamp(picture: NDArray[Any]) -> Rendered:
    """What a picture H W 3 says, 1.0 white.

    Raises:
        ValueError: there is no block, or it is damaged.
    """
    columns = picture.shape[1] // CELL
    values = []
    for index in range(TOTAL):
        row, column = divmod(index, columns)
        y, x = row * CELL, column * CELL
        values.append(int(np.mean(picture[y : y + CELL, x : x + CELL, 1]) > 0.5))
    numbers, position = [], 0
    for bits in (8, *BITS.values(), 8):
        numbers.append(int("".join(map(str, values[position : position + bits])), 2))
        position += bits
    if numbers[0] != MAGIC or numbers[-1] != _checksum(numbers[:-1]):
        raise ValueError("the picture has no readable block")
    return Rendered(**dict(zip(BITS, numbers[1:-1], strict=True)))


def decode(path: str | Path) -> Rendered:
    """What a picture file says. Raises ValueError without a readable block."""
    return read_stamp(_floats(read_picture(str(path))))


def decode_movie(path: str | Path) -> Iterator[Rendered]:
    """What each frame of a movie or sequence says."""
    if not is_movie(str(path)) and "%" not in str(path):
        raise ValueError(f"{path} is no movie")
    with open_source(str(path)) as source:
        for frame in source.frames():
            yield read_stamp(_floats(frame))


def _floats(picture: NDArray[Any]) -> NDArray[np.float32]:
    top = np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 1
    return np.asarray(picture[..., :3], np.float32) / np.float32(top)


assert tuple(field.name for field in fields(Rendered)) == tuple(BITS)
