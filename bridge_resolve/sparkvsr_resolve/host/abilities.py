"""What this Resolve can do, told from what its objects list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparkvsr_resolve.core import ABILITIES, Ability, Capabilities
from sparkvsr_resolve.core.capabilities import ITEM, POOL, POOL_ITEM, PROJECT, RESOLVE, TIMELINE

from .desk import Desk
from .tracks import video_items

_OWNERS = {RESOLVE, PROJECT, TIMELINE, ITEM, POOL, POOL_ITEM}


class Abilities:
    """Made once a session. An object is looked at once, as soon as there is one of its kind."""

    def __init__(self) -> None:
        self._listed: dict[str, frozenset[str]] = {}

    def look(self, desk: Desk) -> Capabilities:
        """What it can do, as far as there is something to look at: ask again at each action."""
        if not self.complete:
            for owner, found in _objects(desk):
                if owner not in self._listed:
                    self._listed[owner] = frozenset(dir(found))
        return Capabilities.probe(self._listed)

    @property
    def complete(self) -> bool:
        """Whether there was an object of each kind to look at."""
        return self._listed.keys() == _OWNERS

    def lacking(self) -> tuple[Ability, ...]:
        """What the objects that were looked at cannot do."""
        seen = [ability for ability in ABILITIES if ability.owner in self._listed]
        return tuple(one for one in seen if one.method not in self._listed[one.owner])


def _objects(desk: Desk) -> Iterator[tuple[str, Any]]:
    """One of each kind, as far as there are some; nothing is asked after the last one."""
    yield RESOLVE, desk.resolve
    manager = desk.resolve.GetProjectManager()
    project = manager.GetCurrentProject() if manager else None
    if not project:
        return
    yield PROJECT, project
    pool: Any = project.GetMediaPool()
    if pool:
        yield POOL, pool
    timeline: Any = project.GetCurrentTimeline()
    if not timeline:
        return
    yield TIMELINE, timeline
    for _, item in video_items(desk, timeline):
        yield ITEM, item
        clip: Any = item.GetMediaPoolItem()
        if clip:
            yield POOL_ITEM, clip
            return
