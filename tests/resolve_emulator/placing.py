"""AppendToTimeline: clips onto tracks of the current timeline, with all that can go wrong."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .model import Item, PoolItem, Timeline, Track

if TYPE_CHECKING:
    from .host import Host

KEYS = {"mediaPoolItem", "startFrame", "endFrame", "mediaType", "trackIndex", "recordFrame"}
FAILURES: dict[str, Any] = {"none": None, "empty": [], "false": False, "holding_none": [None]}


@dataclass
class Wish:
    """One clip to place; frames of the file, the last one included."""

    clip: PoolItem
    first: int
    last: int
    record: int
    track: int | None
    kinds: tuple[str, ...]


def append(host: Host, given: list[Any], proxy: Callable[[Item], Any]) -> Any:
    """Place clips; a list of items, or what the profile says that failing gives."""
    failure = FAILURES[host.profile.append_failure]
    timeline = host.project.current
    unselected = host.profile.append_needs_selection and not host.project.selected
    if timeline is None or unselected or not given:
        return failure
    wishes = [_wish(host, timeline, one) for one in given]
    if None in wishes:
        return None  # one wrong number, and nothing of the batch happens
    items = []
    for wish in wishes:
        assert wish is not None
        placed = _place(host, timeline, wish)
        if placed is None:
            return failure
        items += placed
    host.seek(timeline, max(item.end for item in items))
    handed = [proxy(item) for item in items]
    if host.profile.anonymous_appended:
        for one in handed:
            one.__dict__.update(GetUniqueId=str, GetName=str)
    return handed


def _wish(host: Host, timeline: Timeline, given: Any) -> Wish | None:
    """What is asked for; None for anything that is not a clip with whole numbers."""
    wanted = given if isinstance(given, dict) else {"mediaPoolItem": given}
    holder: Any = wanted.get("mediaPoolItem")
    if type(holder).__name__ != "MediaPoolItem" or not holder._alive() or set(wanted) - KEYS:
        return None
    numbers = {key: value for key, value in wanted.items() if key != "mediaPoolItem"}
    if any(type(value) is not int for value in numbers.values()):
        return None
    clip = holder._of
    first = numbers.get("startFrame", 0)
    after = 0 if host.profile.end_inclusive else 1
    last = min(numbers.get("endFrame", clip.frames) - after, clip.frames - 1)
    if not 0 <= first <= last:
        return None
    if clip.kind == "Still":  # a picture has its own length, whatever was asked for
        first, last = 0, clip.frames - 1
    sound = ("audio",) if clip.kind == "Video + Audio" else ()
    kinds: dict[int | None, tuple[str, ...]] = {None: ("video", *sound), 1: ("video",), 2: sound}
    record = numbers.get("recordFrame", timeline.end)
    kind = kinds.get(numbers.get("mediaType"))
    return Wish(clip, first, last, record, numbers.get("trackIndex"), kind) if kind else None


def _place(host: Host, timeline: Timeline, wish: Wish) -> list[Item] | None:
    """None when the track is missing or locked, or the record frame lies before the start."""
    frames = wish.last - wish.first + 1
    duration = math.floor(frames * timeline.rate / wish.clip.rate)
    if wish.record < timeline.start or duration < 1:
        return None
    link = host.serial() if len(wish.kinds) > 1 else 0
    items = []
    for kind in wish.kinds:
        track = _track(timeline, kind, wish, duration)
        if track is None or track.locked:
            return None
        item = Item(
            uid=host.uid("item"),
            serial=host.serial(),
            name=wish.clip.name,
            clip=wish.clip,
            start=wish.record,
            duration=duration,
            source_in=Fraction(wish.first),
            kind=kind,
            link=link,
            markers=copy.deepcopy(wish.clip.markers),
        )
        _into(track, item)
        items.append(item)
    return items


def _track(timeline: Timeline, kind: str, wish: Wish, duration: int) -> Track | None:
    tracks = timeline.tracks[kind]
    if kind == "audio" and wish.track is not None:
        while len(tracks) < wish.track:  # sound brings its own track
            tracks.append(Track(f"Audio {len(tracks) + 1}"))
    if wish.track is not None:
        return tracks[wish.track - 1] if 1 <= wish.track <= len(tracks) else None
    free = (track for track in tracks if track.free(wish.record, wish.record + duration))
    found = next(free, None)
    if found is None:  # without a track it spills onto a new one
        found = Track(f"{kind.capitalize()} {len(tracks) + 1}")
        tracks.append(found)
    return found


def _into(track: Track, item: Item) -> None:
    """What is there already wins: the new one is cut short, or is not there at all."""
    for other in track.items:
        if other.start <= item.start < other.end:
            return
        if item.start < other.start < item.end:
            item.duration = other.start - item.start
    track.add(item)
