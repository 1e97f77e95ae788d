"""The pictures of a clip, rendered from a temporary copy of its timeline.

Keyframes first, then without grades the whole clip: from the same copy, one after the other, so
that both share geometry and colour. Keyframes have the grade of the clip and its group.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sparkvsr_resolve.core import BASE_NAME, KEY_NAME, Capabilities, VersionFolder

from . import render_settings
from .captured_clip import ClipToCapture
from .desk import Desk
from .duplicate import Duplicate, make_duplicate, neutralise
from .grades import reset_clip_grades, reset_timeline_grade
from .kept_base import KeptBase
from .pages import open_page
from .picture_size import media_size, read_size, set_size
from .render_job import PictureFormat, Stretch, add_job, open_deliver, set_up
from .render_run import run_jobs
from .user_state import WORK_PAGE, UserState

if TYPE_CHECKING:
    from fusionscript import Timeline

MOST_SINGLE_FRAMES = 8
"""So many keyframes are rendered one by one; of more, all from the first to the last one."""

_COLOURS = (
    "colorScienceMode",
    "colorSpaceInput",
    "colorSpaceInputGamma",
    "colorSpaceTimeline",
    "colorSpaceTimelineGamma",
    "colorSpaceOutput",
    "colorSpaceOutputGamma",
    "colorSpaceOutputToneMapping",
    "colorSpaceOutputGamutMapping",
    "colorAcesODT",
    "isAutoColorManage",
    "rcmPresetMode",
    "separateColorSpaceAndGamma",
    "videoDataLevels",
)


@dataclass
class Pictures:
    """What was rendered.

    Attributes:
        keys, base: absolute frame to file.
        size: width and height.
        colour: settings of the timeline, as Resolve names them.
        warnings: sentences for the user.
    """

    keys: Mapping[int, Path] = field(default_factory=dict)
    base: Mapping[int, Path] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    colour: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is to be rendered.

    Attributes:
        keys: absolute frames.
        base: the whole clip, ungraded.
        source_size: at the size of the media, whatever that of the timeline is.
        kept: bases of earlier runs.
    """

    keys: Collection[int]
    base: bool
    source_size: bool
    kept: KeptBase


def render_pictures(
    desk: Desk,
    state: UserState,
    abilities: Capabilities,
    clip: ClipToCapture,
    wanted: Wanted,
    version: VersionFolder,
) -> Pictures:
    """Render what is wanted. Within `preserved`, which takes the copy away again.

    Raises:
        CancelledError: the user wants to stop.
        BridgeError: it cannot be done; why.
    """
    found = Pictures()
    state.enter("Copying the timeline")
    duplicate = make_duplicate(desk, clip, state.snapshot.temp_timeline)
    found.warnings += reset_timeline_grade(duplicate, abilities)
    neutralise(duplicate)
    if wanted.source_size:
        set_size(duplicate, media_size(desk, duplicate.item, clip))
    found.size = read_size(desk, duplicate.timeline)
    found.colour = read_colour(duplicate.timeline)
    state.note(render_mode=render_settings.keep(desk, state.snapshot.preset))
    picture = set_up(desk, found.size)
    if not picture.lossless:
        found.warnings += (_clipped(picture),)
    if wanted.keys:
        state.enter(f"Rendering {len(wanted.keys)} keyframes")
        found.keys = _render_keys(duplicate, wanted.keys, picture, version)
    made_of = found.size, found.colour, picture.extension
    if wanted.base:
        found.base = wanted.kept.take(*made_of)
    if wanted.base and not found.base:
        state.enter("Resetting grades on the copy")
        open_page(desk, WORK_PAGE)
        found.warnings += reset_clip_grades(duplicate, abilities)
        state.enter("Rendering the ungraded clip")
        open_deliver(desk)
        found.base = _render_base(duplicate, clip, picture, version)
    if found.base:
        wanted.kept.remember(*made_of)
    return found


def read_colour(timeline: Timeline) -> dict[str, str]:
    """The timeline's settings about colour that this version has."""
    answers = {key: timeline.GetSetting(key) for key in _COLOURS}
    return {key: str(value) for key, value in answers.items() if value not in (None, "")}


def _render_keys(
    duplicate: Duplicate, frames: Collection[int], picture: PictureFormat, version: VersionFolder
) -> dict[int, Path]:
    """The wanted frames only are left in their folder."""

    def stretch(first: int, last: int) -> Stretch:
        folder = version.keys_folder
        return Stretch(duplicate.name, folder, KEY_NAME, picture.extension, first, last)

    if len(frames) <= MOST_SINGLE_FRAMES:
        files = _render(duplicate, [stretch(frame, frame) for frame in sorted(frames)], "keyframes")
    else:
        files = _render(duplicate, [stretch(min(frames), max(frames))], "keyframes")
    for frame in files.keys() - set(frames):
        files.pop(frame).unlink()
    return files


def _render_base(
    duplicate: Duplicate, clip: ClipToCapture, picture: PictureFormat, version: VersionFolder
) -> dict[int, Path]:
    first, last = clip.span.render_marks
    folder = version.base_folder
    stretch = Stretch(duplicate.name, folder, BASE_NAME, picture.extension, first, last)
    return _render(duplicate, [stretch], "the ungraded clip")


def _render(duplicate: Duplicate, stretches: list[Stretch], what: str) -> dict[int, Path]:
    """The files, by absolute frame. Jobs stay in the queue until all is put back."""
    desk = duplicate.desk
    jobs = []
    for stretch in stretches:
        duplicate.timeline  # noqa: B018 - a job renders the current timeline: refuse another one
        jobs.append(add_job(desk, stretch))
    files = {frame: file for stretch in stretches for frame, file in stretch.files.items()}
    run_jobs(desk, jobs, files.values(), what)
    return files


def _clipped(picture: PictureFormat) -> str:
    return (
        f"This Resolve renders no EXR: pictures are {picture.extension.upper()} files, in which "
        "values below 0 and above 1 are lost."
    )
