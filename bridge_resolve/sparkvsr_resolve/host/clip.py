"""A clip on a timeline, as it was when somebody looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkvsr_resolve.core import (
    BridgeError,
    Capabilities,
    ClipFacts,
    ClipSpan,
    Rate,
    Verdict,
    judge_clip,
)

from .desk import Desk
from .facts import pool_item_of, read_facts
from .newer import end_of, left_offset_of, start_of

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


@dataclass(frozen=True)
class Clip:
    """It holds no object of the API: those are asked for again, see `find_again`.

    Attributes:
        project, timeline, item: unique ids.
        pool_item: unique id of its media in the media pool; empty when it has none.
        track: 1-based index of its video track, from the bottom.
        span: where it lies.
        facts, verdict: what it is.
    """

    project: str
    timeline: str
    item: str
    pool_item: str
    track: int
    span: ClipSpan
    facts: ClipFacts
    verdict: Verdict

    @property
    def name(self) -> str:
        return self.facts.name


def look_at(
    desk: Desk, capabilities: Capabilities, timeline: Timeline, item: TimelineItem, track: int
) -> Clip:
    """Describe an item of a timeline of the open project.

    Raises:
        BridgeError: Resolve does not tell what it is, or where it lies.
    """
    rate = read_rate(desk, timeline)
    span = _read_span(desk, timeline, item, rate)
    facts = read_facts(desk, capabilities, item, rate, span.frames)
    media = pool_item_of(item) if facts.has_media else None
    return Clip(
        project=desk.asked("the unique id of the project", desk.project.GetUniqueId),
        timeline=desk.asked("the unique id of the timeline", timeline.GetUniqueId),
        item=desk.asked("the unique id of a clip", item.GetUniqueId),
        pool_item=desk.asked("the unique id of its media", media.GetUniqueId) if media else "",
        track=track,
        span=span,
        facts=facts,
        verdict=judge_clip(facts),
    )


def read_rate(desk: Desk, timeline: Timeline) -> Rate:
    """The frame rate of a timeline: its own, or the project's where it has none of its own.

    Raises:
        BridgeError: Resolve does not tell it, or it is not known.
    """
    name = "timelineFrameRate"

    def ask() -> object:
        written = timeline.GetSetting(name)
        if written or str(timeline.GetSetting("useCustomSettings")) != "0":
            return written
        return desk.project.GetSetting(name)

    written: Any = desk.asked("the frame rate of the timeline", ask)
    start = desk.asked("where the timeline starts", timeline.GetStartTimecode)
    if ";" in start:  # a rate that is a number cannot say so
        return Rate.parse(written, "1")
    return Rate.parse(written, timeline.GetSetting("timelineDropFrameTimecode"))


def _read_span(desk: Desk, timeline: Timeline, item: TimelineItem, rate: Rate) -> ClipSpan:
    try:
        return ClipSpan(
            record_in=desk.number("where a clip starts", lambda: start_of(item)),
            record_out=desk.number("where a clip ends", lambda: end_of(item)),
            left_offset=desk.number(
                "where a clip begins in its media", lambda: left_offset_of(item)
            ),
            timeline_start=desk.number("where the timeline starts", timeline.GetStartFrame),
            rate=rate,
        )
    except ValueError as error:
        raise BridgeError(
            f"Resolve says of a clip what cannot be: {error}.", "Restart Resolve, then try again."
        ) from error
