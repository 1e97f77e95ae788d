"""A second result takes the place of the first one, and loses nothing that a person did to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.profile import harsh
from resolve_returning import AT, FIRST, FRAMES, MARK, PROFILES, Shot
from resolve_returning import results as results
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings
from sparkvsr_resolve.host.bring_back import Returned
from sparkvsr_resolve.host.importing import Result

V2 = MARK + 1


@pytest.fixture
def shot(resolve_profile: Profile, tmp_path: Path, results: Path) -> Iterator[Shot]:
    """With its first result on track 2."""
    with Session(resolve_profile, tmp_path / "resolve") as session:
        made = Shot(session, results)
        made.bring()
        yield made


def second(shot: Shot) -> Result:
    return shot.make(shot.folder, "sh010_v002", mark=V2)


def again(shot: Shot, **facts: Any) -> Returned:
    return shot.bring(result=second(shot), earlier=shot.result.path, **facts)


@pytest.mark.parametrize(
    "resolve_profile", [*PROFILES, harsh()], ids=lambda profile: str(profile.version)
)
def test_the_second_version_shows_in_the_stead_of_the_first(shot: Shot) -> None:
    (old,) = shot.on_track(2)
    first = shot.imported()
    shot.session.grade(old, 5)
    old.properties["ZoomX"] = 2.0
    returned = again(shot)
    assert shot.names == ["Video 1", "SparkVSR"] and shot.on_track(2) == [old]
    assert (returned.item, returned.place.track, returned.warnings) == (old.uid, 2, ())
    assert old.grade.layers[0].seen == 5 and old.properties["ZoomX"] == 2.0  # a person's
    names = [Path(result.path).name for result in (shot.result, second(shot))]
    assert shot.pool()["/SparkVSR/Edit"] == names
    assert old.clip is shot.imported(second(shot)) and old.clip.uid == returned.clip
    assert [take.clip for take in old.takes] == [first, old.clip]
    assert Path(shot.result.path).exists()
    old.properties.clear()
    old.grade.layers[0].nodes.clear()
    assert [shot.seen(shot.item.start + k).item for k in range(FRAMES)] == [V2] * FRAMES


def test_the_third_version_follows_the_second(shot: Shot) -> None:
    again(shot)
    third = shot.make(shot.folder, "sh010_v003", mark=V2 + 1)
    shot.bring(result=third, earlier=second(shot).path)
    (item,) = shot.on_track(2)
    assert len(item.takes) == 3 and item.take == 3 and item.clip is shot.imported(third)


def test_a_deleted_first_result_is_placed_anew(shot: Shot) -> None:
    shot.session.remove(shot.on_track(2)[0])
    returned = again(shot)
    (item,) = shot.on_track(2)
    assert item.takes == [] and item.uid == returned.item and returned.warnings == ()
    assert shot.seen(item.start).item == V2


@pytest.mark.parametrize("trimmed", [True, False])
def test_a_first_result_that_was_moved_or_trimmed_is_left_and_said(
    shot: Shot, trimmed: bool
) -> None:
    (old,) = shot.on_track(2)
    if trimmed:
        old.duration -= 2
    else:
        old.start += 4
    span = (old.start, old.duration)
    returned = again(shot)
    assert (old.start, old.duration, old.takes) == (*span, [])
    assert shot.names == ["Video 1", "SparkVSR", "SparkVSR"]
    assert shot.on_track(3) == [old] and shot.on_track(2)[0].uid == returned.item
    (warning,) = returned.warnings
    assert "video track 2 was moved or trimmed: it is left" in warning


def test_a_first_result_below_its_clip_does_not_count_as_in_place(shot: Shot) -> None:
    video = shot.timeline.tracks["video"]
    video.reverse()
    returned = again(shot)
    assert returned.place.track == 3 and "moved or trimmed" in returned.warnings[0]


def test_the_result_of_another_clip_is_not_taken_for_it(shot: Shot) -> None:
    other = shot.session.place(shot.plate, AT + 50, FIRST, FRAMES)
    shot.item = other
    returned = again(shot)
    assert [item.start for item in shot.on_track(2)] == [shot.timeline.start + AT, other.start]
    assert returned.place.start == other.start and len(returned.warnings) == 1


def test_a_copy_elsewhere_does_not_hide_the_one_in_place(shot: Shot) -> None:
    shot.session.place(shot.imported(), 0, 0, 8, track=2)
    (copy, old) = shot.on_track(2)
    assert again(shot).item == old.uid and copy.takes == []


def test_a_result_that_was_moved_together_with_its_clip_is_in_place(shot: Shot) -> None:
    (old,) = shot.on_track(2)
    for item in (shot.item, old):
        item.start += 30
    shot_result = shot.make(shot.folder, "moved_v002", mark=V2)
    assert shot.bring(result=shot_result, earlier=shot.result.path).item == old.uid


def test_a_second_take_of_the_clip_itself_follows_the_first(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        settings = ClipSettings(placement="take", deliver="ungraded")
        shot.bring(settings=settings)
        before = session.state()
        shot.fail("TimelineItem.SelectTakeByIndex", 1, False, times=3)
        with pytest.raises(BridgeError, match="did not select the take of the result"):
            again(shot, settings=settings)
        assert session.state() == before
        again(shot, settings=settings)
        assert len(shot.item.takes) == 3 and shot.item.clip is shot.imported(second(shot))


def test_replacing_again_disables_the_clip_that_was_enabled_meanwhile(shot: Shot) -> None:
    again(shot, settings=ClipSettings(placement="replace"))
    assert not shot.item.enabled


def test_a_sequence_is_found_again(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results / "exr", kind="exr")
        shot.bring()
        (old,) = shot.on_track(2)
        result = shot.make(results / "exr2", "sh010_v002", kind="exr", mark=V2)
        session.volumes.append(str(results / "exr2"))
        assert shot.bring(result=result, earlier=shot.result.path).item == old.uid
        assert shot.seen(shot.item.start + 3).item == V2


def test_a_refused_take_leaves_the_first_result(tmp_path: Path, results: Path) -> None:
    with Session(Profile(add_take_fails=True), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        shot.bring()
        before = session.state()
        with pytest.raises(BridgeError, match="did not add the result as a take"):
            again(shot)
        assert session.state() == before and shot.said == []
