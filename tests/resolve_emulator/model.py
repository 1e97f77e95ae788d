"""What a project holds: bins, clips, timelines, tracks, items. Data, no rule of the API."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .grades import ColorGroup, Grade, GradeVersion
from .media import Media
from .rates import rate_of


@dataclass
class Marker:
    color: str
    name: str
    note: str
    duration: float
    custom: str = ""


@dataclass(eq=False)
class PoolItem:
    """A clip of the media pool.

    Attributes:
        kind: as the property `Type` says.
        media: None for timelines and compounds, whose pictures are those of `timeline`.
        first, frames: the part of the file that a subclip shows.
        changed: properties that somebody set.
        lag: so often `Frames` is still 0.
    """

    uid: str
    name: str
    kind: str
    media: Media | None
    first: int
    frames: int
    timeline: Timeline | None = None
    changed: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    third_party: dict[str, str] = field(default_factory=dict)
    markers: dict[int, Marker] = field(default_factory=dict)
    color: str = ""
    offline: bool = False
    lag: int = 0
    bin: Bin | None = None

    @property
    def rate(self) -> Fraction:
        holder = self.media or self.timeline
        assert holder is not None
        return holder.rate


@dataclass(eq=False)
class Bin:
    uid: str
    name: str
    parent: Bin | None = None
    clips: list[PoolItem] = field(default_factory=list)
    bins: list[Bin] = field(default_factory=list)

    def all(self) -> list[Bin]:
        return [self, *(inner for child in self.bins for inner in child.all())]


@dataclass
class Take:
    clip: PoolItem
    first: int
    last: int


@dataclass(eq=False)
class Item:
    """A clip, title or generator on a track.

    Attributes:
        serial: small number in pictures; copies keep that of what they were copied from.
        start, duration: absolute record frames.
        source_in: frames of the file, after the clip's own `first`, at the first record frame.
        speed: 1 as shot, 0 a freeze, below 0 backwards.
        kind: "video", "audio", or "generator" for whatever has no clip behind it.
        timeless: it came from an XML and has no source times.
        link: number of the group of linked items.
    """

    uid: str
    serial: int
    name: str
    clip: PoolItem | None
    start: int
    duration: int
    source_in: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    kind: str = "video"
    enabled: bool = True
    timeless: bool = False
    fusion_comps: int = 0
    link: int = 0
    color: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    markers: dict[int, Marker] = field(default_factory=dict)
    versions: list[GradeVersion] = field(default_factory=lambda: [GradeVersion("Version 1", 0)])
    version: int = 0
    group: ColorGroup | None = None
    takes: list[Take] = field(default_factory=list)
    take: int = 0

    @property
    def end(self) -> int:
        return self.start + self.duration

    @property
    def grade(self) -> GradeVersion:
        return self.versions[self.version]

    def source_frame(self, frame: int, rate: Fraction) -> int:
        """Frame of the file that an absolute record frame shows."""
        assert self.clip is not None
        passed = (frame - self.start) * self.speed * self.clip.rate / rate
        return self.clip.first + math.floor(self.source_in + passed)


@dataclass(eq=False)
class Track:
    name: str
    items: list[Item] = field(default_factory=list)
    enabled: bool = True
    locked: bool = False

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.items.sort(key=lambda found: found.start)

    def free(self, start: int, end: int) -> bool:
        return all(item.end <= start or item.start >= end for item in self.items)


@dataclass(eq=False)
class Timeline:
    """Tracks in time; frames are absolute but for markers and marks, which begin at its start."""

    uid: str
    serial: int
    name: str
    start: int
    settings: dict[str, str]
    tracks: dict[str, list[Track]] = field(default_factory=dict)
    markers: dict[int, Marker] = field(default_factory=dict)
    marks: dict[str, dict[str, int]] = field(default_factory=dict)
    grade: Grade = field(default_factory=Grade)
    playhead: int = 0
    readings: list[int] = field(default_factory=list)  # what the timecode still shows
    counted: dict[str, int] = field(default_factory=dict)  # stale numbers of tracks
    selected: list[Item] = field(default_factory=list)

    @property
    def rate(self) -> Fraction:
        return rate_of(self.settings["timelineFrameRate"])[0]

    @property
    def drop(self) -> bool:
        return rate_of(self.settings["timelineFrameRate"])[1]

    @property
    def size(self) -> tuple[int, int]:
        sides = (self.settings[f"timelineResolution{side}"] for side in ("Width", "Height"))
        width, height = map(int, sides)
        return width, height

    def items(self, kind: str = "video") -> list[tuple[int, Item]]:
        """All items with the numbers of their tracks, from 1."""
        found = enumerate(self.tracks[kind], 1)
        return [(index, item) for index, track in found for item in track.items]

    def all_items(self) -> list[Item]:
        return [item for kind in self.tracks for _, item in self.items(kind)]

    @property
    def end(self) -> int:
        return max((item.end for item in self.all_items()), default=self.start)

    def at(self, frame: int) -> list[tuple[int, Item]]:
        """Enabled video items under a frame on enabled tracks, the lowest first."""
        return [
            (index, item)
            for index, item in self.items()
            if item.start <= frame < item.end
            and item.enabled
            and self.tracks["video"][index - 1].enabled
        ]


@dataclass(eq=False)
class Project:
    uid: str
    name: str
    root: Bin
    folder: Bin
    settings: dict[str, str]
    timelines: list[Timeline] = field(default_factory=list)
    current: Timeline | None = None
    groups: list[ColorGroup] = field(default_factory=list)
    selected: list[PoolItem] = field(default_factory=list)
    albums: list[Any] = field(default_factory=list)

    def clips(self) -> list[PoolItem]:
        return [clip for found in self.root.all() for clip in found.clips]

    def uses(self, clip: PoolItem) -> list[Item]:
        """Every item of every timeline that shows a clip."""
        items = (item for timeline in self.timelines for item in timeline.all_items())
        return [item for item in items if item.clip is clip]


def copied(value: Any) -> Any:
    """A deep copy of plain data: properties, markers, grades."""
    return copy.deepcopy(value)
