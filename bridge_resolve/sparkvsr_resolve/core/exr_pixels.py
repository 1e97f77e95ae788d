"""A look at the pixels of the EXR files that Resolve renders: are they black, are they the same?

Layout: "OpenEXR File Layout", openexr.com. Plain files only: one part, scan lines.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Optional

BLACK = 0.002
"""Values up to this count as black: half a code of 8 bits."""

_MAGIC = 20000630
_NOT_PLAIN = 1 << 9 | 1 << 11 | 1 << 12  # tiled, deep, in several parts
_NONE, _ZIPS, _ZIP = 0, 2, 3
# Scan lines of a chunk by compression: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB,
# HTJ2K256, HTJ2K32.
_LINES_OF_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32)
_SAMPLES = "Ief"  # by pixel type: integers, half, float
_COLOURS = ("R", "G", "B")


@dataclass(frozen=True)
class _Layout:
    """Channels as name and code of a sample, in the order of the file; start: of the pixels."""

    channels: tuple[tuple[str, str], ...]
    width: int
    top: int
    lines: int
    compression: int
    start: int

    @property
    def line_bytes(self) -> int:
        return self.width * sum(struct.calcsize(f"<{sample}") for _, sample in self.channels)


def is_black(path: Path) -> Optional[bool]:
    """Whether no pixel of R, G and B is brighter than BLACK.

    None when that cannot be told: the file is compressed in another way than ZIP, or has none of
    these channels.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no whole plain EXR file.
    """
    with path.open("rb") as file:
        layout = _read_layout(file)
        if layout.compression not in (_NONE, _ZIPS, _ZIP):
            return None
        if not any(name in _COLOURS for name, _ in layout.channels):
            return None
        return not any(_is_bright(chunk, layout) for chunk in _chunks(file, layout))


def pixel_digest(path: Path) -> str:
    """SHA-256 of the pixels of an EXR file as they are stored, without its header.

    Headers of two frames differ, in timecode and frame number, also where their pictures do not.

    Raises:
        OSError, ValueError: as for `is_black`.
    """
    with path.open("rb") as file:
        file.seek(_read_layout(file).start)
        digest = hashlib.sha256()
        for block in iter(lambda: file.read(2**20), b""):
            digest.update(block)
        return digest.hexdigest()


def _read_layout(file: BinaryIO) -> _Layout:
    try:
        magic, flags = struct.unpack("<ii", file.read(8))
        if magic != _MAGIC or flags & _NOT_PLAIN:
            raise ValueError("it is no plain EXR file")
        found = dict(_attributes(file))
        left, top, right, bottom = struct.unpack("<4i", found["dataWindow"])
        (compression,) = found["compression"]
        lines = bottom - top + 1
        chunks = -(-lines // _LINES_OF_CHUNK[compression])
        channels = tuple(_channels(found["channels"]))
    except (KeyError, IndexError, struct.error) as error:
        raise ValueError("its header is damaged") from error
    start = file.tell() + 8 * chunks
    return _Layout(channels, right - left + 1, top, lines, compression, start)


def _attributes(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    while name := _text(file):
        _text(file)  # its type
        (length,) = struct.unpack("<i", file.read(4))
        yield name, file.read(max(0, length))


def _text(file: BinaryIO) -> str:
    letters = bytearray()
    for letter in iter(lambda: file.read(1), b"\0"):
        if not letter or len(letters) > 255:
            raise ValueError("its header is damaged")
        letters += letter
    return letters.decode("utf-8", "replace")


def _channels(content: bytes) -> Iterator[tuple[str, str]]:
    while content[:1] != b"\0":
        name, _, rest = content.partition(b"\0")
        (kind,) = struct.unpack("<i", rest[:4])
        yield name.decode("utf-8", "replace"), _SAMPLES[kind]
        content = rest[16:]  # pixel type, linear flag and reserved, two samplings


def _chunks(file: BinaryIO, layout: _Layout) -> Iterator[bytes]:
    """The samples of each chunk that is not zero all over."""
    file.seek(layout.start)
    lines_left = layout.lines
    while lines_left > 0:
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("it is cut off")
        line, length = struct.unpack("<ii", head)
        stored = file.read(max(0, length))
        if len(stored) < length:
            raise ValueError("it is cut off")
        lines = min(_LINES_OF_CHUNK[layout.compression], layout.top + layout.lines - line)
        full = lines * layout.line_bytes
        samples = stored if length == full else _unzip(stored)
        if lines < 1 or len(samples) != full:
            raise ValueError("its lines are damaged")
        if samples.count(0) < full:
            yield samples
        lines_left -= lines


def _unzip(stored: bytes) -> bytes:
    """Undo ZIP, differences of neighbours, and halves that were put one behind the other."""
    try:
        coded = zlib.decompress(stored)
    except zlib.error as error:
        raise ValueError("its lines are damaged") from error
    if coded[:1] == b"\0" and coded.count(128) == len(coded) - 1:  # all zero, told fast
        return bytes(len(coded))
    sums: Iterator[int] = itertools.accumulate(coded, lambda total, step: total + step - 128 & 255)
    summed = bytes(sums)
    middle = (len(summed) + 1) // 2
    samples = bytearray(len(summed))
    samples[::2], samples[1::2] = summed[:middle], summed[middle:]
    return bytes(samples)


def _is_bright(samples: bytes, layout: _Layout) -> bool:
    position = 0
    while position < len(samples):
        for name, sample in layout.channels:
            form = struct.Struct(f"<{layout.width}{sample}")
            if name in _COLOURS and any(
                value > BLACK for value in form.unpack_from(samples, position)
            ):
                return True
            position += form.size
    return False
