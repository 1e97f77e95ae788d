"""A clip is found again by its ids, or what has become of it is said."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.model import Item, Track
from sparkvsr_resolve.core import BridgeError, Capabilities
from sparkvsr_resolve.host.again import find_again
from sparkvsr_resolve.host.clip import Clip
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.locate import find_clips

Change = Callable[[Session, Item], object]


@pytest.fixture
def clip(desk: Desk, capabilities: Capabilities) -> Clip:
    return find_clips(desk, capabilities)[0]


def test_it_is_found_wherever_the_playhead_is_and_nothing_is_touched(
    session: Session, desk: Desk, capabilities: Capabilities, plate: Item, clip: Clip
) -> None:
    session.pages.go("media")
    before = session.state()
    assert find_again(desk, capabilities, clip).GetUniqueId() == plate.uid
    assert session.state() == before


def renamed(session: Session, item: Item) -> None:
    item.name = "Another name"


def another_timeline_opened(session: Session, item: Item) -> None:
    session.project.timelines.insert(0, session.timeline("Other", rate="25"))
    session.project.timelines.pop()


def track_inserted_below(session: Session, item: Item) -> None:
    session.current.tracks["video"].insert(0, Track("V0"))


def graded(session: Session, item: Item) -> None:
    session.grade(item, 3)


@pytest.mark.parametrize(
    "change",
    [renamed, another_timeline_opened, track_inserted_below, graded],
    ids=lambda c: c.__name__,
)
def test_what_does_not_change_its_frames_does_not_matter(
    session: Session,
    desk: Desk,
    capabilities: Capabilities,
    plate: Item,
    clip: Clip,
    change: Change,
) -> None:
    change(session, plate)
    assert find_again(desk, capabilities, clip).GetUniqueId() == plate.uid


def moved(session: Session, item: Item) -> None:
    item.start += 24


def trimmed_at_the_end(session: Session, item: Item) -> None:
    item.duration -= 2


def trimmed_at_the_start(session: Session, item: Item) -> None:
    item.start, item.duration, item.source_in = item.start + 2, item.duration - 2, Fraction(6)


def slipped(session: Session, item: Item) -> None:
    item.source_in = Fraction(1)


def retimed(session: Session, item: Item) -> None:
    item.speed = Fraction(3, 2)
    item.source_in *= item.speed


def other_media(session: Session, item: Item) -> None:
    item.clip = session.import_clip(session.sequence("other", rate="23.976"))


def other_rate(session: Session, item: Item) -> None:
    session.current.settings["timelineFrameRate"] = "24"


def deleted(session: Session, item: Item) -> None:
    session.remove(item)


def timeline_deleted(session: Session, item: Item) -> None:
    session.project.timelines.remove(session.current)
    session.timeline("Other")


def other_project(session: Session, item: Item) -> None:
    session.project.uid = "another"


CHANGES: list[tuple[Change, str]] = [
    (moved, "was moved from 01:00:00:10 to 01:00:01:10 in the meantime"),
    (trimmed_at_the_end, "trimmed from 12 frames at 01:00:00:10 to 10 frames at 01:00:00:10"),
    (trimmed_at_the_start, "trimmed from 12 frames at 01:00:00:10 to 10 frames at 01:00:00:12"),
    (slipped, r"was slipped by -3 frames"),
    (retimed, "was retimed"),
    (other_media, "was given other media"),
    (other_rate, "got a timeline of 24 frames a second"),
    (deleted, "is not on the timeline `Edit` any more"),
    (timeline_deleted, "The timeline of .* was deleted"),
    (other_project, "The project of .* is not open any more"),
]


@pytest.mark.parametrize(
    "resolve_profile", [Profile(version=(20, 3, 0)), Profile(version=(21, 1, 1))]
)
@pytest.mark.parametrize(
    ("change", "says"), CHANGES, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_has_become_of_it_is_said(
    session: Session,
    desk: Desk,
    capabilities: Capabilities,
    plate: Item,
    clip: Clip,
    change: Change,
    says: str,
) -> None:
    change(session, plate)
    with pytest.raises(BridgeError, match=says) as caught:
        find_again(desk, capabilities, clip)
    assert f"`{clip.name}`" in caught.value.message
    assert caught.value.hint


def test_while_resolve_renders_it_is_waited_for_and_not_called_deleted(
    session: Session, desk: Desk, capabilities: Capabilities, plate: Item, clip: Clip
) -> None:
    session.modal(True)
    session.at(3.0, lambda: session.modal(False))
    assert find_again(desk, capabilities, clip).GetUniqueId() == plate.uid
    assert session.now() >= 3.0


@pytest.mark.parametrize("failing", ["Timeline.GetItemListInTrack", "TimelineItem.GetUniqueId"])
def test_a_call_that_fails_once_does_not_make_it_deleted(
    session: Session,
    desk: Desk,
    capabilities: Capabilities,
    plate: Item,
    clip: Clip,
    failing: str,
) -> None:
    session.fail(failing, 1, None)
    assert find_again(desk, capabilities, clip).GetUniqueId() == plate.uid


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_a_clip_above_tracks_that_resolve_does_not_count_yet_is_found(
    session: Session, desk: Desk, capabilities: Capabilities, plate: Item, clip: Clip
) -> None:
    for _ in range(2):
        assert plate.clip is not None
        assert desk.timeline.AddTrack("video", {"index": 1})
        session.place(plate.clip, at=60)
    assert desk.timeline.GetTrackCount("video") == 1
    assert find_again(desk, capabilities, clip).GetUniqueId() == plate.uid
