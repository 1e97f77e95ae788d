"""Copies of timelines."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

from .model import Bin, Item, PoolItem, Timeline, Track

if TYPE_CHECKING:
    from .host import Host


def duplicate(host: Host, timeline: Timeline, name: str | None) -> Timeline | None:
    """A copy in the bin of the original, perhaps made current; None when the name is taken."""
    project = host.project
    name = name or _free_name(timeline.name, {found.name for found in project.timelines})
    if any(found.name == name for found in project.timelines) or set(name) & set(":/"):
        return None
    made = Timeline(
        uid=host.uid("timeline"),
        serial=host.serial(),
        name=name,
        start=timeline.start,
        settings=dict(timeline.settings),
        tracks={kind: [_track(host, t) for t in found] for kind, found in timeline.tracks.items()},
        markers=copy.deepcopy(timeline.markers),
        marks=copy.deepcopy(timeline.marks),
        grade=copy.deepcopy(timeline.grade),
        playhead=timeline.playhead,
    )
    add(host, made, bin_of(host, timeline))
    if host.profile.duplicate_is_current:
        project.current = made
    return made


def add(host: Host, timeline: Timeline, where: Bin) -> None:
    """Into the project and its media pool."""
    host.project.timelines.append(timeline)
    clip = PoolItem(
        uid=host.uid("clip"),
        name=timeline.name,
        kind="Timeline",
        media=None,
        first=0,
        frames=timeline.end - timeline.start,
        timeline=timeline,
        bin=where,
    )
    where.clips.append(clip)
    host.unseated = True


def bin_of(host: Host, timeline: Timeline) -> Bin:
    for clip in host.project.clips():
        if clip.timeline is timeline and clip.bin:
            return clip.bin
    return host.project.root


def _track(host: Host, track: Track) -> Track:
    return dataclasses.replace(track, items=[_item(host, item) for item in track.items])


def _item(host: Host, item: Item) -> Item:
    """The same clip, group and remote versions; its own markers, local versions and properties."""
    return dataclasses.replace(
        item,
        uid=host.uid("item"),
        properties=dict(item.properties),
        markers=copy.deepcopy(item.markers),
        versions=[found if found.kind else copy.deepcopy(found) for found in item.versions],
        takes=list(item.takes),
    )


def _free_name(name: str, taken: set[str]) -> str:
    number = 1
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
