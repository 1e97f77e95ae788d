"""Movies: the writer."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..depth import Frame
from ..errors import DiskFullError, JobError, OutputError
from ..parts import PartFolder
from ._audio import AudioCopy
from ._info import PIXEL_ASPECT_TAG, UNSPECIFIED, ColourTags, MediaInfo, OutputWriter
from ._rgb import BT709, RGB_MATRIX, RgbWriter

MOVIE_SUFFIXES = (".mkv", ".mov", ".mp4")
_LIMITED_RANGE, _FULL_RANGE = 1, 2  # of AVColorRange


@dataclass(frozen=True)
class Codec:
    """How a movie is encoded; `bits` is what it keeps of the picture."""

    container: str
    encoder: str
    pix_fmt: str
    bits: int
    options: dict[str, str]


def codec_for(suffix: str, bits: int, width: int, height: int) -> Codec:
    """How a kind of file is encoded: .mkv FFV1 (lossless), .mov ProRes 4444, .mp4 H.264 or HEVC."""
    if suffix == ".mkv":
        pix_fmt = "bgr0" if bits == 8 else f"gbrp{min(bits, 16)}le"  # FFV1 has no 8-bit gbrp
        return Codec("matroska", "ffv1", pix_fmt, min(bits, 16), {"level": "3", "slicecrc": "1"})
    if suffix == ".mov":
        return Codec("mov", "prores_ks", "yuv444p10le", 10, {"profile": "4444"})
    sampling = "444" if width % 2 or height % 2 else "420"
    if bits == 8:
        return Codec("mp4", "libx264", f"yuv{sampling}p", 8, {"crf": "12"})
    # With B-frames x265 leaves the times of clips of one or two frames unset.
    options = {"crf": "12", "x265-params": "log-level=error:bframes=0"}
    return Codec("mp4", "libx265", f"yuv{sampling}p10le", 10, options)


class MovieWriter(OutputWriter):
    """Encodes to a part file, with the source's sound beside it when asked for.

    Raises:
        OutputError: the folder cannot be written, the size does not suit the encoder, or the
            sound does not fit into this kind of file.
    """

    def __init__(
        self, name: str, *, like: MediaInfo, width: int, height: int, audio_from: str | None
    ) -> None:
        suffix = Path(name).suffix.lower()
        codec = codec_for(suffix, like.bits, width, height)
        part = PartFolder(name)
        super().__init__(name, part, (height, width, 3), like.frames, codec.bits, False)
        self._rate = like.rate
        self._tags = _output_tags(like.colour, codec)
        self._rgb = RgbWriter(self._tags, codec.pix_fmt, codec.bits)
        self._audio: AudioCopy | None = None
        self._container: av.container.OutputContainer | None = None
        self._file = _PartFile(part.path / Path(name).name)
        try:
            self._open(codec, like, audio_from)
        except BaseException:
            self.abort()
            raise

    def _open(self, codec: Codec, like: MediaInfo, audio_from: str | None) -> None:
        try:
            self._container = container = av.open(
                self._file, "w", format=codec.container, buffer_size=1 << 20
            )
            self._stream = self._add_video(container, codec, like.pixel_aspect)
            if audio_from is not None:
                self._audio = AudioCopy(audio_from, container, like.span)
            container.start_encoding()
        except (av.FFmpegError, ValueError, OSError) as error:
            raise self._failure(error, OutputError) from error

    def _add_video(
        self, container: av.container.OutputContainer, codec: Codec, pixel_aspect: Fraction
    ) -> av.VideoStream:
        stream = container.add_stream(codec.encoder, rate=self._rate, options=codec.options)
        assert isinstance(stream, av.VideoStream)  # noqa: S101 - tells the type checker
        context = stream.codec_context
        context.height, context.width, _ = self._shape
        context.pix_fmt = codec.pix_fmt
        context.time_base = 1 / self._rate
        context.sample_aspect_ratio = pixel_aspect
        self._tag(context)
        context.thread_type = "AUTO"
        if codec.container == "matroska":
            stream.metadata[PIXEL_ASPECT_TAG] = str(pixel_aspect)
        if codec.encoder == "libx265":
            stream.codec_tag = "hvc1"  # the one of the two that QuickTime plays
        return stream

    def _tag(self, target: av.VideoCodecContext | av.VideoFrame) -> None:
        target.colorspace = self._tags.matrix
        target.color_range = _FULL_RANGE if self._tags.full_range else _LIMITED_RANGE
        target.color_primaries = self._tags.primaries
        target.color_trc = self._tags.transfer

    def _write(self, frame: Frame, index: int) -> None:
        coded = self._rgb.write(frame)
        coded.pts, coded.time_base = index, 1 / self._rate
        self._tag(coded)  # ProRes believes its frames, not its context
        self._mux(coded, sound_until=index / self._rate)

    def _finish(self) -> None:
        self._mux(None, sound_until=None)
        assert self._container is not None  # noqa: S101 - set unless __init__ raised
        try:
            self._container.close()
            self._file.close()
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error, JobError) from error
        if self._file.error:  # FFmpeg does not report what fails in its last flush
            raise self._failure(self._file.error, JobError)

    def _mux(self, frame: av.VideoFrame | None, sound_until: Fraction | None) -> None:
        assert self._container is not None  # noqa: S101 - set unless __init__ raised
        try:
            self._container.mux(self._stream.encode(frame))
            if self._audio is not None:
                for packet in self._audio.until(sound_until):
                    self._container.mux_one(packet)
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error, JobError) from error

    def _close(self) -> None:
        with suppress(av.FFmpegError, OSError):
            if self._container is not None:
                self._container.close()
        with suppress(OSError):
            self._file.close()
        if self._audio is not None:
            self._audio.close()

    def _failure(
        self, error: Exception, kind: type[JobError] | type[OutputError]
    ) -> DiskFullError | JobError | OutputError:
        if self._file.error:
            return self._part.failure(Path(self.name).name, self._file.error)
        height, width, _ = self._shape
        reason = getattr(error, "strerror", None) or error
        return kind(
            f"{self.name} cannot be encoded at {width}x{height}: {reason}.",
            "Try another kind of movie, or a picture sequence.",
        )


def _output_tags(source: ColourTags, codec: Codec) -> ColourTags:
    if codec.encoder == "ffv1":
        return ColourTags(RGB_MATRIX, True, source.primaries, source.transfer)
    from_rgb = source.matrix in (RGB_MATRIX, UNSPECIFIED)
    return ColourTags(
        matrix=BT709 if from_rgb else source.matrix,
        full_range=source.full_range and not from_rgb and codec.encoder != "prores_ks",
        primaries=source.primaries,
        transfer=source.transfer,
    )


class _PartFile(io.FileIO):
    """Remembers why a write failed: FFmpeg loses the reason, at times the failure itself."""

    error: OSError | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w")

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            while view:
                view = view[super().write(view) :]
        except OSError as error:
            self.error = self.error or error
            raise
        return len(data)
