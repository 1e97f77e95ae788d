"""The clip that most tests of the bridge are about."""

from __future__ import annotations

from .model import Item
from .session import Session


def place_plate(session: Session) -> Item:
    """A clip on a 23.976 timeline from one hour on, trimmed on both sides, under the playhead.

    It shows frames 4 to 15 of a sequence of 24, from the timeline's frame 10 on.
    """
    clip = session.import_clip(session.sequence(frames=24, rate="23.976"))
    session.timeline(rate="23.976")
    session.park(12)
    return session.place(clip, at=10, first=4, frames=12)


def grade_and_mark(session: Session, plate: Item) -> None:
    """A grade, and markers on the first frame, one within, and the last."""
    session.grade(plate, 7, gain=(1.5, 1.0, 0.5))
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
