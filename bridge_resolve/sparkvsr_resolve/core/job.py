"""The job that the agent's `restore` takes; docs/job.md lists its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkvsr_link import JOB_SCHEMA

from .geometry import ClipSpan
from .settings import ClipSettings
from .workplace import VersionFolder


@dataclass(frozen=True)
class Source:
    """What is restored: a movie or a numbered sequence, and which of its frames.

    Attributes:
        path: of the movie, or the pattern of the sequence.
        first: number of the shot's first frame: of the file for a sequence, counted from 0 for a
            movie.
        frames: how many.
    """

    path: str
    first: int
    frames: int

    @classmethod
    def render(cls, version: VersionFolder, span: ClipSpan) -> Source:
        """The render of a clip, numbered by absolute frames."""
        return cls(version.base.as_posix(), span.record_in, span.frames)


@dataclass(frozen=True)
class Spaces:
    """OpenColorIO names of colour spaces; an empty one is left to the files.

    Resolve's pictures do not say what they are in, and an EXR that says nothing counts as
    scene-linear: of a render all three must be named.
    """

    source: str = ""
    keyframes: str = ""
    output: str = ""


def job_object(
    settings: ClipSettings,
    source: Source,
    version: VersionFolder,
    pictures: Mapping[int, Path],
    spaces: Spaces,
) -> dict[str, Any]:
    """The job of a clip.

    Args:
        version: where the result goes.
        pictures: 0-based frame of the shot to the file of its keyframe.

    Raises:
        ValueError: a keyframe is not one of the shot.
    """
    outside = [index for index in pictures if not 0 <= index < source.frames]
    if outside:
        raise ValueError(f"keyframes {outside} are not within {source.frames} frames")
    movie = settings.output != "exr"
    job: dict[str, Any] = {
        "schema": JOB_SCHEMA,
        "source": source.path,
        "output": (version.movie if movie else version.sequence).as_posix(),
        "first": source.first,
        "last": source.first + source.frames - 1,
        "keyframes": [
            {"frame": source.first + index, "picture": picture.as_posix()}
            for index, picture in sorted(pictures.items())
        ],
        "settings": job_settings(settings),
    }
    if movie:
        job["codec"] = settings.output
    for key, space in (
        ("source_space", spaces.source),
        ("keyframe_space", spaces.keyframes),
        ("output_space", spaces.output),
    ):
        if space:
            job[key] = space
    return job


def job_settings(settings: ClipSettings) -> dict[str, Any]:
    """What a job says under `settings`.

    An ungraded result carries no grade, whatever the settings say of it.
    """
    return {
        "upscale": settings.upscale,
        "guidance": settings.guidance,
        "grade": settings.grade if settings.deliver == "graded" else "off",
        "pin_keyframes": settings.pin,
        "engine": settings.engine,
    }
