"""What Resolve is needed for in a restoration: pictures at the beginning, placing at the end.

What lies between: `under_way`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError, read_json, write_json
from sparkvsr_resolve.core import (
    ClipSettings,
    Colour,
    ScriptLock,
    VersionFolder,
    choose_root,
    clip_folder,
    job_digest,
    job_object,
    list_versions,
    make_version,
    print_fps,
    read_colour,
    remove_version,
)

from .again import find_again
from .bench import Bench, Looked
from .bring_back import Delivery, Returned, bring_back
from .capture import Captured, CaptureOptions, capture
from .clip import Clip
from .importing import Result
from .interpret import Interpretation, space_spellings

JOB_NAME = "job.json"
REPORT_NAME = "report.html"


@dataclass(frozen=True)
class Prepared:
    """A clip whose pictures are on the disk.

    Attributes:
        job: as the agent takes it.
        colour: what the pictures are in.
        warnings: sentences for the user.
    """

    looked: Looked
    settings: ClipSettings
    version: VersionFolder
    job: Mapping[str, Any]
    colour: Colour
    warnings: tuple[str, ...]


def prepare(bench: Bench, looked: Looked, settings: ClipSettings) -> Prepared:
    """Capture the clip; afterwards Resolve is as it was.

    Raises:
        BridgeError: it cannot be done; CancelledError among them.
    """
    desk, clip = bench.desk, looked.clip
    folder = folder_of(bench, clip, settings)
    with ScriptLock.take(bench.folder) as lock:
        earlier = list_versions(folder)
        version = make_version(folder)
        last = earlier[-1] if earlier else None
        options = CaptureOptions(lock, bench.able, settings, earlier=last)
        captured = capture(desk, clip, looked.plan, version, options)
    colour = read_colour(captured.colour)
    job = _job(settings, captured, version, colour)
    try:
        write_json(version.path / JOB_NAME, job)
    except OSError as error:
        remove_version(version)
        raise BridgeError(
            f"Cannot write {version.path / JOB_NAME}: {error.strerror}.", "Make room on that disk."
        ) from error
    warnings = captured.warnings + ((colour.warning,) if colour.warning else ())
    return Prepared(looked, settings, version, job, colour, looked.warnings + warnings)


def place(bench: Bench, prepared: Prepared, earlier: str = "") -> Returned:
    """Import the result that the agent made, and place it.

    Args:
        earlier: file of the clip's earlier result; empty for none.

    Raises:
        BridgeError: why not; Resolve is as it was.
    """
    clip, job = prepared.looked.clip, prepared.job
    frames = job["last"] - job["first"] + 1
    delivery = Delivery(
        timeline=clip.timeline,
        result=Result(job["output"], frames, clip.span.rate.fps, job["first"]),
        settings=prepared.settings,
        interpretation=_interpretation(prepared),
        earlier=earlier,
        note={"job": job_digest(job), "version": prepared.version.number, **job["settings"]},
    )
    appender = bench.appender()
    returned = bring_back(
        bench.desk,
        bench.able,
        appender,
        delivery,
        lambda: find_again(bench.desk, bench.able, clip),
    )
    bench.learn(appender)
    return returned


def folder_of(bench: Bench, clip: Clip, settings: ClipSettings) -> Path:
    """Where the versions of a clip are, whether there are some or not.

    Raises:
        BridgeError: there is no place for them within Media Storage.
    """
    desk = bench.desk
    roots = desk.asked("its Media Storage", desk.resolve.GetMediaStorage().GetMountedVolumeList)
    root = choose_root(roots, settings.work_folder, clip.facts.file_path)
    project = desk.asked("the name of the project", desk.project.GetName)
    return clip_folder(root, project, clip.name, clip.item)


def read_job(version: VersionFolder) -> Optional[dict[str, Any]]:
    """The job of a version that was captured; None where there is none."""
    try:
        return read_json(version.path / JOB_NAME)
    except (OSError, ValueError):
        return None


def _job(
    settings: ClipSettings, captured: Captured, version: VersionFolder, colour: Colour
) -> dict[str, Any]:
    job = job_object(settings, captured.source, version, captured.pictures, colour.spaces)
    if settings.base == "render":  # files of a render need not say it
        job["rate"] = print_fps(captured.fps)
    job["timecode"] = captured.start_timecode
    return job


def _interpretation(prepared: Prepared) -> Interpretation:
    colour = prepared.colour
    spellings = space_spellings(colour.space, colour.gamma) if colour.space else ()
    movie = Path(prepared.job["output"]).suffix == ".mov"
    return Interpretation(
        spaces=spellings if colour.science == "managed" else (),
        idts=spellings if colour.science == "ACES" else (),
        level="Video" if movie else "",
    )
