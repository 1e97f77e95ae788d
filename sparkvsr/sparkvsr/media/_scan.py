"""What a movie really holds, told by its packets: how many frames, and when they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

import av
from av.stream import Disposition

from ..errors import SourceError


@dataclass(frozen=True)
class Timing:
    """The video packets of a movie.

    Attributes:
        stamps: presentation times in ticks of `time_base`, ascending, one a frame.
        exact: every packet told its own presentation time (AVI may not).
        rate: frames per second.
        declared: how many frames the file says it has.
    """

    stamps: tuple[int, ...]
    exact: bool
    time_base: Fraction
    rate: Fraction
    declared: int

    def time(self, index: int) -> Fraction:
        """When a frame is shown, in seconds of the movie's own clock."""
        return self.stamps[index] * self.time_base


def video_stream(container: av.container.InputContainer, name: str) -> av.VideoStream:
    """The first video stream that is no cover picture.

    Raises:
        SourceError: there is none.
    """
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise SourceError(f"{name} holds no video.", "Check that it is the right file.")


def scan(container: av.container.InputContainer, name: str) -> Timing:
    """Read all packets (none is decoded).

    Raises:
        SourceError: no video, no frames, or a variable frame rate.
    """
    stream = video_stream(container, name)
    time_base = stream.time_base or Fraction(1, 90_000)
    stamps: list[int] = []
    exact, end, discarded = True, Fraction(0), 0
    try:
        for packet in container.demux():
            stamp = packet.dts if packet.pts is None else packet.pts
            if stamp is None:  # the empty packets that flush decoders
                continue
            end = max(end, (stamp + (packet.duration or 0)) * packet.time_base)
            if packet.stream_index != stream.index:
                continue
            if packet.is_discard:  # cut off by an edit list
                discarded += 1
                continue
            exact = exact and packet.pts is not None
            stamps.append(stamp)
    except av.FFmpegError:
        pass  # the rest is damaged: what is missing shows below
    if not stamps:
        raise SourceError(f"{name} holds no frames.", "Export the clip again.")
    stamps.sort()
    rate = _rate(stream, stamps, time_base)
    _check_constant(stamps, time_base, name)
    video_end = stamps[-1] * time_base + 1 / rate
    if stream.frames:
        declared = _counted(container, stream) - discarded
    else:
        declared = len(stamps) + round((_promised(container, stream, end) - video_end) * rate)
    declared = max(declared, len(stamps))
    return Timing(tuple(stamps), exact, time_base, rate, declared)


def _rate(stream: av.VideoStream, stamps: list[int], time_base: Fraction) -> Fraction:
    """The rate that the container names, unless its own clock tells another one."""
    named = stream.guessed_rate or stream.average_rate
    steps, ticks = len(stamps) - 1, stamps[-1] - stamps[0]
    if named and (not ticks or abs(steps / (named * time_base) - ticks) <= max(1, ticks // 1000)):
        return _standard(named)
    return (steps / (ticks * time_base)).limit_denominator(1001) if ticks else Fraction(24)


def _standard(rate: Fraction) -> Fraction:
    """The rate that is meant: Matroska counts nanoseconds, and 59.94 comes as 19001/317."""
    whole = Fraction(round(rate))
    near = (r for r in (whole, whole * 1000 / 1001) if abs(r - rate) < rate / 10**6)
    return next(near, rate)


def _check_constant(stamps: list[int], time_base: Fraction, name: str) -> None:
    steps = [later - sooner for sooner, later in pairwise(stamps)]
    if not steps:
        return
    usual = median(steps)
    jitter = 1 if usual >= 4 else 0  # clocks of milliseconds round; a clock of frames does not
    for index, step in enumerate(steps):
        if abs(step - usual) > jitter:
            raise SourceError(
                f"{name} has a variable frame rate: frame {index} lasts"
                f" {float(step * time_base):.4f} s, most last {float(usual * time_base):.4f} s.",
                "Conform it to a constant rate first, e.g. with `ffmpeg -i IN -fps_mode cfr OUT`.",
            )


def _counted(container: av.container.InputContainer, stream: av.VideoStream) -> int:
    # After an edit list of a .mov or .mp4 fewer frames are played than are counted.
    edited = "mov" in container.format.name
    return min(stream.frames, len(stream.index_entries)) if edited else stream.frames


def _promised(
    container: av.container.InputContainer, stream: av.VideoStream, end: Fraction
) -> Fraction:
    """When the picture should end by the file's header; 0 when it does not say.

    `end` is the end of the last packet of any stream.
    """
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag:  # Matroska, of this stream alone
        return Fraction(int(tag[1]) * 3600 + int(tag[2]) * 60) + Fraction(tag[3])
    # Of the whole file: sound may be longer than the picture, and its packets may have no duration.
    promised = Fraction(container.duration or 0, av.time_base)
    slack = Fraction(1, 2) if container.streams.audio else Fraction(1, 10)
    return promised if promised > end + slack else Fraction(0)
