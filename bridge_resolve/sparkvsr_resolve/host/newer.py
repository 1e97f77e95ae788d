"""Methods that the type stubs, which are those of 21.0, lack or have otherwise.

Those that not every version has are called only where the capabilities have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Resolve, Timeline, TimelineItem


def start_of(item: TimelineItem) -> Optional[float]:
    """Its first frame, absolute. The argument of the stubs is not known to early versions."""
    return item.GetStart()  # type: ignore[call-arg]


def end_of(item: TimelineItem) -> Optional[float]:
    """The frame after its last one, absolute."""
    return item.GetEnd()  # type: ignore[call-arg]


def left_offset_of(item: TimelineItem) -> Optional[float]:
    """The frame of the source that its first one shows."""
    return item.GetLeftOffset()  # type: ignore[call-arg]


def properties_of(clip: MediaPoolItem) -> Any:
    """All properties of a clip, by name."""
    return clip.GetClipProperty()  # type: ignore[call-arg]


def is_studio(resolve: Resolve) -> Any:
    """Ability `edition`."""
    return _call(resolve, "IsStudio")


def selected_items(timeline: Timeline) -> list[TimelineItem]:
    """Ability `selection`; of all kinds of tracks."""
    return [item for item in _call(timeline, "GetSelectedClips") or () if item]


def item_type(item: TimelineItem) -> str:
    """Ability `item_type`: `video`, `audio`, `generator` or `transition`."""
    return _call(item, "GetType") or ""


def speed_of(item: TimelineItem) -> Any:
    """Ability `speed`: percent; nothing where Resolve does not say."""
    return (_call(item, "GetSpeed") or {}).get("Percentage")


def _call(owner: Any, name: str) -> Any:
    return getattr(owner, name)()
