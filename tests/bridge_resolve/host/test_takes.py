"""A result as a take of its clip, and the clip's grade where a result has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolve_emulator import Profile, Session
from resolve_returning import ALL, AT, FRAMES, IDS, Shot
from resolve_returning import results as results
from resolve_returning import shot as shot
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings

UNGRADED = ClipSettings(placement="take", deliver="ungraded")


@pytest.mark.parametrize("resolve_profile", ALL, ids=IDS)
def test_a_take_is_selected_and_the_original_can_be_chosen_again(shot: Shot) -> None:
    shot.session.grade(shot.item, 7)
    returned = shot.bring(settings=UNGRADED)
    assert shot.names == ["Video 1"] and returned.item == shot.item.uid
    assert [take.clip for take in shot.item.takes] == [shot.plate, shot.imported()]
    assert (shot.item.take, shot.item.grade.layers[0].seen) == (2, 7)
    assert (shot.item.start, shot.item.duration) == (shot.timeline.start + AT, FRAMES)
    item = shot.find_item()
    assert item.SelectTakeByIndex(1) and shot.item.clip is shot.plate


def test_a_graded_take_is_refused(shot: Shot) -> None:
    with pytest.raises(ValueError, match="graded twice"):
        shot.bring(settings=ClipSettings(placement="take"))
    assert shot.is_as_before()


def test_a_refused_take_leaves_nothing(tmp_path: Path, results: Path) -> None:
    with Session(Profile(add_take_fails=True), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        with pytest.raises(BridgeError, match="did not add the result as a take"):
            shot.bring(settings=UNGRADED)
        assert shot.is_as_before() and shot.said == []


def test_an_ungraded_result_gets_the_grade_and_the_group_of_its_clip(shot: Shot) -> None:
    shot.session.grade(shot.item, 7)
    shot.session.group([shot.item], post=9)
    shot.bring(settings=ClipSettings(deliver="ungraded"))
    (item,) = shot.on_track(2)
    assert item.grade.layers[0].seen == 7 and item.group is shot.item.group
    shot.session.remove(item)
    shot.bring(settings=ClipSettings())
    (item,) = shot.on_track(2)
    assert item.grade.layers[0].seen == 0 and item.group is None
