"""Numbered picture sequences: reader and writer."""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

from ..depth import Frame
from ..errors import SourceError
from ..parts import PartFolder
from . import _picture_in, _picture_out
from ._info import MediaInfo, OutputWriter, SourceReader
from ._pattern import Pattern, compact
from ._picture_in import Header
from ._picture_out import PictureFormat, picture_depth

DEFAULT_RATE = Fraction(24)


class SequenceReader(SourceReader):
    """The frames `first` … `last` of a sequence, by default all that are found.

    Raises:
        SourceError: nothing found, frames missing in the range (named), or the first is not usable.
    """

    def __init__(self, name: str, pattern: Pattern, first: int | None, last: int | None) -> None:
        found = pattern.find()
        if not found:
            raise SourceError(f"No frame of {name} was found.", "Check the folder and the padding.")
        first = found[0] if first is None else first
        last = found[-1] if last is None else last
        if first > last or first < 0:
            raise SourceError(
                f"The range {first} to {last} of {name} is not possible.",
                f"Frames {compact(found)} exist.",
            )
        missing = sorted(set(range(first, last + 1)).difference(found))
        if missing:
            raise SourceError(
                f"Frames {compact(missing)} of {name} are missing.",
                "Bring them back, or choose a range without them (--first, --last).",
            )
        self._pattern = pattern
        self._header = header = _picture_in.read_header(pattern.path(first), SourceError)
        super().__init__(
            MediaInfo(
                name=name,
                kind="sequence",
                width=header.width,
                height=header.height,
                frames=last - first + 1,
                first_frame=first,
                rate=header.rate or DEFAULT_RATE,
                pixel_aspect=header.pixel_aspect,
                dtype=header.dtype,
                bits=header.bits,
                is_float=header.dtype.kind == "f",
                dropped_channels=header.dropped,
            )
        )

    def _read(self) -> Generator[Frame, None, None]:
        start = self.info.first_frame
        for number in range(start, start + self.info.frames):
            path = self._pattern.path(number)
            header, frame = _picture_in.read(path, SourceError)
            self._check_like_first(header, path)
            yield frame

    def _check_like_first(self, header: Header, path: Path) -> None:
        first = self._header
        for what, here, there in (
            ("size", f"{header.width}x{header.height}", f"{first.width}x{first.height}"),
            ("depth", header.dtype.name, first.dtype.name),
            ("channels", _channels(header), _channels(first)),
        ):
            if here != there:
                raise SourceError(
                    f"{path} differs in {what} from the first frame: {here} instead of {there}.",
                    "All frames of a sequence must be alike; write this one again.",
                )


class SequenceWriter(OutputWriter):
    """Writes one picture file a frame; all of them are moved into place by `commit`."""

    def __init__(
        self,
        name: str,
        pattern: Pattern,
        *,
        like: MediaInfo,
        width: int,
        height: int,
        first_frame: int,
    ) -> None:
        bits, is_float = picture_depth(pattern.suffix, like.bits, like.is_float)
        super().__init__(name, PartFolder(name), (height, width, 3), like.frames, bits, is_float)
        self._pattern = pattern
        self._first_frame = first_frame
        self._form = PictureFormat(bits, is_float, like.pixel_aspect, like.rate)

    def _write(self, frame: Frame, index: int) -> None:
        _picture_out.write(
            self._part, self._pattern.format(self._first_frame + index), frame, self._form
        )

    def _finish(self) -> None:
        pass

    def _close(self) -> None:
        pass


def _channels(header: Header) -> str:
    return ", ".join(("RGB" if len(header.colour) == 3 else "grey", *header.dropped))
