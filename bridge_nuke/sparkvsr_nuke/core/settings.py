"""What the node's knobs say, as plain values: checked as a whole, then made into a job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any

from sparkvsr_link import JOB_SCHEMA, BridgeError, choice_problems

from .frames import RANGE_MODES, FrameRange, parse_frames, print_frames
from .stamp import Hashes, Stamp, Value
from .versions import VersionFolder, frame_file

DEPTHS = ("half", "float")

NOT_IN_PATHS = "[]{}$%#\"'"
"""Tcl, printf and frame numbering read these as their own, in one host program or another."""


@dataclass(frozen=True)
class NodeSettings:
    """The knobs of a SparkVSR node.

    Attributes:
        keyframes: the frame list as it is written, `1001 1010-1020x5`.
        range: `input`, `global` or `custom`.
        upscale: how much larger the result is, one of UPSCALES.
        guidance: 0 ignores keyframes, 1 follows them, above exaggerates; to MOST_GUIDANCE.
        grade: `auto`, `on`, `off`: carry the colours of keyframes by colour maths.
        pin: `exact`, `blend`, `off`: keyframes themselves in the result.
        engine: `auto`, `sparkvsr`, `flow`, `identity`.
        output: the output folder, absolute, with forward slashes.
        version: number of the version that the node shows; 0 is none.
        working_space: OpenColorIO name of the colour space that both inputs are in; empty leaves
            it to the files, which then count as scene-linear.
        view: the one view that is restored.
        overscan: what lies outside of the format is restored, too.
        plate_depth: `half` or `float`: of the plate's files; keyframes are always 32-bit floats.
        exchange_space: OpenColorIO name of the space in which pictures are handed over and come
            back; empty leaves them in the working space.
    """

    keyframes: str
    output: str
    range: str = "input"
    upscale: float = 2.0
    guidance: float = 1.0
    grade: str = "auto"
    pin: str = "exact"
    engine: str = "auto"
    version: int = 0
    working_space: str = ""
    view: str = "main"
    overscan: bool = True
    plate_depth: str = "half"
    exchange_space: str = ""


def find_problems(
    settings: NodeSettings, frame_range: FrameRange, views: Collection[str]
) -> tuple[str, ...]:
    """All that keeps these settings from being restored, a sentence each.

    Args:
        frame_range: what `choose_range` made of the range.
        views: the views of the script.
    """
    problems = [*_keyframe_problems(settings, frame_range)]
    if frame_range.first < 0:
        problems.append(
            f"The range {frame_range} begins below 0, and no two programs number such files alike:"
            " move the shot with a TimeOffset, and the keyframes with it."
        )
    problems += choice_problems(
        settings.engine,
        settings.grade,
        settings.pin,
        settings.upscale,
        settings.guidance,
        (
            ("range", settings.range, RANGE_MODES),
            ("plate depth", settings.plate_depth, DEPTHS),
            ("view", settings.view, views),
        ),
    )
    if settings.exchange_space and not settings.working_space:
        problems.append(
            f"The exchange space is {settings.exchange_space}, but the working space that it is"
            " converted from is empty: name it, or empty both."
        )
    if settings.version < 0:
        problems.append(f"The version {settings.version} is below 0.")
    return (*problems, *_folder_problems(settings.output))


def job_object(
    settings: NodeSettings, frame_range: FrameRange, version: VersionFolder
) -> dict[str, Any]:
    """The job that the agent's `restore` takes; docs/job.md lists its keys.

    Args:
        version: where plate and keyframes were exported to, and the result goes.

    Raises:
        BridgeError: the frame list cannot be read.
    """
    job: dict[str, Any] = {
        "schema": JOB_SCHEMA,
        "source": version.plate.as_posix(),
        "output": version.result.as_posix(),
        "first": frame_range.first,
        "last": frame_range.last,
        "keyframes": [
            {"frame": frame, "picture": frame_file(version.keys, frame).as_posix()}
            for frame in parse_frames(settings.keyframes)
        ],
        "settings": job_settings(settings),
    }
    space = settings.exchange_space or settings.working_space
    if space:
        for which in ("source_space", "keyframe_space", "output_space"):
            job[which] = space
    return job


def job_settings(settings: NodeSettings) -> dict[str, Any]:
    """Those of a job: what may change without anything being exported anew."""
    return {
        "upscale": settings.upscale,
        "guidance": settings.guidance,
        "grade": settings.grade,
        "pin_keyframes": settings.pin,
        "engine": settings.engine,
    }


def make_stamp(
    settings: NodeSettings,
    frame_range: FrameRange,
    session: str,
    plate: Mapping[int, Hashes],
    keyframes: Mapping[int, Hashes],
) -> Stamp:
    """The stamp of these settings and inputs; the arguments are those of `Stamp`."""
    values: dict[str, Value] = {
        "Upscale": settings.upscale,
        "Guidance": settings.guidance,
        "Grade": settings.grade,
        "Pin": settings.pin,
        "Engine": settings.engine,
        "Working space": settings.working_space,
        "Exchange space": settings.exchange_space,
        "View": settings.view,
        "Overscan": "on" if settings.overscan else "off",
        "Plate depth": settings.plate_depth,
    }
    return Stamp(session, dict(plate), dict(keyframes), frame_range, values)


def _keyframe_problems(settings: NodeSettings, frame_range: FrameRange) -> list[str]:
    try:
        frames = parse_frames(settings.keyframes)
    except BridgeError as error:
        return [error.message]
    if not frames:
        return ["There are no keyframes: list the frames that were fixed, such as `1001 1048`."]
    outside = [frame for frame in frames if not frame_range.holds(frame)]
    if not outside:
        return []
    what, are = ("Keyframes", "are") if len(outside) > 1 else ("Keyframe", "is")
    return [f"{what} {print_frames(outside)} {are} outside of the range {frame_range}."]


def _folder_problems(output: str) -> list[str]:
    if not output:
        return ["There is no output folder: save the script, or choose a folder."]
    problems = []
    # A Windows path has a drive or a share; this one check reads POSIX paths as well.
    if not PureWindowsPath(output).root:
        problems.append(f"The output folder {output} is not absolute.")
    if "\\" in output:
        problems.append(f"The output folder {output} holds a backslash: write / instead.")
    forbidden = sorted(set(NOT_IN_PATHS) & set(output))
    if forbidden:
        problems.append(
            f"The output folder {output} holds {' '.join(forbidden)}, which Nuke does not take as "
            "part of a name."
        )
    if any(ord(letter) < 32 for letter in output):
        problems.append("The output folder holds a control character.")
    return problems
