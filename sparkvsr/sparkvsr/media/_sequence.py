"""Numbered picture sequences: reader and writer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

from ..depth import Frame
from ..errors import SourceError
from . import _picture_in, _picture_out
from ._extras import Extras
from ._info import MediaInfo, OutputWriter, SourceReader
from ._pattern import Pattern, compact
from ._picture_extras import read_extras
from ._picture_in import Header
from ._picture_out import PictureFormat, associates_alpha, held_channels, picture_depth
from ._rate import spoken
from ._timecode import Timecode, told_timecode

DEFAULT_RATE = Fraction(24)


class SequenceReader(SourceReader):
    """The frames `first` … `last` of a sequence, by default all that are found.

    Args:
        rate, timecode: as told to `open_source`, over what the first file says.

    Raises:
        SourceError: nothing found, frames missing in the range (named), or the first is not usable.
        SettingsError: the timecode that is told is not possible at the rate.
    """

    def __init__(
        self,
        name: str,
        pattern: Pattern,
        first: int | None,
        last: int | None,
        *,
        rate: Fraction | None,
        timecode: str | None,
    ) -> None:
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
        known = rate or header.rate
        rate = known or DEFAULT_RATE
        label = _label(header, rate) if timecode is None else told_timecode(timecode, rate)
        super().__init__(
            MediaInfo(
                name=name,
                kind="sequence",
                width=header.width,
                height=header.height,
                frames=last - first + 1,
                first_frame=first,
                rate=rate,
                pixel_aspect=header.pixel_aspect,
                dtype=header.dtype,
                bits=header.bits,
                is_float=header.dtype.kind == "f",
                extra_channels=header.extra,
                premultiplied=header.premultiplied,
                colour=header.colour,
                timecode=label,
                notes=tuple(_notes(name, header, known, label)),
            )
        )

    def _read(self) -> Generator[Frame, None, None]:
        for path in self._files():
            header, frame = _picture_in.read(path, SourceError)
            self._check_like_first(header, path)
            yield frame

    def _read_extras(self) -> Generator[Extras, None, None]:
        for path in self._files():
            yield read_extras(path, SourceError)

    def _files(self) -> Iterator[Path]:
        start = self.info.first_frame
        return map(self._pattern.path, range(start, start + self.info.frames))

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
        extras_from: SourceReader | None,
    ) -> None:
        bits, is_float = depth = picture_depth(pattern.suffix, like.bits, like.is_float)
        kinds = {pattern.suffix.lower(), Path(like.name).suffix.lower()}
        held = held_channels(pattern.suffix, like.extra_channels)
        premultiplied = associates_alpha(pattern.suffix, like.premultiplied)
        super().__init__(
            name,
            like=like,
            width=width,
            height=height,
            depth=depth,
            extras_from=extras_from if held or kinds == {".exr"} else None,
            held=held,
            premultiplied=premultiplied,
        )
        self._pattern = pattern
        self._first_frame = first_frame
        self._timecode = like.timecode
        self._form = PictureFormat(
            bits, is_float, like.pixel_aspect, like.rate, like.colour, bool(premultiplied)
        )

    def _write(self, frame: Frame, extras: Extras, index: int) -> None:
        name = self._pattern.format(self._first_frame + index)
        timecode = self._timecode + index if self._timecode else None
        _picture_out.write(self._part, name, frame, self._form, extras, timecode)

    def _finish(self) -> None:
        pass

    def _close(self) -> None:
        pass


def _channels(header: Header) -> str:
    return ", ".join(("RGB" if len(header.rgb) == 3 else "grey", *header.extra))


def _label(header: Header, rate: Fraction) -> Timecode | None:
    return None if header.timecode is None else Timecode.from_word(header.timecode, rate)


def _notes(
    name: str, header: Header, rate: Fraction | None, timecode: Timecode | None
) -> Iterator[str]:
    if header.overscan:
        yield f"The pixels of {name} outside of its display window are not carried."
    if header.timecode is not None and not timecode:
        at = spoken(rate) if rate else "an unknown number of frames a second"
        yield f"The timecode of {name} is not possible at {at}; it is not used."
