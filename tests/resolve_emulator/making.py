"""What tests and users make: media files with pixels to tell apart, timelines, clips on them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from footage import make_movie, make_picture

from . import duplicating, importing
from .grades import ColorGroup, Grade, Node, Triple
from .host import SETTINGS, Host
from .media import find_media
from .model import Bin, Item, Marker, PoolItem, Project, Timeline, Track
from .pool_api import empty_timeline
from .rates import RATES, frames_of
from .stamp import Rendered, stamped

Picture = NDArray[np.float32]


def source_picture(frame: int, size: tuple[int, int], seed: int = 1) -> Picture:
    """A soft texture that moves one pixel a frame, values 0.1 to 0.7, stamped with its frame."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = x + frame
    waves = [np.sin(x / (3 + c) + seed) + np.sin(y / (4 + c) + x / 17 + c) for c in range(3)]
    picture = np.stack([0.4 + 0.15 * wave for wave in waves], axis=-1).astype(np.float32)
    return stamped(picture, Rendered(frame, 0))


class Making(Host):
    """The helpers of a session that stand for a person at the keyboard; no call of the API."""

    @property
    def media(self) -> Path:
        return Path(self.volumes[0])

    def movie(
        self,
        name: str = "plate.mkv",
        frames: int = 24,
        rate: str = "24",
        size: tuple[int, int] = (64, 48),
    ) -> Path:
        """A lossless movie of `source_picture`s inside of Media Storage."""
        path = self.media / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures = (source_picture(frame, size) for frame in range(frames))
        codes = (np.rint(p * 1023).astype(np.uint16) for p in pictures)
        make_movie(path, codes, rate=RATES[rate])
        return path

    def sequence(
        self,
        name: str = "plate",
        first: int = 1001,
        frames: int = 24,
        rate: str = "24",
        size: tuple[int, int] = (64, 48),
    ) -> Path:
        """Half-float EXR files of `source_picture`s; the path is that of the first."""
        for index in range(frames):
            picture = source_picture(index, size).astype(np.float16)
            path = self.media / name / f"{name}.{first + index:04d}.exr"
            make_picture(path, picture, framesPerSecond=float(RATES[rate]))
        return self.media / name / f"{name}.{first:04d}.exr"

    def import_clip(self, path: str | Path, sound: bool = False) -> PoolItem:
        """Into the current bin. Raises ValueError when it is no media."""
        found = find_media(str(path), RATES[self.project.settings["timelineFrameRate"].split()[0]])
        if found is None:
            raise ValueError(f"{path} cannot be imported")
        clip = importing.add(self, found)
        clip.lag = 0
        clip.kind = "Video + Audio" if sound else clip.kind
        return clip

    def subclip(self, clip: PoolItem, first: int, frames: int) -> PoolItem:
        assert clip.media is not None
        made = importing.add(self, clip.media, f"{clip.name} Subclip")
        made.kind, made.first, made.frames, made.lag = "Subclip", first, frames, 0
        return made

    def bin(self, name: str) -> Bin:
        made = Bin(self.uid("bin"), name, self.project.root)
        self.project.root.bins.append(made)
        return made

    def timeline(
        self,
        name: str = "Edit",
        rate: str = "24",
        start: str | None = None,
        tracks: int = 1,
        **settings: str,
    ) -> Timeline:
        """A timeline of its own settings, made current.

        Args:
            rate: such as "23.976" or "29.97 DF".
            start: timecode; one hour by default.
        """
        made = empty_timeline(self, name)
        made.settings.update(useCustomSettings="1", timelineFrameRate=rate, **settings)
        start = start or f"01:00:00{';' if made.drop else ':'}00"
        frame = frames_of(start, made.rate, made.drop)
        assert frame is not None, f"{start} is no timecode at {rate}"
        made.start = made.playhead = frame
        made.tracks["video"] = [Track(f"Video {number}") for number in range(1, tracks + 1)]
        duplicating.add(self, made, self.project.folder)
        self.project.current = made
        self.unseated = False
        return made

    def place(
        self,
        clip: PoolItem,
        at: int = 0,
        first: int = 0,
        frames: int | None = None,
        track: int = 1,
        speed: Fraction | int = 1,
        timeline: Timeline | None = None,
        **facts: Any,
    ) -> Item:
        """A clip on a track.

        Args:
            at: record frame, counted from the timeline's start.
            first: frame of the clip at its first record frame.
            frames: its length in record frames; to the clip's end by default.
            facts: any field of `Item`.
        """
        where = timeline or self.current
        length = int((clip.frames - first) * where.rate / clip.rate)
        item = Item(
            uid=self.uid("item"),
            serial=self.serial(),
            name=clip.name,
            clip=clip,
            start=where.start + at,
            duration=frames if frames is not None else length,
            source_in=Fraction(first),
            speed=Fraction(speed),
            **facts,
        )
        where.tracks["video"][track - 1].add(item)
        return item

    def title(self, at: int, frames: int, track: int, name: str = "Text") -> Item:
        """It covers a part of the picture, and has no clip."""
        start = self.current.start + at
        serial = self.serial()
        item = Item(self.uid("item"), serial, name, None, start, frames, kind="generator")
        self.current.tracks["video"][track - 1].add(item)
        return item

    def compound(self, items: Iterable[Item], name: str = "Compound Clip 1") -> Item:
        """Items of the current timeline's lowest track become one, as the menu does it."""
        found, outer = list(items), self.current
        inner = Timeline(self.uid("timeline"), self.serial(), name, 0, dict(outer.settings))
        inner.tracks = {"video": [Track("Video 1")], "audio": [], "subtitle": []}
        start = min(item.start for item in found)
        length = max(item.end for item in found) - start
        for item in found:
            outer.tracks["video"][0].items.remove(item)
            item.start -= start
            inner.tracks["video"][0].add(item)
        clip = PoolItem(self.uid("clip"), name, "Compound", None, 0, length, inner)
        clip.bin = self.project.folder
        self.project.folder.clips.append(clip)
        return self.place(clip, start - outer.start, frames=length)

    @property
    def current(self) -> Timeline:
        assert self.project.current is not None, "no timeline is open"
        return self.project.current

    def grade(
        self,
        item: Item,
        number: int,
        gain: Triple = (1.2, 1.0, 0.9),
        offset: Triple = (0.0, 0.01, 0.0),
        layer: int = 1,
    ) -> None:
        """Grade a layer of the current version of an item."""
        layers = item.grade.layers
        while len(layers) < layer:
            layers.append(Grade())
        layers[layer - 1] = Grade(number, [Node(gain, offset)])

    def grade_timeline(self, number: int, gain: Triple = (0.9, 0.9, 0.9)) -> None:
        self.current.grade = Grade(number, [Node(gain)])

    def group(
        self, items: Iterable[Item], name: str = "Group 1", pre: int = 0, post: int = 0
    ) -> ColorGroup:
        """A colour group with a grade before and after the clips', where a number is given."""
        made = ColorGroup(self.uid("group"), name)
        made.pre = Grade(pre, [Node((1.1, 1.1, 1.1))]) if pre else Grade()
        made.post = Grade(post, [Node((0.95, 1.0, 1.05))]) if post else Grade()
        self.project.groups.append(made)
        for item in items:
            item.group = made
        return made

    def mark(
        self,
        owner: Timeline | Item | PoolItem,
        frame: int,
        color: str = "Cyan",
        name: str = "Marker",
        note: str = "",
        custom: str = "",
    ) -> None:
        """A marker: relative to the timeline's start, else in frames of the source."""
        owner.markers[frame] = Marker(color, name, note, 1.0, custom)

    def park(self, at: int) -> None:
        """Move the playhead; frames from the timeline's start."""
        self.current.playhead = self.current.start + at

    def remove(self, item: Item) -> None:
        """Delete an item from whatever timeline it is on."""
        for timeline in self.project.timelines:
            for track in (track for tracks in timeline.tracks.values() for track in tracks):
                track.items = [found for found in track.items if found is not item]

    def move(self, item: Item, by: int) -> None:
        """Drag an item along its track."""
        item.start += by

    def open_project(self, name: str) -> None:
        """Another project takes the place of this one, whose handles are dead then."""
        root = Bin(self.uid("bin"), "Master")
        self.project = Project(self.uid("project"), name, root, root, dict(SETTINGS))
        self.queue.jobs.clear()
