"""Which frames of a clip become keyframes, and which markers were left out and why."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sparkvsr_link import BridgeError

from .geometry import ClipSpan, Stretch
from .markers import PICTURES, TIMELINE, Marker, MarkerFilter, is_absolute


class Reason(enum.Enum):
    """Why a marker is no keyframe; the value ends a sentence that begins with the marker."""

    OUTSIDE = "outside of the clip"
    OTHER = "not one of the chosen markers"
    SAME_FRAME = "on a frame that another marker has already"
    SPEED = "a clip marker, and the clip's speed or rate is not that of the timeline"
    TRANSITION = "inside of a transition, where the neighbouring clip shows through"
    NO_PICTURE = "without a painted picture, which an ungraded result needs"


@dataclass(frozen=True)
class Keyframe:
    """A row of the plan.

    Attributes:
        index: 0-based frame of the shot.
        absolute: the same frame on the timeline.
        source_frame: the same as clip markers count.
        marker: from which it comes.
        picture: file of a painted keyframe; empty when the frame itself is captured.
        problem: what is wrong with that file; empty when nothing is.
    """

    index: int
    absolute: int
    source_frame: int
    timecode: str
    marker: Marker
    picture: str = ""
    problem: str = ""

    @property
    def status(self) -> str:
        return self.problem or ("painted picture" if self.picture else "to be captured")


@dataclass(frozen=True)
class LeftOut:
    """A marker that is no keyframe; timecode is empty where it has none."""

    marker: Marker
    timecode: str
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """Keyframes in order of time, and what was left out."""

    keyframes: tuple[Keyframe, ...]
    left_out: tuple[LeftOut, ...]
    chosen: MarkerFilter

    @property
    def frames(self) -> tuple[tuple[int, str], ...]:
        """Absolute frame and painted picture of each keyframe; what is captured depends on no more.

        What else is in a marker, such as what SparkVSR itself remembers there, does not count.
        """
        return tuple((key.absolute, key.picture) for key in self.keyframes)

    def check(self, clip: str) -> None:
        """Refuse a plan without keyframes, or with pictures that cannot be used.

        Args:
            clip: its name.

        Raises:
            BridgeError: all that is wrong.
        """
        if not self.keyframes:
            reasons = sorted({left.reason.value for left in self.left_out})
            seen = f" Those that were seen are {'; or '.join(reasons)}." if reasons else ""
            raise BridgeError(
                f"`{clip}` has no keyframe: no {self.chosen} can be used.{seen}",
                f"Put a {self.chosen} on each frame of the clip that you have fixed.",
            )
        wrong = [f"{key.timecode}: {key.problem}." for key in self.keyframes if key.problem]
        if wrong:
            raise BridgeError(
                f"Pictures in the notes of markers on `{clip}` cannot be used. {' '.join(wrong)}",
                "Correct the path in the note, or empty it to capture the frame.",
            )


def build_plan(
    span: ClipSpan,
    markers: Iterable[Marker],
    chosen: MarkerFilter,
    clip_markers: bool = True,
    painted_only: bool = False,
    transitions: Iterable[Stretch] = (),
) -> Plan:
    """Choose the keyframes of a clip.

    On one frame a marker with a picture goes before one without, and a timeline marker before a
    clip marker. Of markers that were not chosen only those on the clip are reported.

    Args:
        span: where the clip lies.
        markers: of the timeline and of the clip.
        clip_markers: source frames can be told on the timeline, see `Verdict.clip_markers`.
        painted_only: only markers whose notes name a picture count.
        transitions: of the clip with its neighbours.
    """
    blended = list(transitions)
    taken: dict[int, Marker] = {}
    left_out: list[tuple[int, LeftOut]] = []

    def leave_out(marker: Marker, absolute: int, reason: Reason) -> None:
        known = absolute >= 0 and reason is not Reason.SPEED
        timecode = span.timecode(absolute) if known else ""
        left_out.append((absolute, LeftOut(marker, timecode, reason)))

    for marker in sorted(markers, key=_rank):
        on_timeline = marker.owner == TIMELINE
        absolute = (span.from_timeline if on_timeline else span.from_source)(marker.frame)
        if not chosen.takes(marker):
            if span.holds(absolute) and (on_timeline or clip_markers):
                leave_out(marker, absolute, Reason.OTHER)
        elif not on_timeline and not clip_markers:
            leave_out(marker, absolute, Reason.SPEED)
        elif not span.holds(absolute):
            leave_out(marker, absolute, Reason.OUTSIDE)
        elif any(first <= absolute < end for first, end in blended):
            leave_out(marker, absolute, Reason.TRANSITION)
        elif painted_only and marker.picture is None:
            leave_out(marker, absolute, Reason.NO_PICTURE)
        elif absolute in taken:
            leave_out(marker, absolute, Reason.SAME_FRAME)
        else:
            taken[absolute] = marker
    return Plan(
        tuple(_keyframe(span, absolute, marker) for absolute, marker in sorted(taken.items())),
        tuple(left for _, left in sorted(left_out, key=lambda entry: entry[0])),
        chosen,
    )


def _rank(marker: Marker) -> tuple[bool, bool]:
    """Lower goes first."""
    return marker.picture is None, marker.owner != TIMELINE


def _keyframe(span: ClipSpan, absolute: int, marker: Marker) -> Keyframe:
    return Keyframe(
        span.shot_index(absolute),
        absolute,
        span.source_frame(absolute),
        span.timecode(absolute),
        marker,
        marker.picture or "",
        "" if marker.picture is None else _picture_problem(marker.picture),
    )


def _picture_problem(picture: str) -> str:
    if not picture:
        return "the note says `keyframe:` and no file after it"
    if not is_absolute(picture):
        return f"the path {picture} is not absolute"
    if not picture.lower().endswith(PICTURES):
        return f"{picture} is none of {', '.join(PICTURES)}"
    return "" if Path(picture).is_file() else f"there is no file {picture}"
