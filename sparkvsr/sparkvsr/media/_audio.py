"""Sound, copied from the source movie without decoding it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..errors import OutputError


class AudioCopy:
    """Copies every audio stream of a movie into an output, cut to a span of the source's clock.

    Args:
        span: start and end in seconds; no end copies all there is.

    Raises:
        OutputError: the source cannot be opened, or the output's container takes no such audio.
    """

    def __init__(
        self,
        source: str,
        output: av.container.OutputContainer,
        span: tuple[Fraction, Fraction | None],
    ) -> None:
        self._start, self._end = span
        # Matroska has no time before 0: it would move picture and sound instead.
        self._early = "matroska" not in output.format.name
        try:
            self._input = av.open(str(Path(source).absolute()))
        except av.FFmpegError as error:
            raise OutputError(
                f"The sound of {source} cannot be read: {error.strerror}.", "Check the file."
            ) from error
        streams = self._input.streams.audio
        try:
            if "mxf" in output.format.name and not all(map(_suits_mxf, streams)):
                raise ValueError("FFmpeg finds this out only when it writes the header")
            self._streams = {s.index: output.add_stream_from_template(s) for s in streams}
        except ValueError as error:
            self._input.close()
            codecs = ", ".join(sorted({s.codec_context.name for s in streams}))
            raise OutputError(
                f"The sound of {source} ({codecs}) does not fit into a {output.format.name} file.",
                "Write a .mkv, which takes every kind of sound, or leave the sound out.",
            ) from error
        self._packets = self._read()
        self._next = next(self._packets, None)

    def until(self, time: Fraction | None) -> Iterator[av.Packet[Any]]:
        """The packets that start before `time` in seconds of the output; None gives the rest."""
        while self._next is not None and (time is None or _start(self._next) < time):
            yield self._next
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Let go of the source."""
        self._packets.close()
        self._input.close()

    def _read(self) -> Generator[av.Packet[Any], None, None]:
        for packet in self._input.demux(*self._input.streams.audio):
            if packet.pts is None or packet.dts is None:  # the empty packets that flush decoders
                continue
            begin = _start(packet) - self._start
            stop = begin + (packet.duration or 0) * packet.time_base
            if self._end is not None and begin >= self._end - self._start:
                continue
            if stop <= 0 or (begin < 0 and not self._early):
                continue
            shift = round(self._start / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = self._streams[packet.stream_index]
            yield packet


def _suits_mxf(stream: av.AudioStream) -> bool:
    context = stream.codec_context
    return context.name in ("pcm_s16le", "pcm_s24le") and context.sample_rate == 48_000


def _start(packet: av.Packet[Any]) -> Fraction:
    return (packet.pts or 0) * packet.time_base
