"""Render jobs of our own: what they render, and into which files.

Resolve takes settings all or none, says False or '' without a reason, and layers them over those of
the user: what must be is sent in one piece, what may be lacking one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import is_inside, is_temporary

from . import render_settings
from .desk import Desk
from .pages import open_page

if TYPE_CHECKING:
    from fusionscript import RenderSettings

_SETTLE_S = 1.5
_TRIES = 5
_WAIT_S = 1.0


@dataclass(frozen=True)
class PictureFormat:
    """How pictures are rendered, by the ids of Resolve.

    Attributes:
        lossless: keeps values below 0 and above 1.
    """

    extension: str
    codec: str
    lossless: bool = False


FORMATS = (
    PictureFormat("exr", "RGBHalf", lossless=True),
    PictureFormat("exr", "RGBHalfZIP", lossless=True),
    PictureFormat("tif", "RGB16"),
    PictureFormat("dpx", "RGB16"),
    PictureFormat("dpx", "RGB10"),
)
"""Best first."""

# Each may be refused by a version that does not know it, which then has no such thing.
_EXTRAS: tuple[dict[str, Any], ...] = (
    {"ExportAlpha": False},
    {"ExportSubtitle": False},
    {"DataBurnIn": "None"},
    {"UseFullExtents": False},
    {"AddFrameHandles": 0},
    {"UseUniqueFilenames": False},
)


@dataclass(frozen=True)
class Stretch:
    """Frames of one job.

    Attributes:
        timeline: name of the temporary timeline.
        folder, name: Resolve names files `<name><frame in eight digits>.<extension>` there.
        first, last: absolute, both included.
    """

    timeline: str
    folder: Path
    name: str
    extension: str
    first: int
    last: int

    @property
    def files(self) -> dict[int, Path]:
        """Absolute frame to file."""
        return {
            frame: self.folder / f"{self.name}{frame:08d}.{self.extension}"
            for frame in range(self.first, self.last + 1)
        }


def check_storage(desk: Desk, folder: Path) -> None:
    """Refuse a folder to which Resolve would not render, but open a dialog.

    Raises:
        BridgeError: it is not within Media Storage.
    """
    storage = desk.asked("its media storage", desk.resolve.GetMediaStorage)
    roots = desk.asked("the folders of its Media Storage", storage.GetMountedVolumeList)
    if not any(is_inside(str(folder), root) for root in roots):
        raise BridgeError(
            f"The work folder {folder} is not in Resolve's Media Storage, so Resolve does not "
            "render to it.",
            "Add it in Preferences > System > Media Storage and restart Resolve, or choose "
            f"a folder within {' or '.join(roots) or 'one that is listed there'}.",
        )


def open_deliver(desk: Desk) -> None:
    """Show the Deliver page, and let it settle: it takes no job right after it was opened.

    Raises:
        BridgeError: Resolve does not.
    """
    open_page(desk, "deliver")
    desk.clock.sleep(_SETTLE_S)


def set_up(desk: Desk, size: tuple[int, int]) -> PictureFormat:
    """Set all that our jobs have in common. Shows the Deliver page; needs a kept preset.

    Args:
        size: width and height of the pictures.

    Returns:
        The best format that this Resolve takes.

    Raises:
        BridgeError: it takes none, or refuses to render single clips.
    """
    open_deliver(desk)
    found = _choose_format(desk)
    render_settings.set_mode(desk, render_settings.SINGLE_CLIP)
    width, height = size
    for extra in ({"FormatWidth": width, "FormatHeight": height}, *_EXTRAS):
        _send(desk, extra)
    return found


def add_job(desk: Desk, stretch: Stretch) -> str:
    """Queue a job for the current timeline, and look whether it is the one that was meant.

    Returns:
        Its id.

    Raises:
        BridgeError: Resolve does not take it.
    """
    first, last = stretch.first, stretch.last
    for _ in range(_TRIES):
        desk.gate()
        accepted = _send(
            desk,
            {
                "SelectAllFrames": False,
                "MarkIn": first,
                "MarkOut": last,
                "TargetDir": str(stretch.folder),
                "CustomName": stretch.name,
                "ExportVideo": True,
                "ExportAudio": False,
            },
        )
        job = desk.project.AddRenderJob() if accepted else ""
        if job:
            if _is_right(_entry(desk, job), stretch):
                return job
            _delete_job(desk, job)
        desk.clock.sleep(_WAIT_S)
    raise BridgeError(
        f"Resolve does not take a job to render frames {first} to {last} to {stretch.folder}.",
        "Look at the Deliver page for what it says, then try again.",
    )


def our_jobs(desk: Desk) -> list[str]:
    """Ids of the queued jobs that render temporary timelines.

    Raises:
        BridgeError: Resolve does not tell.
    """
    return [str(job["JobId"]) for job in _queue(desk) if is_temporary(str(job.get("TimelineName")))]


def delete_jobs(desk: Desk) -> None:
    """Take all jobs of ours from the queue.

    Raises:
        BridgeError: Resolve keeps one.
    """
    for job in our_jobs(desk):
        _delete_job(desk, job)


def _delete_job(desk: Desk, job: str) -> None:
    desk.change(
        "take a job from the render queue",
        lambda: desk.project.DeleteRenderJob(job),
        lambda: _entry(desk, job) is None,
    )


def _choose_format(desk: Desk) -> PictureFormat:
    for candidate in FORMATS:
        listed = desk.project.GetRenderCodecs(candidate.extension) or {}
        if candidate.codec not in listed.values():
            continue
        try:
            render_settings.set_format(desk, candidate.extension, candidate.codec)
        except BridgeError:
            continue  # listed and refused
        return candidate
    raise BridgeError(
        "Resolve offers none of the picture formats EXR, TIFF and DPX.",
        "Look for them on the Deliver page; a new installation of Resolve brings them back.",
    )


def _send(desk: Desk, settings: Mapping[str, Any]) -> bool:
    return bool(desk.project.SetRenderSettings(cast("RenderSettings", settings)))


def _queue(desk: Desk) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", desk.asked("its queue", desk.project.GetRenderJobList))


def _entry(desk: Desk, job: str) -> Optional[dict[str, Any]]:
    return next((entry for entry in _queue(desk) if entry.get("JobId") == job), None)


def _is_right(entry: Optional[Mapping[str, Any]], stretch: Stretch) -> bool:
    """What an entry does not say counts as right: the files will tell."""
    if entry is None:
        return False
    return (
        int(entry.get("MarkIn", stretch.first)) == stretch.first
        and int(entry.get("MarkOut", stretch.last)) == stretch.last
        and entry.get("TimelineName", stretch.timeline) == stretch.timeline
        and Path(str(entry.get("TargetDir", stretch.folder))) == stretch.folder
    )
