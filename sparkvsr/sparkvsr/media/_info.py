"""What is known about a clip, and what readers and writers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from typing import Any, Literal, Self, TypeVar
from weakref import WeakSet

import numpy as np

from ..depth import Frame
from ..errors import JobError
from ..parts import PartFolder
from ._extras import ALPHA, Extras, associated
from ._timecode import Timecode

_Read = TypeVar("_Read")

RGB_MATRIX, UNSPECIFIED = 0, 2  # of matrix, primaries and transfer, in ITU-T H.273


@dataclass(frozen=True)
class ColourTags:
    """What a file itself says about its colours; nothing here is guessed from its name or kind.

    Of movies (and PNG, by its cICP chunk), code points of ITU-T H.273:

    Attributes:
        matrix: 0 is RGB; for Y'CbCr what is really used, also where the source had no tag.
        full_range: codes run from 0 to their maximum, instead of the 16–235 of video. Frames are
            always delivered with 0 for black and 1 for white.
        primaries, transfer: 2 when the file does not say.
        space: EXR's attribute `colorInteropID`; empty when the file does not say.
        chromaticities: EXR's attribute: x and y of red, green, blue and white.
        dpx_transfer, dpx_colorimetric: in words of OpenImageIO, as "Printing density",
            "Logarithmic", "ITU-R 709-4"; empty for other files.
    """

    matrix: int = UNSPECIFIED
    full_range: bool = True
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    space: str = ""
    chromaticities: tuple[float, ...] | None = None
    dpx_transfer: str = ""
    dpx_colorimetric: str = ""


@dataclass(frozen=True)
class MediaInfo:
    """A clip, or the chosen range of one, without its pixels.

    Attributes:
        name: as the person wrote it.
        width, height: of the picture, for EXR of its display window.
        frames: how many frames the chosen range has.
        first_frame: host number of the first frame of the range. A sequence numbers its files; the
            frames of a movie are counted from 0, whatever its timecode.
        rate: frames per second; 24 for a sequence of which nobody says it.
        pixel_aspect: width : height of one pixel.
        dtype: of the frames delivered: uint8, uint16, float16 or float32.
        bits: that carry a value: 8, 10, 12 or 16 for integers, 16 (half) or 32 for floats.
        is_float: the file holds floats. Deep Y'CbCr movies are delivered as floats all the same,
            because their codes reach below black and above white.
        has_audio: there is sound beside the picture.
        extra_channels: alpha (`A`) and all others that frames do not hold: see `extras`.
        premultiplied: the colours are multiplied by their alpha; None where there is no alpha, or
            the file does not say (movies, DPX).
        colour: what the file says about its colours, to write back.
        timecode: of the first frame of the range.
        notes: sentences for the person about what is not read as it stands.
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
    extra_channels: tuple[str, ...] = ()
    premultiplied: bool | None = None
    colour: ColourTags = ColourTags()
    timecode: Timecode | None = None
    notes: tuple[str, ...] = ()
    span: tuple[Fraction, Fraction | None] = (Fraction(0), None)


class SourceReader(ABC):
    """An open source. A context manager; satisfies `sparkvsr.backend.Source`."""

    def __init__(self, info: MediaInfo) -> None:
        self.info = info
        self._passes: WeakSet[Generator[Any, None, None]] = WeakSet()

    def frames(self) -> Iterator[Frame]:
        """Every frame of the range in order, H W 3 C-contiguous, one in memory at a time.

        May be called again; each call starts from the first frame.

        Raises:
            SourceError: a frame cannot be read, or differs from the first in size or depth; named.
        """
        return self._watched(self._read())

    def extras(self) -> Iterator[Extras]:
        """What every frame holds beside R, G and B, in order; read again, one in memory at a time.

        A pass of its own: it may run beside `frames`, and far behind it.

        Raises:
            SourceError: as for `frames`.
        """
        return self._watched(self._read_extras())

    @abstractmethod
    def _read(self) -> Generator[Frame, None, None]: ...

    @abstractmethod
    def _read_extras(self) -> Generator[Extras, None, None]: ...

    def _watched(self, reading: Generator[_Read, None, None]) -> Generator[_Read, None, None]:
        self._passes.add(reading)
        return reading

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

    Args:
        held: the source's extra channels that this output can hold.
        premultiplied: how this kind of file means colours beside an alpha; None: no rule.

    Attributes:
        bits, is_float: the depth that is written, as in `MediaInfo`.
        dropped_channels: of the source's extra channels those that are not written.
    """

    def __init__(
        self,
        name: str,
        *,
        like: MediaInfo,
        width: int,
        height: int,
        depth: tuple[int, bool],
        extras_from: SourceReader | None,
        held: tuple[str, ...] = (),
        premultiplied: bool | None = None,
    ) -> None:
        self.name = name
        self.bits, self.is_float = depth
        self._channels = held if extras_from else ()
        self.dropped_channels = tuple(c for c in like.extra_channels if c not in self._channels)
        self._shape = (height, width, 3)
        self._frames = like.frames
        self._written = 0
        known = None not in (premultiplied, like.premultiplied)
        self._multiply = premultiplied if known and premultiplied != like.premultiplied else None
        self._extras = extras_from.extras() if extras_from else repeat(Extras())
        self._part = PartFolder(name)

    def write(self, frame: Frame) -> None:
        """Add the next frame: H W 3, uint8, uint16, float16 or float32.

        Integer outputs take floats clipped to [0, 1], NaN as 0, rounded to the nearest code;
        movies of Y'CbCr keep what their codes can hold below black and above white.

        Raises:
            DiskFullError: no room left.
            JobError: the encoder failed.
            SourceError: the frame's extra channels cannot be read again.
        """
        if frame.shape != self._shape:
            raise ValueError(f"the frame is {frame.shape}, the output {self._shape}")
        height, width, _ = self._shape
        extras = next(self._extras).fitted(self._channels, width, height)
        if ALPHA in extras.channels and self._multiply is not None:
            frame = associated(frame, extras.channels[ALPHA], multiply=self._multiply)
        self._write(frame, extras, self._written)
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
    def _write(self, frame: Frame, extras: Extras, index: int) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.abort()
