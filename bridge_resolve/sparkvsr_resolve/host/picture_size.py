"""How large the pictures are: of a timeline, of media, and of the copy when it is to be changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sparkvsr_link import BridgeError

from .captured_clip import ClipToCapture
from .desk import Desk
from .duplicate import Duplicate

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

_SIZE = re.compile(r"(\d+)\s*x\s*(\d+)", re.ASCII)


def set_size(duplicate: Duplicate, size: tuple[int, int]) -> None:
    """Give the copy another resolution.

    Args:
        size: width and height.

    Raises:
        BridgeError: Resolve refuses it.
    """
    width, height = size
    settings = (
        ("useCustomSettings", 1),  # nothing else can be set before
        ("timelineResolutionWidth", width),
        ("timelineResolutionHeight", height),
    )
    for key, value in settings:
        _set(duplicate, key, value)


def read_size(desk: Desk, timeline: Timeline) -> tuple[int, int]:
    """Width and height of a timeline's pictures.

    Raises:
        BridgeError: Resolve does not tell.
    """

    def side(name: str) -> int:
        return int(desk.asked("the resolution", lambda: timeline.GetSetting(name) or None))

    return side("timelineResolutionWidth"), side("timelineResolutionHeight")


def media_size(desk: Desk, item: TimelineItem, clip: ClipToCapture) -> tuple[int, int]:
    """Width and height of the media of a clip.

    Raises:
        BridgeError: Resolve does not tell.
    """

    def written() -> Any:
        media = item.GetMediaPoolItem()
        return media.GetClipProperty("Resolution") if media else None

    found = _SIZE.fullmatch(str(desk.asked("the media's resolution", written)).strip())
    if found is None:
        raise BridgeError(
            f"Resolve does not tell the resolution of the media of `{clip.name}`.",
            "Set the base to render, at the size of the timeline.",
        )
    return int(found[1]), int(found[2])


def _set(duplicate: Duplicate, key: str, value: int) -> None:
    def is_set() -> bool:
        return str(duplicate.timeline.GetSetting(key)) in (str(value), f"{value}.0")

    if not is_set():
        duplicate.desk.change(
            f"set {key} of the copy",
            lambda: duplicate.timeline.SetSetting(key, str(value)),
            is_set,
        )
