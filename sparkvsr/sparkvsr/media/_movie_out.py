"""Movies: the writer."""

from __future__ import annotations

import io
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..depth import Frame
from ..errors import DiskFullError, JobError, OutputError
from ._aspect import MATROSKA_PLACEHOLDER, write_matroska_aspect, write_mxf_aspect
from ._audio import AudioCopy
from ._codecs import Codec, CodecName, choose_codec
from ._extras import ALPHA, Extras
from ._info import RGB_MATRIX, UNSPECIFIED, ColourTags, MediaInfo, OutputWriter, SourceReader
from ._rgb import BT709, BT2020, RgbWriter

_LIMITED_RANGE, _FULL_RANGE = 1, 2  # of AVColorRange


class MovieWriter(OutputWriter):
    """Encodes to a part file, with the source's sound beside it when asked for.

    Raises:
        OutputError: the folder cannot be written, the codec does not suit the file, the size the
            codec, or the sound this kind of file.
    """

    def __init__(
        self,
        name: str,
        *,
        like: MediaInfo,
        width: int,
        height: int,
        audio_from: str | None,
        extras_from: SourceReader | None,
        codec: CodecName | None,
    ) -> None:
        alpha = extras_from is not None and ALPHA in like.extra_channels
        form = choose_codec(name, codec, like.bits, width, height, alpha=alpha)
        held = (ALPHA,) if alpha and form.holds_alpha else ()
        super().__init__(
            name,
            like=like,
            width=width,
            height=height,
            depth=(form.bits, False),
            extras_from=extras_from if held else None,
            held=held,
        )
        self._rate = like.rate
        self._tags = _output_tags(like.colour, form)
        self._rgb = RgbWriter(self._tags, form.pix_fmt, form.bits)
        self._display = like.pixel_aspect * Fraction(width, height)
        self._square = like.pixel_aspect == 1
        self._audio: AudioCopy | None = None
        self._container: av.container.OutputContainer | None = None
        self._file = _PartFile(self._part.path / Path(name).name)
        try:
            self._open(form, like, audio_from)
        except BaseException:
            self.abort()
            raise

    def _open(self, codec: Codec, like: MediaInfo, audio_from: str | None) -> None:
        try:
            self._container = container = av.open(
                self._file, "w", format=codec.container, buffer_size=1 << 20
            )
            if like.timecode:
                container.metadata["timecode"] = str(like.timecode)
            self._stream = self._add_video(container, codec, like.pixel_aspect)
            if audio_from is not None:
                self._audio = AudioCopy(audio_from, container, like.span)
            container.start_encoding()
        except (av.FFmpegError, ValueError, OSError) as error:
            raise self._failure(error, OutputError) from error

    def _add_video(
        self, container: av.container.OutputContainer, codec: Codec, pixel_aspect: Fraction
    ) -> av.VideoStream:
        stream = container.add_stream(codec.encoder, rate=self._rate, options=dict(codec.options))
        assert isinstance(stream, av.VideoStream)  # noqa: S101 - tells the type checker
        context = stream.codec_context
        context.height, context.width, _ = self._shape
        context.pix_fmt = codec.pix_fmt
        context.time_base = 1 / self._rate
        context.sample_aspect_ratio = pixel_aspect
        self._tag(context)
        context.thread_type = "AUTO"
        if codec.container == "matroska" and not self._square:
            stream.metadata["title"] = MATROSKA_PLACEHOLDER
        if codec.encoder == "libx265":
            stream.codec_tag = "hvc1"  # the one of the two that QuickTime plays
        return stream

    def _tag(self, target: av.VideoCodecContext | av.VideoFrame) -> None:
        target.colorspace = self._tags.matrix
        target.color_range = _FULL_RANGE if self._tags.full_range else _LIMITED_RANGE
        target.color_primaries = self._tags.primaries
        target.color_trc = self._tags.transfer

    def _write(self, frame: Frame, extras: Extras, index: int) -> None:
        coded = self._rgb.write(frame, extras.channels.get(ALPHA))
        coded.pts, coded.time_base = index, 1 / self._rate
        self._tag(coded)  # ProRes believes its frames, not its context
        self._mux(coded, sound_until=index / self._rate)

    def _finish(self) -> None:
        self._mux(None, sound_until=None)
        assert self._container is not None  # noqa: S101 - set unless __init__ raised
        try:
            self._container.close()
            self._file.close()
            if self._file.error:  # FFmpeg does not report what fails in its last flush
                raise self._file.error
            self._write_aspect(self._container.format.name)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._failure(error, JobError) from error

    def _write_aspect(self, container: str) -> None:
        if self._square:
            return
        file = self._part.path / Path(self.name).name
        if container == "matroska":
            write_matroska_aspect(file, self._display)
        elif container == "mxf":
            write_mxf_aspect(file, self._display)

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
            f"{self.name} cannot be encoded at {width}x{height}, {float(self._rate):.6g} frames a"
            f" second: {reason}.",
            "Try another kind of movie, or a picture sequence.",
        )


def _output_tags(source: ColourTags, codec: Codec) -> ColourTags:
    if codec.encoder == "ffv1":
        return ColourTags(RGB_MATRIX, True, source.primaries, source.transfer)
    matrix, full_range = source.matrix, source.full_range
    if matrix in (RGB_MATRIX, UNSPECIFIED):
        matrix, full_range = BT2020 if source.primaries == BT2020 else BT709, False
    if codec.encoder == "dnxhd":
        matrix = BT709  # FFmpeg's encoder writes it into every frame, whatever the file says
    return ColourTags(
        matrix=matrix,
        full_range=full_range and codec.encoder not in ("dnxhd", "prores_ks"),
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
