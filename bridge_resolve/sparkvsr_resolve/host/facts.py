"""A clip as the API describes it, whatever type a property comes in and whatever is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from sparkvsr_resolve.core import Capabilities, ClipFacts, Rate, media_fps

from . import newer
from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, TimelineItem

_OFFLINE_TAG = re.compile(r"[\s\[(<*]*offline[\s\])>*:-]*", re.IGNORECASE)
_NUMBERS = re.compile(r"\[(\d+)-\d+\]")  # of a sequence: /dir/name.[0001-0100].exr


def pool_item_of(item: TimelineItem) -> Optional[MediaPoolItem]:
    """The clip in the media pool that an item shows; None of titles and generators.

    None is what a call that failed gives, too, so it is asked twice.
    """
    return item.GetMediaPoolItem() or item.GetMediaPoolItem() or None


def read_facts(
    desk: Desk, capabilities: Capabilities, item: TimelineItem, rate: Rate, frames: int
) -> ClipFacts:
    """What Resolve says of an item of the timeline.

    Args:
        rate: of the timeline.
        frames: the item's length on it.

    Raises:
        BridgeError: Resolve says nothing of it.
    """
    name = desk.asked("the name of a clip", item.GetName, lambda name: isinstance(name, str))
    kind = newer.item_type(item) if capabilities.can("item_type") else ""
    clip = pool_item_of(item)
    if clip is None:
        return ClipFacts(name, rate.fps, frames, has_media=False, item_type=kind)
    found: Mapping[str, Any] = desk.asked(
        f"what the media of `{name}` is", lambda: newer.properties_of(clip)
    )
    tagged, online = _text(found, "File Path"), _is_online(found)
    return ClipFacts(
        name=name,
        timeline_fps=rate.fps,
        frames=frames,
        item_type=kind,
        media_type=_text(found, "Type"),
        file_path=_OFFLINE_TAG.sub("", tagged, count=1) if _is_tagged(tagged) else tagged,
        online=online,
        media_fps=media_fps(found.get("FPS")),
        media_frames=_frames(found),
        speed=_number(newer.speed_of(item)) if capabilities.can("speed") else None,
        source_seconds=_seconds(item) if capabilities.can("source_times") else None,
        fusion_comps=desk.number(
            f"whether `{name}` has Fusion compositions", item.GetFusionCompCount
        ),
        fields=_text(found, "Field Dominance"),
    )


def _seconds(item: TimelineItem) -> Optional[float]:
    """How much of the media it shows. Only the difference means something."""
    start, end = _number(item.GetSourceStartTime()), _number(item.GetSourceEndTime())
    return None if start is None or end is None else end - start


def _is_online(found: Mapping[str, Any]) -> bool:
    """The status is a word of the user's language; where it is not known the file is looked for."""
    path, status = _text(found, "File Path"), _text(found, "Online Status").lower()
    if status in ("online", "offline"):
        return status == "online"
    first = Path(_NUMBERS.sub(r"\1", path))
    return not path or first.exists()


def _is_tagged(path: str) -> bool:
    """Resolve may say so in front of the path, which begins with a slash or a drive otherwise."""
    return bool(_OFFLINE_TAG.match(path))


def _frames(found: Mapping[str, Any]) -> Optional[int]:
    count = _number(found.get("Frames"))
    return round(count) if count else None


def _text(found: Mapping[str, Any], name: str) -> str:
    return str(found.get(name) or "").strip()


def _number(value: object) -> Optional[float]:
    """A number, also of text; None when it is none."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if isfinite(number) else None
