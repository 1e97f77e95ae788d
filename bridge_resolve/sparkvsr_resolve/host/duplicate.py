"""A temporary copy of the clip's timeline on which the clip is alone.

What is done to it (clips deleted, sizing and grades reset) happens to the copy only. Everything
else that makes the clip's picture is copied by Resolve itself: speed, Fusion compositions, grades.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Optional

from sparkvsr_link import BridgeError

from .captured_clip import ClipToCapture, find_clip
from .desk import Desk
from .timelines import TrackKind, items_on, make_current, timeline_named, timeline_of_id

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

_KINDS: tuple[TrackKind, ...] = ("video", "subtitle")  # what can be seen

NEUTRAL: Mapping[str, Any] = MappingProxyType(
    {
        "ZoomGang": True,
        "ZoomX": 1.0,
        "ZoomY": 1.0,
        "Pan": 0.0,
        "Tilt": 0.0,
        "RotationAngle": 0.0,
        "AnchorPointX": 0.0,
        "AnchorPointY": 0.0,
        "Pitch": 0.0,
        "Yaw": 0.0,
        "FlipX": False,
        "FlipY": False,
        "CropLeft": 0.0,
        "CropRight": 0.0,
        "CropTop": 0.0,
        "CropBottom": 0.0,
        "CropSoftness": 0.0,
        "CropRetain": False,
        "CompositeMode": 0,
        "Opacity": 100.0,
        "Distortion": 0.0,
    }
)
"""Inspector properties that the placed result gets from its source: its pictures are without."""


@dataclass(frozen=True)
class Duplicate:
    """The copy, which is the current timeline, and the clip on it."""

    desk: Desk
    name: str
    track: int

    @property
    def timeline(self) -> Timeline:
        """Asked for anew: the current one must be the copy whenever something is done to it.

        Raises:
            BridgeError: it is another one; the user has opened it.
        """
        current = self.desk.timeline
        if self.desk.asked("the name of the timeline", current.GetName) != self.name:
            raise BridgeError(
                "Another timeline was opened while SparkVSR worked on a copy of the clip's.",
                "Leave Resolve alone until the clip is captured, then try again.",
            )
        return current

    @property
    def item(self) -> TimelineItem:
        """The clip.

        Raises:
            BridgeError: it is not there.
        """
        return self.desk.asked("the clip on the copy", self._only)

    def _only(self) -> Optional[TimelineItem]:
        return next(iter(items_on(self.timeline, "video", self.track)), None)


def make_duplicate(desk: Desk, clip: ClipToCapture, name: str) -> Duplicate:
    """Copy the clip's timeline, show the copy, and leave nothing but the clip on it.

    Args:
        name: of the copy.

    Raises:
        BridgeError: the clip is not where it was, or Resolve refuses something.
    """
    source = timeline_of_id(desk, clip.timeline)
    if source is None:
        raise BridgeError(
            f"The timeline of `{clip.name}` is not there any more.", "Start on another clip."
        )
    make_current(desk, source)
    find_clip(desk, source, clip)
    made = desk.gained("copy the timeline", lambda: _copy(desk, source, name))
    make_current(desk, made)
    duplicate = Duplicate(desk, name, clip.track)
    _check_copy(desk, source, duplicate.timeline)
    _isolate(duplicate, clip)
    _enable(duplicate)
    return duplicate


def neutralise(duplicate: Duplicate) -> None:
    """Reset the clip's sizing, crop, opacity and composite mode.

    Raises:
        BridgeError: Resolve refuses one.
    """
    for key, neutral in NEUTRAL.items():
        _set_property(duplicate, key, neutral)


def _copy(desk: Desk, source: Timeline, name: str) -> Optional[Timeline]:
    """The copy of that name. It may be there although it was not given."""
    return timeline_named(desk, name) or (
        source.DuplicateTimeline(name) and timeline_named(desk, name)
    )


def _check_copy(desk: Desk, source: Timeline, copy: Timeline) -> None:
    """Its frames count as the source's do."""

    def facts(timeline: Timeline) -> tuple[object, ...]:
        rate = desk.asked("the frame rate", lambda: timeline.GetSetting("timelineFrameRate"))
        start = desk.asked("where the timeline starts", timeline.GetStartTimecode)
        return rate, start, desk.asked("its first frame", timeline.GetStartFrame)

    if facts(source) != facts(copy):
        raise BridgeError(
            "Resolve's copy of the timeline has another frame rate or start than the timeline.",
            "Send the log to the makers of SparkVSR, with the version of Resolve.",
        )


def _isolate(duplicate: Duplicate, clip: ClipToCapture) -> None:
    desk = duplicate.desk
    kept = desk.asked("the clip", find_clip(desk, duplicate.timeline, clip).GetUniqueId)
    desk.change(
        "take the other clips from the copy",
        lambda: _delete_others(duplicate.timeline, kept),
        lambda: [uid for *_, uid in _seen(duplicate.timeline)] == [kept],
    )


def _delete_others(timeline: Timeline, kept: str) -> None:
    for kind, track in _tracks(timeline):
        # One that does not tell its id may be ours.
        others = [
            item
            for item in items_on(timeline, kind, track)
            if item.GetUniqueId() not in (kept, None, "", False)
        ]
        if others:
            timeline.SetTrackLock(kind, track, False)
            timeline.DeleteClips(others, False)


def _enable(duplicate: Duplicate) -> None:
    """A clip, or a track, that is switched off would be rendered as black."""
    change, track = duplicate.desk.change, duplicate.track
    if not duplicate.timeline.GetIsTrackEnabled("video", track):
        change(
            "switch the track on, on the copy",
            lambda: duplicate.timeline.SetTrackEnable("video", track, True),
            lambda: duplicate.timeline.GetIsTrackEnabled("video", track),
        )
    if not duplicate.item.GetClipEnabled():
        change(
            "switch the clip on, on the copy",
            lambda: duplicate.item.SetClipEnabled(True),
            lambda: duplicate.item.GetClipEnabled(),
        )


def _set_property(duplicate: Duplicate, key: str, wanted: object) -> None:
    """Versions differ in what they have: a property that stays None is not there."""

    def read() -> object:
        return duplicate.item.GetProperty(key)

    value = read()
    if value is None:
        value = read()
    if value not in (None, wanted):
        duplicate.desk.change(
            f"reset {key} on the copy",
            lambda: duplicate.item.SetProperty(key, wanted),
            lambda: read() == wanted,
        )


def _seen(timeline: Timeline) -> Iterator[tuple[TrackKind, int, str]]:
    for kind, track in _tracks(timeline):
        for item in items_on(timeline, kind, track):
            yield kind, track, item.GetUniqueId()


def _tracks(timeline: Timeline) -> Iterator[tuple[TrackKind, int]]:
    for kind in _KINDS:
        for track in range(1, (timeline.GetTrackCount(kind) or 0) + 1):
            yield kind, track
