"""The pixel aspect of Matroska and MXF, written into the finished file.

FFmpeg's muxers for both take it from a field of the stream that PyAV does not reach; the encoder's
own aspect, which .mov and .mp4 take, is ignored by them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

_HEAD = 1 << 16  # both headers stand in the first bytes of the file, well before its pictures

# IDs of RFC 9559. The title that is written into the track is as long as the elements that take
# its place: so nothing behind the header has to move.
_SEGMENT, _TRACKS, _TRACK, _VIDEO, _NAME = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x536E
_CRC = 0xBF
_DISPLAY_LENGTH = 18
MATROSKA_PLACEHOLDER = "_" * (_DISPLAY_LENGTH - 3)

# SMPTE ST 377-1: the local tag of the picture descriptor's Aspect Ratio, and its length of 8 bytes.
_MXF_ASPECT = b"\x32\x0e\x00\x08"


class _Element(NamedTuple):
    id: int
    start: int
    content: int
    end: int


def write_matroska_aspect(file: Path, display: Fraction) -> None:
    """Put the display aspect (width : height) where the placeholder stands as the track's title.

    Raises:
        ValueError: the file is not laid out as FFmpeg does.
    """
    with file.open("r+b") as opened:
        head = opened.read(_HEAD)
        segment = _child(head, _SEGMENT, 0, len(head))
        tracks = _child(head, _TRACKS, segment.content, segment.end)
        track = _child(head, _TRACK, tracks.content, tracks.end)
        title = _child(head, _NAME, track.content, track.end)
        video = _child(head, _VIDEO, track.content, track.end)
        width, height = (n.to_bytes(4, "big") for n in display.as_integer_ratio())
        # DisplayWidth, DisplayHeight and DisplayUnit: 3 says that the two are an aspect ratio.
        elements = b"\x54\xb0\x84" + width + b"\x54\xba\x84" + height + b"\x54\xb2\x81\x03"
        longer = _resized(head[video.start : video.content], video.end - video.content)
        children = head[track.content : title.start] + head[title.end : track.end]
        old = head[video.start : video.end]
        new = longer + head[video.content : video.end] + elements
        fixed = head[: track.content] + children.replace(old, new, 1) + head[track.end :]
        crc = next(_elements(fixed, tracks.content, tracks.end))
        if crc.id == _CRC:
            checksum = zlib.crc32(fixed[crc.end : tracks.end]).to_bytes(4, "little")
            fixed = fixed[: crc.content] + checksum + fixed[crc.end :]
        opened.seek(0)
        opened.write(fixed)


def write_mxf_aspect(file: Path, display: Fraction) -> None:
    """Put the display aspect (width : height) into the picture descriptor.

    Raises:
        ValueError: the file holds none.
    """
    with file.open("r+b") as opened:
        place = opened.read(_HEAD).index(_MXF_ASPECT) + len(_MXF_ASPECT)
        opened.seek(place)
        opened.write(b"".join(n.to_bytes(4, "big") for n in display.as_integer_ratio()))


def _resized(head: bytes, length: int) -> bytes:
    """The ID and length of an element whose content grows by what is put into it."""
    id_length = _vint_length(head[0])
    size_length = len(head) - id_length
    size = (length + _DISPLAY_LENGTH) | 1 << 7 * size_length
    return head[:id_length] + size.to_bytes(size_length, "big")


def _child(data: bytes, wanted: int, start: int, end: int) -> _Element:
    for element in _elements(data, start, end):
        if element.id == wanted:
            return element
    raise ValueError(f"its header holds no element {wanted:X}")


def _elements(data: bytes, start: int, end: int) -> Iterator[_Element]:
    while start < min(end, len(data)):
        size_at = start + _vint_length(data[start])
        content = size_at + _vint_length(data[size_at])
        length = int.from_bytes(data[size_at:content], "big") & ~(1 << 7 * (content - size_at))
        yield _Element(int.from_bytes(data[start:size_at], "big"), start, content, content + length)
        start = content + length


def _vint_length(first: int) -> int:
    """Of an EBML number, told by the zeros in front of its first byte."""
    return 9 - first.bit_length()
