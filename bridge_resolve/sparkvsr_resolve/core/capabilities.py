"""What this Resolve can do. The one place that knows how versions differ.

It is told from the names that `dir()` of its objects lists, never from a version number: on
Resolve's objects `hasattr` is always true, and what is missing is None.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sparkvsr_link import BridgeError

RESOLVE, PROJECT, TIMELINE = "Resolve", "Project", "Timeline"
ITEM, POOL, POOL_ITEM = "TimelineItem", "MediaPool", "MediaPoolItem"
"""Whose methods are looked at."""


@dataclass(frozen=True)
class Ability:
    """Something that not every supported version can do.

    Attributes:
        name: what code asks for.
        owner: the object that has the method, one of the above.
        method: one that is listed where it can; of that version, if not the one that is called.
        since: the version that brought it, for people; empty where nobody confirmed one.
        source: where that is known from.
        instead: what is done without it.
    """

    name: str
    owner: str
    method: str
    since: str
    source: str
    instead: str


_NOTES = "the change notes that come with 21.1"
_TYPES = "the type file that comes with 21.1"
_README = "the scripting README that comes with 21.0.4"

ABILITIES = (
    Ability(
        "edition", RESOLVE, "IsStudio", "21.1", _NOTES, "the product's name tells the edition"
    ),
    Ability(
        "selection", TIMELINE, "GetSelectedClips", "21.0.4", _README, "the clip at the playhead"
    ),
    Ability(
        "timeline_marks", TIMELINE, "GetMarkInOut", "19.0", _README, "marks are left as they are"
    ),
    Ability(
        "timeline_graph", TIMELINE, "GetNodeGraph", "19.0", _README,
        "a timeline grade cannot be reset: it is part of base and keyframes, and the user is told",
    ),
    Ability("item_type", ITEM, "GetType", "21.1", _TYPES, "an item without media is a generator"),
    Ability("speed", ITEM, "GetSpeed", "21.1", _TYPES, "the speed is measured from source times"),
    Ability(
        "source_times", ITEM, "GetSourceStartTime", "19.0.2", _README,
        "the speed counts as unknown: timeline markers only",
    ),
    Ability(
        "source_frames", ITEM, "GetSourceStartFrame", "19.0.2", _README,
        "the source file is not read, the base is rendered",
    ),
    Ability(
        "insert_track", TIMELINE, "GetNodeGraph", "19.0",
        _README + "; an argument, which came with the same version as the method",
        "the new track is on top, and the user is told what it hides",
    ),
    Ability(
        "item_track", ITEM, "GetTrackTypeAndIndex", "", _README + "; early 18 lacks it",
        "tracks are searched for the unique id",
    ),
    Ability(
        "item_graph", ITEM, "GetNodeGraph", "19.0", _README,
        "grades cannot be reset: the base is the source file, and of plain clips only",
    ),
    Ability(
        "color_group", ITEM, "RemoveFromColorGroup", "", _README,
        "a group's grade is part of base and keyframes, and the user is told",
    ),
    Ability(
        "properties", ITEM, "SetProperties", "21.1", _TYPES, "properties are set one by one"
    ),
    Ability(
        "pool_selection", POOL, "SetSelectedClip", "", _README,
        "an append that fails because no clip is selected is reported",
    ),
    Ability(
        "nested_timeline", POOL_ITEM, "GetTimeline", "21.0.4", _README,
        "media without a file is a compound clip",
    ),
)  # fmt: skip
"""All differences between the versions, 18.6 to 21.1."""

_BY_NAME = {ability.name: ability for ability in ABILITIES}


@dataclass(frozen=True)
class Capabilities:
    """What one Resolve can do; names: those of the abilities that it has."""

    names: frozenset[str]

    @classmethod
    def probe(cls, listed: Mapping[str, Collection[str]]) -> Capabilities:
        """Look for all abilities.

        Args:
            listed: what `dir()` gave, by owner. An owner that is left out has none: probe again
                when there is a timeline or a clip to look at.
        """
        return cls(
            frozenset(
                ability.name
                for ability in ABILITIES
                if ability.method in listed.get(ability.owner, ())
            )
        )

    def can(self, name: str) -> bool:
        """Whether it has an ability.

        Raises:
            KeyError: there is no such ability in the table.
        """
        return _BY_NAME[name].name in self.names

    def lacking(self) -> tuple[Ability, ...]:
        """What it cannot do, with what is done instead: for the log."""
        return tuple(ability for ability in ABILITIES if ability.name not in self.names)


def describe(product: str, version: Sequence[object]) -> str:
    """Name and version for people and the log, such as `DaVinci Resolve Studio 20.3.2`.

    Args:
        version: major, minor, patch, and more that is not shown.
    """
    return f"{product} {'.'.join(str(part) for part in version[:3])}"


def check_edition(product: str, is_studio: bool) -> None:
    """Refuse the free edition.

    Args:
        product: the product's name.
        is_studio: what Resolve itself says of its edition; where it cannot, whether the name says
            `Studio`, see `says_studio`.

    Raises:
        BridgeError: it is not Studio.
    """
    if not is_studio:
        raise BridgeError(
            f"This is {product or 'an unknown edition'}, and SparkVSR needs DaVinci Resolve "
            "Studio: the free edition lets no script render or show a window.",
            "Use it with Studio, or restore files with the command `sparkvsr restore`.",
        )


def says_studio(product: str) -> bool:
    """Whether a product's name is that of the Studio edition."""
    return product.split()[-1:] == ["Studio"]
