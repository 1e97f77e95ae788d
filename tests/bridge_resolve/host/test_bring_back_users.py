"""What a user has, and does meanwhile, while a result comes back."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import Profile
from resolve_emulator.profile import harsh
from resolve_returning import AT, FRAMES, Shot, without_ours
from resolve_returning import results as results
from resolve_returning import shot as shot
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import EndFrame


@pytest.mark.parametrize(
    "page", ["media", "cut", "edit", "fusion", "color", "fairlight", "deliver"]
)
@pytest.mark.parametrize("resolve_profile", [Profile(), harsh()], ids=["usual", "harsh"])
def test_page_playhead_marks_bin_and_timeline_are_the_users_again(shot: Shot, page: str) -> None:
    session = shot.session
    shot.timeline.marks["video"] = {"in": 1, "out": 5}
    other = session.timeline("Another")
    other.marks["audio"] = {"in": 2, "out": 4}
    session.park(7)
    session.project.folder = session.bin("My bin")
    session.pages.current = page
    before = session.state()
    returned = shot.bring()
    state = session.state()
    assert state["page"] == page and state["timeline"] == other.uid
    state["timeline"] = shot.timeline.uid
    before["timeline"] = shot.timeline.uid
    assert without_ours(state, returned, 2) == before
    assert shot.said == []


def test_a_timeline_that_is_gone_is_said(shot: Shot) -> None:
    with pytest.raises(BridgeError, match="timeline is not in the project"):
        shot.bring(timeline="another")
    assert shot.is_as_before()


def test_a_clip_that_was_moved_gets_its_result_where_it_is(shot: Shot) -> None:
    shot.item.start += 100
    returned = shot.bring()
    assert returned.place.start == shot.on_track(2)[0].start == shot.item.start


def test_a_clip_that_was_trimmed_gets_nothing(shot: Shot) -> None:
    shot.item.duration -= 1
    before = shot.session.state()
    with pytest.raises(BridgeError, match="has 11 frames now, and its result 12"):
        shot.bring()
    assert shot.session.state() == before


def test_a_clip_that_is_deleted_during_the_import_leaves_nothing(shot: Shot) -> None:
    def deleted() -> None:
        shot.session.remove(shot.item)

    shot.session.fail("MediaPool.ImportMedia", 1, deleted)
    with pytest.raises(BridgeError, match=r"The clip was deleted\."):
        shot.bring()
    assert shot.pool() == {"": ["Edit", shot.plate.name]} and shot.names == ["Video 1"]


def test_what_cannot_be_found_any_more_is_the_finders_to_say(shot: Shot) -> None:
    def gone() -> Any:
        raise BridgeError("The clip was deleted.", "Undo.")

    with pytest.raises(BridgeError, match=r"The clip was deleted\."):
        shot.bring(gone)
    assert shot.is_as_before()


@pytest.mark.parametrize("page", ["media", "fairlight", "deliver"])
def test_what_fails_on_any_page_is_taken_back(shot: Shot, page: str) -> None:
    shot.session.pages.current = page
    shot.session.fail("MediaPool.AppendToTimeline", 1, lambda: setattr(shot.item, "start", 0))
    before = shot.session.state()
    with pytest.raises(BridgeError, match="was moved"):
        shot.bring()
    shot.item.start = shot.timeline.start + AT
    assert shot.session.state() == before and shot.said == []


def test_cancelling_leaves_nothing(shot: Shot) -> None:
    shot.cancelled = True
    with pytest.raises(BridgeError, match="It was cancelled"):
        shot.bring()
    assert shot.is_as_before() and shot.said == []


def test_a_length_is_repaired_on_fairlight_too_where_no_clip_can_be_deleted(shot: Shot) -> None:
    shot.session.pages.current = "fairlight"
    shot.appender.convention = EndFrame.INCLUSIVE
    returned = shot.bring()
    assert shot.on_track(2)[0].duration == FRAMES and shot.session.pages.current == "fairlight"
    assert returned.warnings == () and len(shot.session.calls("AppendToTimeline")) == 2
