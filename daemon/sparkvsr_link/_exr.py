"""Headers and offset tables of EXR files; no pixel is decoded.

Layout of the files: "OpenEXR File Layout", openexr.com.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two are included."""

_MAGIC = 20000630
_VERSION = 2
_NOT_PLAIN = {1 << 9: "tiled", 1 << 11: "deep", 1 << 12: "in several parts"}
# Scan lines of a chunk by compression: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB,
# HTJ2K256, HTJ2K32.
_LINES_OF_CHUNK = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32)
_LONGEST_ATTRIBUTE = 64 * 2**20


@dataclass(frozen=True)
class ExrHeader:
    """What matters of an EXR header.

    Attributes:
        data_window, display_window: in pixels.
        channels: names, in the order of the file.
        pixel_aspect: width : height of one pixel.
        complete: every scan line that the header promises lies within the file.
    """

    data_window: Box
    display_window: Box
    channels: tuple[str, ...]
    pixel_aspect: float
    complete: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the display window."""
        left, top, right, bottom = self.display_window
        return right - left + 1, bottom - top + 1


def read_exr_header(path: Path) -> ExrHeader:
    """Read the header of a plain EXR file: one part, scan lines.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no EXR file, is cut off within its header, or is not a plain one.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        magic, version = struct.unpack("<ii", _exactly(file, 8))
        if magic != _MAGIC or version & 0xFF != _VERSION:
            raise ValueError("it is no EXR file")
        for bit, kind in _NOT_PLAIN.items():
            if version & bit:
                raise ValueError(f"it is {kind}, which SparkVSR does not write")
        attributes = _attributes(file)
        try:
            data_window = _box(attributes["dataWindow"])
            (compression,) = attributes["compression"]
            header = ExrHeader(
                data_window=data_window,
                display_window=_box(attributes["displayWindow"]),
                channels=_channels(attributes["channels"]),
                pixel_aspect=struct.unpack("<f", attributes["pixelAspectRatio"])[0],
                complete=False,
            )
            lines = _LINES_OF_CHUNK[compression]
        except (KeyError, IndexError, struct.error, ValueError) as error:
            raise ValueError("its header is damaged") from error
        height = data_window[3] - data_window[1] + 1
        complete = _has_all_chunks(file, size, -(-height // lines))
        return replace(header, complete=complete)


def _attributes(file: BinaryIO) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while True:
        name = _text(file)
        if not name:
            return found
        _text(file)  # its type
        (length,) = struct.unpack("<i", _exactly(file, 4))
        if not 0 <= length <= _LONGEST_ATTRIBUTE:
            raise ValueError("its header is damaged")
        found[name] = _exactly(file, length)


def _channels(content: bytes) -> tuple[str, ...]:
    names = []
    position = 0
    while content[position : position + 1] != b"\0":
        end = content.index(b"\0", position)
        names.append(content[position:end].decode("utf-8", "replace"))
        position = end + 1 + 16  # pixel type, linear flag and reserved, two samplings
    return tuple(names)


def _box(content: bytes) -> Box:
    left, top, right, bottom = struct.unpack("<4i", content)
    if right < left or bottom < top:
        raise ValueError("an empty window")
    return left, top, right, bottom


def _has_all_chunks(file: BinaryIO, size: int, chunks: int) -> bool:
    """Whether every chunk that the offset table names ends within the file."""
    start = file.tell() + 8 * chunks
    if start > size:
        return False
    offsets = struct.unpack(f"<{chunks}Q", _exactly(file, 8 * chunks))
    if min(offsets) < start or max(offsets) + 8 > size:  # 0 where a writer was stopped
        return False
    file.seek(max(offsets) + 4)  # past the number of its first line
    length = int.from_bytes(_exactly(file, 4), "little", signed=True)
    return 0 <= length <= size - file.tell()


def _text(file: BinaryIO) -> str:
    """A name that ends with a zero byte; the longest that the format allows has 255."""
    letters = bytearray()
    while len(letters) <= 255:
        letter = _exactly(file, 1)
        if letter == b"\0":
            return letters.decode("utf-8", "replace")
        letters += letter
    raise ValueError("its header is damaged")


def _exactly(file: BinaryIO, length: int) -> bytes:
    content = file.read(length)
    if len(content) < length:
        raise ValueError("it is cut off within its header")
    return content
