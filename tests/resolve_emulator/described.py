"""Everything that a user would miss, as plain data."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

from .model import Bin, Item, Timeline

if TYPE_CHECKING:
    from .host import Host


def state_of(host: Host) -> dict[str, Any]:
    project = host.project
    current = project.current
    return {
        "page": host.pages.current,
        "project": project.name,
        "settings": dict(project.settings),
        "timeline": current.uid if current else None,
        "timelines": {timeline.uid: _timeline(timeline) for timeline in project.timelines},
        "bins": _bin(project.root),
        "folder": project.folder.uid,
        "selected": [clip.uid for clip in project.selected],
        "groups": {
            g.uid: [g.name, *map(dataclasses.asdict, (g.pre, g.post))] for g in project.groups
        },
        "albums": [len(album.stills) for album in project.albums],
        "render": host.render.snapshot(),
        "presets": copy.deepcopy(host.render.presets),
        "queue": [job.uid for job in host.queue.jobs],
        "rendering": host.rendering,
    }


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        "name": timeline.name,
        "start": timeline.start,
        "settings": dict(timeline.settings),
        "playhead": timeline.playhead,
        "marks": copy.deepcopy(timeline.marks),
        "markers": _markers(timeline),
        "grade": dataclasses.asdict(timeline.grade),
        "tracks": {
            kind: [
                {
                    "name": track.name,
                    "enabled": track.enabled,
                    "locked": track.locked,
                    "items": [_item(item) for item in track.items],
                }
                for track in tracks
            ]
            for kind, tracks in timeline.tracks.items()
        },
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "uid": item.uid,
        "name": item.name,
        "clip": item.clip.uid if item.clip else None,
        "span": (item.start, item.duration, str(item.source_in), str(item.speed)),
        "enabled": item.enabled,
        "color": item.color,
        "properties": dict(item.properties),
        "markers": _markers(item),
        "versions": [dataclasses.asdict(version) for version in item.versions],
        "version": item.version,
        "group": item.group.uid if item.group else None,
        "takes": [(take.clip.uid, take.first, take.last) for take in item.takes],
        "take": item.take,
    }


def _markers(owner: Any) -> dict[int, dict[str, Any]]:
    return {frame: dataclasses.asdict(owner.markers[frame]) for frame in sorted(owner.markers)}


def _bin(found: Bin) -> dict[str, Any]:
    return {
        "name": found.name,
        "clips": {
            clip.uid: {
                "name": clip.name,
                "path": clip.media.path if clip.media else "",
                "changed": dict(clip.changed),
                "metadata": dict(clip.metadata),
                "markers": _markers(clip),
                "color": clip.color,
            }
            for clip in found.clips
        },
        "bins": {inner.uid: _bin(inner) for inner in found.bins},
    }
