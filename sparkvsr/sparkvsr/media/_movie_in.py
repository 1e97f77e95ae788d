"""Movies: the reader."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import av

from ..depth import Frame
from ..errors import SettingsError, SourceError
from ._extras import ALPHA, Extras
from ._info import MediaInfo, SourceReader
from ._rate import spoken
from ._rgb import AlphaReader, RgbReader, bits_of, delivered_dtype, resolve_tags
from ._scan import Timing, scan, video_stream
from ._timecode import Timecode, told_timecode

_TRUNCATED_HINT = (
    "Copy or export the movie again, or restore only what decodes with --allow-truncated."
)


class MovieReader(SourceReader):
    """The frames `first` … `last` of a movie, counted from 0, by default all.

    8 bits are delivered as uint8, and codes below black and above white are clipped; deeper Y'CbCr
    as half or float, and they are kept; deeper RGB as uint16.

    Args:
        rate, timecode: as told to `open_source`.

    Raises:
        SourceError: missing, unreadable, empty, of variable rate, truncated without
            `allow_truncated`, or the range is outside of the movie.
        SettingsError: the movie has another rate than is told, or not the timecode at its rate.
    """

    def __init__(
        self,
        name: str,
        first: int | None,
        last: int | None,
        *,
        allow_truncated: bool,
        rate: Fraction | None,
        timecode: str | None,
    ) -> None:
        self._path = path = Path(name).absolute()
        if not path.is_file():
            raise SourceError(f"There is no movie {name}.", "Check the name.")
        try:
            with av.open(str(path)) as container:
                stream = video_stream(container, name)
                tags = resolve_tags(stream, name)
                form = stream.codec_context.format
                self._codec = stream.codec_context.name
                width, height = stream.width, stream.height
                pixel_aspect = stream.sample_aspect_ratio or Fraction(1)
                has_audio = bool(container.streams.audio)
                label = _timecode(container, stream)
                self._timing = timing = scan(container, name)
        except av.FFmpegError as error:
            raise SourceError(
                f"{name} is no movie that can be read: {error.strerror}.",
                "Check that it is complete, and a movie.",
            ) from error
        rate = _agreed(name, timing.rate, rate)
        total = self._usable_frames(name, timing, allow_truncated)
        first = 0 if first is None else first
        last = total - 1 if last is None else last
        if not 0 <= first <= last < total:
            raise SourceError(
                f"The range {first} to {last} is not inside of {name}.",
                f"It has the frames 0 to {total - 1}.",
            )
        assert form is not None  # noqa: S101 - resolve_tags refuses a stream without one
        bits = bits_of(form)
        whole = last + 1 == len(timing.stamps)
        notes: tuple[str, ...] = ()
        if timecode is not None:
            start: Timecode | None = told_timecode(timecode, rate)
        else:
            start = Timecode.parse(label, rate)
            if start:
                start += first
            elif label:
                notes = (f"The timecode {label} of {name} is not possible at {spoken(rate)}.",)
        super().__init__(
            MediaInfo(
                name=name,
                kind="movie",
                width=width,
                height=height,
                frames=last - first + 1,
                first_frame=first,
                rate=rate,
                pixel_aspect=pixel_aspect,
                dtype=delivered_dtype(form),
                bits=bits,
                is_float=False,
                has_audio=has_audio,
                extra_channels=(ALPHA,) if any(c.is_alpha for c in form.components) else (),
                colour=tags,
                timecode=start,
                notes=notes,
                span=(timing.time(first), None if whole else timing.time(last + 1)),
            )
        )

    def _usable_frames(self, name: str, timing: Timing, allow_truncated: bool) -> int:
        if timing.declared == len(timing.stamps) and not allow_truncated:
            return timing.declared
        decodable = sum(1 for _ in self.decoded())
        if (decodable < timing.declared and not allow_truncated) or not decodable:
            raise _damaged(name, decodable, timing.declared)
        return decodable

    def _read(self) -> Generator[Frame, None, None]:
        rgb = RgbReader(self.info.colour, self._codec)
        with closing(self._in_range()) as decoded:
            yield from map(rgb.read, decoded)

    def _read_extras(self) -> Generator[Extras, None, None]:
        if not self.info.extra_channels:  # nothing to decode a second time for
            yield from repeat(Extras(), self.info.frames)
            return
        alpha = AlphaReader()
        with closing(self._in_range()) as decoded:
            for frame in decoded:
                yield Extras({c: alpha.read(frame) for c in self.info.extra_channels})

    def _in_range(self) -> Generator[av.VideoFrame, None, None]:
        info = self.info
        stop = info.first_frame + info.frames
        index = 0
        with closing(self.decoded()) as decoded:
            for index, frame in enumerate(decoded, start=1):
                if index > info.first_frame:
                    if (frame.width, frame.height) != (info.width, info.height):
                        raise SourceError(
                            f"Frame {index - 1} of {info.name} is {frame.width}x{frame.height},"
                            f" the first was {info.width}x{info.height}.",
                            "Export the movie in one size.",
                        )
                    yield frame
                if index == stop:
                    return
        raise _damaged(info.name, index, self._timing.declared)

    def decoded(self) -> Generator[av.VideoFrame, None, None]:
        """The frames up to the first that is damaged or left out by the decoder.

        FFmpeg's FFV1 decoder says nothing when it patches a damaged slice from the frame before.
        """
        stamps = self._timing.stamps
        with av.open(str(self._path)) as container:
            stream = video_stream(container, self._path.name)
            stream.thread_type = "AUTO"
            for stamp, frame in zip(stamps, _frames(container, stream), strict=False):
                if frame.is_corrupt or (self._timing.exact and frame.pts != stamp):
                    return
                yield frame


def _frames(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    try:
        yield from container.decode(stream)
    except av.FFmpegError:
        # The decoder's other threads may still hold good frames from before the damage.
        with suppress(av.FFmpegError):
            yield from stream.decode(None)


def _timecode(container: av.container.InputContainer, stream: av.VideoStream) -> str:
    """As the container names it: of the picture, of the file, or of a track of its own."""
    places = [stream.metadata, container.metadata, *(s.metadata for s in container.streams.data)]
    labels = (v for place in places for k, v in place.items() if k.lower() == "timecode")
    return next(labels, "")


def _agreed(name: str, found: Fraction, told: Fraction | None) -> Fraction:
    """The rate of a movie: the one that is told, where the movie means the same.

    Clocks round (2997/125 is meant to be 24000/1001), so they may part by up to a frame an hour.

    Raises:
        SettingsError: they are two rates.
    """
    if told is None or abs(told - found) * 3600 < 1:
        return told or found
    raise SettingsError(
        f"{name} has {spoken(found)}, not the {float(told):.6g} that `rate` says.",
        "Leave the rate out: frames are never resampled. To change it, conform the movie first.",
    )


def _damaged(name: str, decodable: int, declared: int) -> SourceError:
    return SourceError(
        f"{name} is damaged: only {decodable} of its {declared} frames decode.", _TRUNCATED_HINT
    )
