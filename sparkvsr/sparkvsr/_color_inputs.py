"""Which colour spaces a job is in: those asked for, else what its files say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from .backend import Notice, OnNotice
from .color import (
    ADDRESS,
    BUILTIN,
    ColorSpaces,
    FileFacts,
    PicturePath,
    default_keyframe_space,
    default_space,
    mend,
    pack,
)
from .depth import Frame, as_picture
from .errors import SettingsError
from .job import Color, Job
from .media import ColourTags, MediaInfo, picture_facts

_CODES: Final = {
    "rec709": (1, 1),
    "srgb": (1, 13),
    "linear": (1, 8),
    "pq": (9, 16),
    "hlg": (9, 18),
}
"""Primaries and transfer of ITU-T H.273 by the short name of a space."""


def color_of(job: Job, info: MediaInfo, notify: OnNotice) -> Color:
    """The spaces of source, keyframes and output.

    Raises:
        SettingsError: a space or the config is unknown, has to be asked for, or needs a file that
            is not there.
        KeyframeError: a keyframe cannot be read.
    """
    spaces = ColorSpaces.active(job.ocio)
    source = _facts(info.name, info.colour, info.is_float, is_movie=info.kind == "movie")
    source_space = _asked(job.source_space, spaces) or _told(default_space(source, spaces), notify)
    color = Color(
        source=source_space,
        keyframes=_asked(job.keyframe_space, spaces)
        or _keyframe_space(job, source, source_space, spaces, notify),
        output=_asked(job.output_space, spaces) or source_space,
        config="" if spaces.config == BUILTIN else spaces.config,
    )
    if not color.config or color.config.startswith(ADDRESS):
        return color
    digest = hashlib.sha256(pack(color)).hexdigest()
    return msgspec.structs.replace(color, config_digest=digest)


def output_like(info: MediaInfo, color: Color, width: int, height: int) -> MediaInfo:
    """The source as the output is to be like: its shape on screen, and the tags of its colours."""
    shape = info.pixel_aspect * info.width * height / (info.height * width)
    like = replace(info, pixel_aspect=shape.limit_denominator(10_000))
    if color.output == color.source:
        return like
    spaces = ColorSpaces(color.config or BUILTIN)
    codes = (
        code
        for name, code in _CODES.items()
        if spaces.knows(name) and spaces.check(name) == color.output
    )
    primaries, transfer = next(codes, (2, 2))
    tags = ColourTags(primaries=primaries, transfer=transfer, space=color.output)
    return replace(like, colour=tags)


def as_shown(space: str, spaces: ColorSpaces) -> Callable[[Frame], Frame]:
    """How a report shows pictures of a space: as engines see them, where they are not SDR video."""
    path = PicturePath(spaces, space)
    if not path.is_shaped:
        return lambda frame: frame
    return lambda frame: path.to_model(mend(as_picture(frame))[0])


def _keyframe_space(
    job: Job, source: FileFacts, source_space: str, spaces: ColorSpaces, notify: OnNotice
) -> str:
    found: dict[str, str] = {}
    for keyframe in job.keyframes:
        tags, is_float = picture_facts(keyframe.picture)
        facts = _facts(keyframe.picture, tags, is_float, is_movie=False)
        space, warning = default_keyframe_space(facts, source, source_space, spaces)
        if space not in found and warning:
            notify(Notice("warning", warning, {}))
        found.setdefault(space, keyframe.picture)
    if len(found) > 1:
        (one, first), (two, second) = list(found.items())[:2]
        raise SettingsError(
            f"The keyframe {first} is taken to be in {one}, but {second} in {two}.",
            "Say which space all keyframes are in with --keyframe-space.",
        )
    return next(iter(found), source_space)


def _facts(name: str, tags: ColourTags, is_float: bool, *, is_movie: bool) -> FileFacts:
    said = {"colorInteropID": tags.space, "chromaticities": tags.chromaticities}
    return FileFacts(
        name=name,
        suffix=Path(name).suffix,
        is_movie=is_movie,
        is_float=is_float,
        primaries=tags.primaries,
        transfer=tags.transfer,
        attributes={key: value for key, value in said.items() if value},
    )


def _asked(space: str | None, spaces: ColorSpaces) -> str | None:
    return spaces.check(space) if space else None


def _told(found: tuple[str, str], notify: OnNotice) -> str:
    space, warning = found
    if warning:
        notify(Notice("warning", warning, {"space": space}))
    return space
