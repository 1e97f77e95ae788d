"""From a clip and its plan to pictures on the disk, with Resolve as before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    Capabilities,
    ClipSettings,
    Keyframe,
    Plan,
    ScriptLock,
    Source,
    VersionFolder,
    find_problems,
    remove_version,
)

from .captured_clip import ClipToCapture, find_clip
from .captured_frames import check_frames, find_doubts
from .desk import Desk
from .grades import check_resettable
from .kept_base import KeptBase
from .picture_size import media_size
from .pictures import Pictures, Wanted, read_colour, render_pictures
from .render_job import check_storage
from .source_file import read_source
from .timelines import timeline_of_id
from .user_state import preserved


@dataclass(frozen=True)
class CaptureOptions:
    """How a clip is captured.

    Attributes:
        lock: of this process.
        abilities: of this Resolve.
        settings: of the clip; `base` and `deliver` count here.
        source_size: render at the size of the media, so that a timeline of a smaller size or a
            zoom costs no detail. Where the media file is the base it is so in any case, since
            keyframes must fit on it.
        earlier: a version of the clip whose base is used again where it is still right.
    """

    lock: ScriptLock
    abilities: Capabilities
    settings: ClipSettings
    source_size: bool = False
    earlier: Optional[VersionFolder] = None


@dataclass(frozen=True)
class Captured:
    """What a job is made of.

    Attributes:
        source: what is restored: pattern or movie, its first frame, and how many.
        pictures: 0-based frame of the shot to the file of its keyframe, painted ones included.
        size: width and height of the source.
        fps: exact.
        start_timecode: of the clip's first frame on the timeline.
        colour: the timeline's settings about colour, as Resolve names them.
        warnings: sentences for the user.
    """

    source: Source
    pictures: Mapping[int, Path]
    size: tuple[int, int]
    fps: Fraction
    start_timecode: str
    colour: Mapping[str, str]
    warnings: tuple[str, ...]


def capture(
    desk: Desk, clip: ClipToCapture, plan: Plan, version: VersionFolder, options: CaptureOptions
) -> Captured:
    """Take the pictures of a clip.

    Keyframes are graded, the base is not; those with a painted picture are not captured, and none
    is for an ungraded result.

    Args:
        version: where the pictures go, within Media Storage; removed again when this fails.

    Raises:
        CancelledError: the user wants to stop.
        BridgeError: it cannot be done; why.
    """
    try:
        _check(clip, plan, options)
        keys = _to_capture(plan, options.settings)
        rendered = _take(desk, clip, keys, version, options)
        check_frames(clip, rendered.base, rendered.size)
        check_frames(clip, rendered.keys, rendered.size)
        doubts = tuple(find_doubts(clip, rendered.keys, rendered.base))
    except BaseException:
        remove_version(version)
        raise
    painted = {key.index: Path(key.picture) for key in plan.keyframes if key.picture}
    taken = {key.index: rendered.keys[key.absolute] for key in keys}
    return Captured(
        source=_source(clip, rendered, version),
        pictures=dict(sorted({**painted, **taken}.items())),
        size=rendered.size,
        fps=clip.span.rate.fps,
        start_timecode=clip.span.timecode(clip.span.record_in),
        colour=rendered.colour,
        warnings=rendered.warnings + doubts,
    )


def _check(clip: ClipToCapture, plan: Plan, options: CaptureOptions) -> None:
    clip.verdict.check()
    plan.check(clip.name)
    problems = find_problems(options.settings, clip.verdict)
    if problems:
        raise BridgeError(" ".join(problems), "Change the settings of the clip.")
    if _renders_base(options):
        check_resettable(options.abilities)


def _renders_base(options: CaptureOptions) -> bool:
    return options.settings.base == "render"


def _to_capture(plan: Plan, settings: ClipSettings) -> tuple[Keyframe, ...]:
    if settings.painted_only:
        return ()
    return tuple(key for key in plan.keyframes if not key.picture)


def _take(
    desk: Desk,
    clip: ClipToCapture,
    keys: tuple[Keyframe, ...],
    version: VersionFolder,
    options: CaptureOptions,
) -> Pictures:
    base = _renders_base(options)
    if not keys and not base:
        return _look_only(desk, clip)
    check_storage(desk, version.path)
    kept = KeptBase(clip, version, options.earlier)
    wanted = Wanted([key.absolute for key in keys], base, options.source_size or not base, kept)
    with preserved(desk, options.lock, options.abilities, version.path) as state:
        return render_pictures(desk, state, options.abilities, clip, wanted, version)


def _look_only(desk: Desk, clip: ClipToCapture) -> Pictures:
    """All pictures are there already: nothing is changed in Resolve."""
    timeline = timeline_of_id(desk, clip.timeline) or desk.timeline
    size = media_size(desk, find_clip(desk, timeline, clip), clip)
    return Pictures(size=size, colour=read_colour(timeline))


def _source(clip: ClipToCapture, rendered: Pictures, version: VersionFolder) -> Source:
    if not rendered.base:
        return read_source(clip.facts.file_path, clip.span)
    extension = rendered.base[clip.span.record_in].suffix
    pattern = version.base.with_suffix(extension)
    return Source(pattern.as_posix(), clip.span.record_in, clip.span.frames)
