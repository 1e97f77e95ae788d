"""Movies: the reader."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ..depth import Frame
from ..errors import SourceError
from ._info import PIXEL_ASPECT_TAG, MediaInfo, SourceReader
from ._rgb import RgbReader, bits_of, resolve_tags
from ._scan import Timing, scan, video_stream

_TRUNCATED_HINT = (
    "Copy or export the movie again, or restore only what decodes with --allow-truncated."
)


class MovieReader(SourceReader):
    """The frames `first` … `last` of a movie, counted from 0, by default all.

    Values outside of [0, 1], as video codes below black and above white hold them, are clipped.

    Raises:
        SourceError: missing, unreadable, empty, of variable rate, truncated without
            `allow_truncated`, or the range is outside of the movie.
    """

    def __init__(
        self, name: str, first: int | None, last: int | None, *, allow_truncated: bool
    ) -> None:
        self._path = path = Path(name).absolute()
        if not path.is_file():
            raise SourceError(f"There is no movie {name}.", "Check the name.")
        try:
            with av.open(str(path)) as container:
                stream = video_stream(container, name)
                tags = resolve_tags(stream, name)
                form = stream.codec_context.format
                width, height = stream.width, stream.height
                pixel_aspect = _pixel_aspect(stream)
                has_audio = bool(container.streams.audio)
                self._timing = timing = scan(container, name)
        except av.FFmpegError as error:
            raise SourceError(
                f"{name} is no movie that can be read: {error.strerror}.",
                "Check that it is complete, and a movie.",
            ) from error
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
        super().__init__(
            MediaInfo(
                name=name,
                kind="movie",
                width=width,
                height=height,
                frames=last - first + 1,
                first_frame=first,
                rate=timing.rate,
                pixel_aspect=pixel_aspect,
                dtype=np.dtype(np.uint8 if bits == 8 else np.uint16),
                bits=bits,
                is_float=False,
                has_audio=has_audio,
                dropped_channels=("A",) if any(c.is_alpha for c in form.components) else (),
                colour=tags,
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
        info, rgb = self.info, RgbReader(self.info.colour)
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
                    yield rgb.read(frame)
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


def _pixel_aspect(stream: av.VideoStream) -> Fraction:
    if stream.sample_aspect_ratio:
        return stream.sample_aspect_ratio
    with suppress(ValueError, ZeroDivisionError):
        return Fraction(stream.metadata.get(PIXEL_ASPECT_TAG, "1"))
    return Fraction(1)


def _damaged(name: str, decodable: int, declared: int) -> SourceError:
    return SourceError(
        f"{name} is damaged: only {decodable} of its {declared} frames decode.", _TRUNCATED_HINT
    )
