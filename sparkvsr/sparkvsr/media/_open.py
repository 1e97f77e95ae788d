"""Which reader or writer a name asks for, and whether it may be written at all."""

from __future__ import annotations

from pathlib import Path

from ..errors import OutputError, SourceError
from ._codecs import MOVIE_SUFFIXES, CodecName
from ._info import MediaInfo, OutputWriter, SourceReader
from ._movie_in import MovieReader
from ._movie_out import MovieWriter
from ._pattern import compact, parse_pattern, suggest_pattern
from ._picture_in import PICTURE_SUFFIXES
from ._rate import parse_rate
from ._sequence import SequenceReader, SequenceWriter


def open_source(
    name: str,
    *,
    first: int | None = None,
    last: int | None = None,
    allow_truncated: bool = False,
    rate: str | None = None,
    timecode: str | None = None,
) -> SourceReader:
    """Open a movie, or a numbered picture sequence (`plate.%04d.exr`, `plate.####.png`).

    Args:
        first, last: host frame numbers, both included; None means all there is. Frames of a movie
            are counted from 0.
        allow_truncated: read the frames of a damaged movie up to the first that does not decode.
        rate: frames per second (`25`, `23.976`, `24000/1001`) in place of what a sequence says; a
            movie must agree with it to less than a frame an hour.
        timecode: of the first frame of the range (`HH:MM:SS:FF`, drop frame `HH:MM:SS;FF`), in
            place of what the files say.

    Raises:
        SourceError: nothing there, unreadable, frames missing, variable rate, truncated or empty.
        SettingsError: `rate` is no rate or not the movie's; `timecode` is not possible at the rate.
    """
    told = None if rate is None else parse_rate(rate)
    if not is_picture(name):
        return MovieReader(
            name, first, last, allow_truncated=allow_truncated, rate=told, timecode=timecode
        )
    pattern = parse_pattern(name)
    if pattern is None:
        raise SourceError(
            f"{name} is one picture, not a movie or a sequence.",
            f"For a sequence write its frame number as a pattern: {suggest_pattern(name)}.",
        )
    return SequenceReader(name, pattern, first, last, rate=told, timecode=timecode)


def open_output(
    name: str,
    *,
    like: MediaInfo,
    width: int,
    height: int,
    first_frame: int,
    audio_from: str | None = None,
    extras_from: SourceReader | None = None,
    codec: CodecName | None = None,
    overwrite: bool = False,
) -> OutputWriter:
    """Open an output for `like.frames` frames; by its extension a movie or a picture sequence.

    Rate, pixel aspect, timecode, depth and colour tags follow `like`, as far as the kind of file
    holds them (docs/formats.md). Pictures: EXR is half, or float for a float source; DPX 10 bit;
    PNG and TIFF 8 or 16 bit (TIFF float for float sources); JPEG 8 bit. Movies: see `codec`. The
    writer's `bits` and `is_float` tell what it is.

    Args:
        like: the source, as its reader describes it.
        width, height: of the frames to be written.
        first_frame: number of the first file of a sequence; movies do not use it.
        audio_from: a movie whose sound is copied over `like.span`; only movies can hold it.
        extras_from: the open source whose alpha, other channels and EXR attributes go with the
            frames; without it they are lost. Its n-th frame goes with the n-th frame written. The
            writer's `dropped_channels` tell what this kind of file cannot hold.
        codec: of a movie: "prores4444", "dnxhr444", "ffv1", "hevc10" or "h264". By default .mov is
            ProRes 4444, .mxf DNxHR 444, .mkv FFV1 (lossless RGB), .mp4 H.264, or HEVC for sources
            of more than 8 bits.
        overwrite: replace what is there, on commit.

    Raises:
        OutputError: it exists, cannot be written, is the source itself, or cannot hold the codec or
            the sound.
    """
    if not is_picture(name):
        if not is_movie(name):
            raise OutputError(
                f"{name} has no extension that can be written.",
                f"Use a movie ({', '.join(MOVIE_SUFFIXES)}) or a sequence such as name.%04d.exr.",
            )
        _check_target(name, {0: Path(name)}, like, overwrite)
        return MovieWriter(
            name,
            like=like,
            width=width,
            height=height,
            audio_from=audio_from,
            extras_from=extras_from,
            codec=codec,
        )
    pattern = parse_pattern(name)
    if pattern is None:
        raise OutputError(
            f"{name} is one picture; the output has {like.frames} frames.",
            f"Write the frame number as a pattern: {suggest_pattern(name)}.",
        )
    if first_frame < 0:
        raise OutputError(
            f"{name} cannot start at the negative frame number {first_frame}.",
            "Choose a first frame of 0 or more.",
        )
    if audio_from is not None:
        raise OutputError(f"{name} is a picture sequence and holds no sound.", "Write a movie.")
    if codec is not None:
        raise OutputError(
            f"{name} is a picture sequence and has no codec.",
            f"Leave {codec} out, or write a movie.",
        )
    numbers = range(first_frame, first_frame + like.frames)
    files = {number: pattern.path(number) for number in numbers}
    _check_target(name, files, like, overwrite)
    return SequenceWriter(
        name,
        pattern,
        like=like,
        width=width,
        height=height,
        first_frame=first_frame,
        extras_from=extras_from,
    )


def is_movie(name: str) -> bool:
    """Whether an output of this name would be a movie."""
    return Path(name).suffix.lower() in MOVIE_SUFFIXES


def is_picture(name: str) -> bool:
    """Whether a name is that of a picture, or of a sequence of them."""
    return Path(name).suffix.lower() in PICTURE_SUFFIXES


def _check_target(name: str, files: dict[int, Path], like: MediaInfo, overwrite: bool) -> None:
    existing = {number: file for number, file in files.items() if file.exists()}
    if not existing:
        return
    sources = _source_files(like)
    for file in existing.values():
        if file.resolve() in sources:
            raise OutputError(
                f"{name} would replace the source {file}.", "Choose another name for the output."
            )
        if file.is_dir():
            raise OutputError(f"{file} is a folder.", "Choose another name for the output.")
    if not overwrite:
        what = (
            f"Frames {compact(existing)} of {name} exist" if is_picture(name) else f"{name} exists"
        )
        raise OutputError(f"{what} already.", "Choose another name, or replace with --overwrite.")


def _source_files(like: MediaInfo) -> set[Path]:
    """Every file of the source, also outside of the chosen range."""
    pattern = parse_pattern(like.name) if like.kind == "sequence" else None
    if pattern is None:
        return {Path(like.name).resolve()}
    return {pattern.path(number).resolve() for number in pattern.find()}
