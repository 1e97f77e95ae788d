"""Arithmetic of placing a result: its end, its track, and what the Inspector says of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .geometry import Stretch

TRACK_NAME = "SparkVSR"


class EndFrame(enum.Enum):
    """What Resolve takes `endFrame` of an append for; it depends on the version."""

    EXCLUSIVE = "the frame after the last one"
    INCLUSIVE = "the last frame"


def end_frame(frames: int, convention: EndFrame) -> int:
    """The `endFrame` that places so many frames from frame 0 of the media on.

    Where it is exclusive and Resolve takes it for inclusive, it names a frame that the media does
    not have; Resolve then stops at the last one, or the clip is one too long.
    """
    return frames if convention is EndFrame.EXCLUSIVE else frames - 1


def learn_convention(tried: EndFrame, frames: int, duration: int) -> Optional[EndFrame]:
    """Which convention holds, from the duration that was read back after an append.

    Returns:
        The one that was tried when the duration is right, so that it is kept for the session; the
        other one when that explains the difference, so that the clip is to be placed again with it;
        None when neither does.

    Args:
        frames: how many were wanted, and the media has.
    """
    if duration == frames:
        return tried
    if tried is EndFrame.EXCLUSIVE and duration == frames + 1:
        return EndFrame.INCLUSIVE
    if tried is EndFrame.INCLUSIVE and duration == frames - 1:
        return EndFrame.EXCLUSIVE
    return None


@dataclass(frozen=True)
class Track:
    """A video track.

    Attributes:
        index: 1-based, from the bottom.
        ours: SparkVSR made it.
        locked: nothing can be placed on it.
        items: where it has some.
    """

    index: int
    ours: bool = False
    locked: bool = False
    items: tuple[Stretch, ...] = ()

    def is_free(self, stretch: Stretch) -> bool:
        first, end = stretch
        return all(other_end <= first or end <= other for other, other_end in self.items)


@dataclass(frozen=True)
class TrackChoice:
    """Where a result goes.

    Attributes:
        index: of the track, 1-based, once it is made.
        make: it is to be added, at that index.
        covered: indices of tracks below it, above the source, whose pictures it would hide; they
            are those of before it is added.
    """

    index: int
    make: bool
    covered: tuple[int, ...] = ()


def choose_track(
    tracks: Sequence[Track], source: int, stretch: Stretch, can_insert: bool
) -> TrackChoice:
    """Choose the track for a result above its source and below everything that is above that.

    That is one of ours if it is free there, unlocked, and hides nothing; else a new one directly
    above the source, or on top where Resolve cannot insert one.

    Args:
        tracks: all video tracks, from the bottom.
        source: index of the clip's track.
        stretch: of the clip.
    """
    for track in tracks[source:]:
        if not track.is_free(stretch):
            break  # what lies here must stay on top
        if track.ours and not track.locked:
            return TrackChoice(track.index, make=False)
    if can_insert:
        return TrackChoice(source + 1, make=True)
    covered = tuple(track.index for track in tracks[source:] if not track.is_free(stretch))
    return TrackChoice(len(tracks) + 1, make=True, covered=covered)


@dataclass(frozen=True)
class Place:
    """Where an item lies: absolute first frame, length, and track."""

    start: int
    frames: int
    track: int


def compare_places(wanted: Place, found: Place) -> tuple[str, ...]:
    """What is wrong with where an item was placed, a clause each; nothing when it is right."""
    checks = (
        ("it begins at frame {} and not at {}", found.start, wanted.start),
        ("it has {} frames and not {}", found.frames, wanted.frames),
        ("it is on video track {} and not on {}", found.track, wanted.track),
    )
    return tuple(text.format(is_now, right) for text, is_now, right in checks if is_now != right)


COPIED = (
    "Pan", "Tilt", "ZoomX", "ZoomY", "ZoomGang", "RotationAngle", "AnchorPointX", "AnchorPointY",
    "Pitch", "Yaw", "FlipX", "FlipY", "CropLeft", "CropRight", "CropTop", "CropBottom",
    "CropSoftness", "CropRetain", "DynamicZoomEase", "CompositeMode", "Opacity", "Distortion",
    "ResizeFilter",
)  # fmt: skip
"""Inspector properties that a result has from its source, because the render was made without
them."""

NOT_COPIED = ("RetimeProcess", "MotionEstimation", "Scaling")
"""Inspector properties that are in the pictures already: speed, and how the media was fitted."""

SCALE_TO_FIT = 2
"""Of `Scaling`: the result has the shape of the frame and fills it, whatever its size and whatever
the project does with media of another size."""


def inspector_of_result(source: Mapping[str, Any]) -> dict[str, Any]:
    """The Inspector properties to set on a result.

    Args:
        source: those of the clip; what this version of Resolve does not have is left out, and so is
            what nobody here knows.
    """
    return {**{key: source[key] for key in COPIED if key in source}, "Scaling": SCALE_TO_FIT}
