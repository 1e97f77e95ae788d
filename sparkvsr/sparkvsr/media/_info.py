"""What is known about a clip, and what readers and writers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Self
from weakref import WeakSet

import numpy as np

from ..depth import Frame
from ..errors import JobError
from ..parts import PartFolder

UNSPECIFIED = 2  # of matrix, primaries and transfer, in ITU-T H.273
# Of Matroska: PyAV can set the aspect only in FFV1's frames, and cannot read it back from there.
PIXEL_ASPECT_TAG = "PIXEL_ASPECT"


@dataclass(frozen=True)
class ColourTags:
    """How a movie says its code values are meant, as code points of ITU-T H.273.

    Attributes:
        matrix: 0 is RGB; for Y'CbCr what is really used, also where the source had no tag.
        full_range: codes run from 0 to their maximum, instead of the 16–235 of video.
        primaries, transfer: 2 when the source does not say.
    """

    matrix: int = UNSPECIFIED
    full_range: bool = True
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED


@dataclass(frozen=True)
class MediaInfo:
    """A clip, or the chosen range of one, without its pixels.

    Attributes:
        name: as the person wrote it.
        width, height: of the picture, for EXR of its display window.
        frames: how many frames the chosen range has.
        first_frame: host number of the first frame of the range. A sequence numbers its files; the
            frames of a movie are counted from 0 (its timecode is not looked at).
        rate: frames per second; 24 for a sequence that does not say.
        pixel_aspect: width : height of one pixel.
        dtype: of the frames delivered: uint8, uint16, float16 or float32.
        bits: that carry a value: 8, 10, 12 or 16 for integers, 16 (half) or 32 for floats.
        has_audio: there is sound beside the picture.
        dropped_channels: alpha and other channels of the source that are not delivered.
        colour: tags to write back.
        span: what part of the movie's own clock the range covers, in seconds; the end is None where
            the range reaches the movie's last frame.
    """

    name: str
    kind: Literal["movie", "sequence"]
    width: int
    height: int
    frames: int
    first_frame: int
    rate: Fraction
    pixel_aspect: Fraction
    dtype: np.dtype[Any]
    bits: int
    is_float: bool
    has_audio: bool = False
    dropped_channels: tuple[str, ...] = ()
    colour: ColourTags = ColourTags()
    span: tuple[Fraction, Fraction | None] = (Fraction(0), None)


class SourceReader(ABC):
    """An open source. A context manager; satisfies `sparkvsr.backend.Source`."""

    def __init__(self, info: MediaInfo) -> None:
        self.info = info
        self._passes: WeakSet[Generator[Frame, None, None]] = WeakSet()

    def frames(self) -> Iterator[Frame]:
        """Every frame of the range in order, H W 3 C-contiguous, one in memory at a time.

        May be called again; each call starts from the first frame.

        Raises:
            SourceError: a frame cannot be read, or differs from the first in size or depth; named.
        """
        frames = self._read()
        self._passes.add(frames)
        return frames

    @abstractmethod
    def _read(self) -> Generator[Frame, None, None]: ...

    def close(self) -> None:
        """End every pass that is under way, and let go of its files."""
        for frames in list(self._passes):
            frames.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class OutputWriter(ABC):
    """An open output. Nothing stands under its final name before `commit`.

    A context manager: leaving it without a commit is an abort.

    Attributes:
        bits, is_float: the depth that is written, as in `MediaInfo`.
    """

    def __init__(
        self,
        name: str,
        part: PartFolder,
        shape: tuple[int, int, int],
        frames: int,
        bits: int,
        is_float: bool,
    ) -> None:
        self.name = name
        self.bits = bits
        self.is_float = is_float
        self._part = part
        self._shape = shape
        self._frames = frames
        self._written = 0

    def write(self, frame: Frame) -> None:
        """Add the next frame: H W 3, uint8, uint16, float16 or float32.

        Integer outputs take floats clipped to [0, 1], NaN as 0, rounded to the nearest code.

        Raises:
            DiskFullError: no room left.
            JobError: the encoder failed.
        """
        if frame.shape != self._shape:
            raise ValueError(f"the frame is {frame.shape}, the output {self._shape}")
        self._write(frame, self._written)
        self._written += 1

    def commit(self) -> None:
        """Finish the output and put it under its final name.

        Raises:
            DiskFullError: no room left.
            JobError: fewer frames were written than announced.
            OutputError: the finished files cannot be moved into place.
        """
        if self._written != self._frames:
            raise JobError(f"{self.name} got {self._written} of its {self._frames} frames.")
        self._finish()
        self._part.publish()

    def abort(self) -> None:
        """Remove everything this writer made. Does nothing after a commit."""
        self._close()
        self._part.discard()

    @abstractmethod
    def _write(self, frame: Frame, index: int) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.abort()
