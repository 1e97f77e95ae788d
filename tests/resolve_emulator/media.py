"""Media files: what Resolve knows of them, and their pixels."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkvsr.errors import SparkVSRError
from sparkvsr.media import Timecode, is_movie, open_source, read_picture

STILL_FRAMES = 24  # the longest that a picture gets on a timeline
_NUMBERED = re.compile(r"(.*?)(\d+)(\.[^.]+)")
_decoded: OrderedDict[tuple[str, int, int, int], list[NDArray[np.float32]]] = OrderedDict()


@dataclass(frozen=True)
class Media:
    """A movie, a numbered sequence or a picture.

    Attributes:
        path: as a person sees it: a file, or `/dir/name.[0001-0100].exr`.
        pattern: as it is opened.
        number: of the first file of a sequence, 0 of movies.
        start: timecode of the first frame, in frames since midnight at the nominal rate.
    """

    path: str
    pattern: str
    kind: str
    frames: int
    number: int
    rate: Fraction
    width: int
    height: int
    start: int
    codec: str
    audio: bool = False

    def picture(self, index: int) -> NDArray[np.float32]:
        """Frame `index` from 0, H W 3, 1.0 is white. Frames before and after repeat the ends."""
        frames = _frames(self)
        return frames[min(max(index, 0), len(frames) - 1)]


def find_media(path: str, rate: Fraction) -> Media | None:
    """What a file is, or None when it is no picture or movie that can be read.

    A file of a numbered sequence stands for all of it: the run of numbers that it is part of.

    Args:
        rate: of files that say none.
    """
    file = Path(path)
    try:
        if is_movie(path):
            return _of_source(path, path, "movie", 0, None)
        match = _NUMBERED.fullmatch(file.name)
        numbers = _run(file.parent, match) if match else []
        if match and len(numbers) > 1:
            digits = len(match[2])
            stem, suffix = file.parent / match[1], match[3]
            shown = f"{stem}[{numbers[0]:0{digits}}-{numbers[-1]:0{digits}}]{suffix}"
            pattern = f"{stem}%0{digits}d{suffix}"
            return _of_source(shown, pattern, "sequence", numbers[0], (numbers[0], numbers[-1]))
        return still(path, rate)
    except (SparkVSRError, OSError):
        return None


def still(path: str, rate: Fraction) -> Media:
    """One picture, whatever its name.

    Raises:
        SparkVSRError: it cannot be read.
    """
    height, width = read_picture(path).shape[:2]
    return Media(path, path, "still", 1, 0, rate, width, height, 0, Path(path).suffix[1:])


def _run(folder: Path, match: re.Match[str]) -> list[int]:
    """The consecutive numbers around the one of a file."""
    name = re.compile(re.escape(match[1]) + rf"(\d{{{len(match[2])}}})" + re.escape(match[3]))
    found = {int(m[1]) for m in map(name.fullmatch, (p.name for p in folder.iterdir())) if m}
    first = last = int(match[2])
    if first not in found:
        return []
    while first - 1 in found:
        first -= 1
    while last + 1 in found:
        last += 1
    return list(range(first, last + 1))


def _of_source(
    shown: str, pattern: str, kind: str, number: int, span: tuple[int, int] | None
) -> Media:
    first, last = span or (None, None)
    with open_source(pattern, first=first, last=last) as source:
        info = source.info
    start = info.timecode.frames if info.timecode else number
    return Media(
        path=shown,
        pattern=pattern,
        kind=kind,
        frames=info.frames,
        number=number,
        rate=info.rate,
        width=info.width,
        height=info.height,
        start=start,
        codec=Path(pattern).suffix[1:],
        audio=info.has_audio,
    )


def timecode(media: Media, frame: int) -> str:
    return str(Timecode(media.start + frame, round(media.rate)))


def _frames(media: Media) -> list[NDArray[np.float32]]:
    """All frames of a clip; the last few clips stay in memory."""
    key = (media.pattern, media.number, media.frames, _stamp(media.pattern))
    if key not in _decoded:
        _decoded[key] = _read(media)
        while len(_decoded) > 6:
            _decoded.popitem(last=False)
    _decoded.move_to_end(key)
    return _decoded[key]


def _read(media: Media) -> list[NDArray[np.float32]]:
    if media.kind == "still":
        return [_floats(read_picture(media.pattern))]
    first = media.number if media.kind == "sequence" else 0
    with open_source(media.pattern, first=first, last=first + media.frames - 1) as source:
        return [_floats(frame) for frame in source.frames()]


def _stamp(pattern: str) -> int:
    """Changes when a file is written again."""
    folder = Path(pattern).parent
    files = folder.iterdir() if "%" in pattern else [Path(pattern)]
    return max((file.stat().st_mtime_ns for file in files), default=0)


def _floats(frame: NDArray[Any]) -> NDArray[np.float32]:
    top = np.iinfo(frame.dtype).max if frame.dtype.kind == "u" else 1
    return frame[..., :3].astype(np.float32) / np.float32(top)
