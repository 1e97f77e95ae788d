"""A result comes back onto the timeline, in every version, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from footage import make_picture
from resolve_emulator import Profile, Session
from resolve_emulator.model import Track
from resolve_emulator.tracks_api import Tracks
from resolve_returning import ALL, AT, FRAMES, IDS, MARK, Shot, without_ours
from resolve_returning import results as results
from resolve_returning import shot as shot
from sparkvsr.media import read_picture
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings, EndFrame
from sparkvsr_resolve.host.append import Appender


@pytest.mark.parametrize("resolve_profile", ALL, ids=IDS)
def test_a_result_lies_on_a_new_track_above_its_clip_in_every_version(shot: Shot) -> None:
    returned = shot.bring()
    assert shot.names == ["Video 1", "SparkVSR"]
    (item,) = shot.on_track(2)
    assert (item.start, item.duration, item.uid) == (shot.item.start, FRAMES, returned.item)
    assert (returned.place.track, returned.warnings) == (2, ())
    assert item.clip is shot.imported() and item.clip.uid == returned.clip
    assert shot.pool()["/SparkVSR/Edit"] == [Path(shot.result.path).name]
    for frame in range(FRAMES):
        seen = shot.seen(shot.item.start + frame)
        assert (seen.item, seen.source_frame) == (MARK, frame)
    for outside in (shot.item.start - 1, shot.item.end):
        with pytest.raises(ValueError, match="no readable block"):  # nothing of ours there
            shot.seen(outside)
    assert without_ours(shot.session.state(), returned, 2) == shot.before
    assert shot.said == []


@pytest.mark.parametrize("rate", ["23.976", "25", "29.97 DF", "59.94 DF"])
@pytest.mark.parametrize("start", ["01:00:00", "10:00:00"])
def test_frames_are_exact_at_every_rate(
    rate: str, start: str, tmp_path: Path, results: Path
) -> None:
    start += ";00" if "DF" in rate else ":00"
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results, rate, start)
        returned = shot.bring()
        (item,) = shot.on_track(2)
        assert (item.start, item.duration) == (shot.item.start, FRAMES)
        assert [shot.seen(item.start + k).source_frame for k in (0, FRAMES - 1)] == [0, FRAMES - 1]
        assert without_ours(session.state(), returned, 2) == shot.before


@pytest.mark.parametrize("resolve_profile", ALL, ids=IDS)
def test_a_sequence_comes_back_as_one_clip_in_every_version(
    resolve_profile: Profile, tmp_path: Path, results: Path
) -> None:
    with Session(resolve_profile, tmp_path / "resolve") as session:
        shot = Shot(session, results / "exr", "23.976", kind="exr")
        returned = shot.bring()
        clip = shot.imported()
        assert clip.media is not None and clip.media.kind == "sequence"
        assert (clip.frames, returned.warnings) == (FRAMES, ())
        assert [shot.seen(shot.item.start + k).source_frame for k in range(FRAMES)] == list(
            range(FRAMES)
        )
        assert without_ours(session.state(), returned, 2) == shot.before


def test_pictures_that_come_singly_are_removed_and_the_next_way_is_tried(
    tmp_path: Path, results: Path
) -> None:
    profile = Profile(version=(21, 1, 0), individual_frames=True)
    with Session(profile, tmp_path / "resolve") as session:
        shot = Shot(session, results / "exr", "23.976", kind="exr")
        shot.bring()
        assert len(shot.pool()["/SparkVSR/Edit"]) == 1
        assert shot.imported().frames == FRAMES


def test_dnxhr_comes_back_too(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results / "dnxhr", kind="dnxhr444", size=(256, 120))
        shot.bring()
        assert shot.seen(shot.item.start + 7).source_frame == 7
        assert shot.seen(shot.item.start + 7).item == MARK


def test_titles_stay_on_top(shot: Shot) -> None:
    session = shot.session
    shot.timeline.tracks["video"].append(Track("Titles"))
    session.title(AT - 2, 8, 2)
    before = session.state()
    returned = shot.bring()
    assert shot.names == ["Video 1", "SparkVSR", "Titles"]
    assert shot.titled(shot.item.start) and not shot.titled(shot.item.start + 8)
    assert shot.seen(shot.item.start).item == MARK
    assert without_ours(session.state(), returned, 2) == before


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 6, 0))])
def test_without_inserting_the_result_is_on_top_and_says_what_it_hides(shot: Shot) -> None:
    shot.timeline.tracks["video"].append(Track("Titles"))
    shot.session.title(AT - 2, 8, 2)
    returned = shot.bring()
    assert shot.names == ["Video 1", "Titles", "SparkVSR"]
    (warning,) = returned.warnings
    assert "on track 3 and hides what is on track 2" in warning
    assert not shot.titled(shot.item.start)


def test_the_track_of_a_user_is_neither_used_nor_renamed(shot: Shot) -> None:
    shot.timeline.tracks["video"].append(Track("VFX"))
    returned = shot.bring()
    assert shot.names == ["Video 1", "SparkVSR", "VFX"] and returned.place.track == 2


def test_our_track_is_used_again_where_it_is_free(shot: Shot) -> None:
    shot.bring()
    other = shot.session.place(shot.plate, AT + FRAMES, 5, FRAMES)
    result = shot.make(shot.folder, "sh020_v001", start=other.start)
    shot.item = other
    returned = shot.bring(result=result)
    assert shot.names == ["Video 1", "SparkVSR"] and returned.place.track == 2
    assert [item.start for item in shot.on_track(2)] == [other.start - FRAMES, other.start]


@pytest.mark.parametrize("locked", [True, False])
def test_our_track_is_left_alone_where_it_is_locked_or_occupied(shot: Shot, locked: bool) -> None:
    shot.bring()
    track = shot.timeline.tracks["video"][1]
    if locked:
        track.locked = True
        track.items.clear()
    shot.bring(result=shot.make(shot.folder, "again_v001"))
    assert shot.names == ["Video 1", "SparkVSR", "SparkVSR"]
    assert len(shot.on_track(2)) == 1 and len(shot.on_track(3)) == (0 if locked else 1)


@pytest.mark.parametrize("convention", EndFrame)
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_length_that_is_off_by_one_is_repaired_and_remembered(
    convention: EndFrame, inclusive: bool, tmp_path: Path, results: Path
) -> None:
    profile = Profile(end_inclusive=inclusive)
    with Session(profile, tmp_path / "resolve") as session:
        shot = Shot(session, results)
        shot.appender = Appender(shot.desk, shot.able, convention)
        returned = shot.bring()
        assert [item.duration for item in shot.on_track(2)] == [FRAMES]
        wrong = convention is EndFrame.INCLUSIVE and not inclusive
        assert len(session.calls("AppendToTimeline")) == 1 + wrong
        assert shot.appender.convention is (EndFrame.EXCLUSIVE if wrong else convention)
        shot.item = session.place(shot.plate, AT + FRAMES, 5, FRAMES)
        shot.bring(result=shot.make(shot.folder, "next_v001"))
        assert len(session.calls("AppendToTimeline")) == 2 + wrong
        assert returned.warnings == ()


def test_a_file_that_is_in_the_pool_already_is_found_and_left_there(shot: Shot) -> None:
    users = shot.session.bin("My bin")
    shot.session.project.folder = users
    mine = shot.session.import_clip(shot.result.path)
    returned = shot.bring()
    assert returned.clip == mine.uid and mine.bin is users
    assert shot.pool()["/My bin"] == [mine.name] and shot.pool()["/SparkVSR/Edit"] == []
    assert shot.session.project.folder is users
    again = shot.bring(result=shot.result)
    assert again.clip == mine.uid


def test_the_inspector_comes_from_the_clip(shot: Shot) -> None:
    wanted = {"ZoomX": 1.5, "ZoomY": 1.25, "Pan": 3.0, "FlipX": True, "CropLeft": 2.0}
    shot.item.properties.update(wanted, RetimeProcess=2)
    returned = shot.bring()
    (item,) = shot.on_track(2)
    assert item.properties == {**wanted, "Scaling": 2}
    assert returned.warnings == ()


def test_a_blended_clip_is_copied_and_said(shot: Shot) -> None:
    shot.item.properties["Opacity"] = 50.0
    returned = shot.bring()
    assert shot.on_track(2)[0].properties["Opacity"] == 50.0
    (warning,) = returned.warnings
    assert "blended twice" in warning
    shot.session.remove(shot.on_track(2)[0])
    settings = ClipSettings(placement="replace")
    assert shot.bring(settings=settings).warnings == ()


def test_an_inspector_that_refuses_is_said_and_the_result_is_there(shot: Shot) -> None:
    shot.item.properties.update(ZoomX=1.5, Pan=3.0)
    shot.fail("TimelineItem.SetProperty", 1, False, times=2)
    returned = shot.bring()
    assert returned.warnings == ()  # the second pass sets it
    shot.session.remove(shot.on_track(2)[0])
    shot.fail("TimelineItem.SetProperty", 1, False, times=20)
    (warning,) = shot.bring().warnings
    assert "Pan" in warning and "ZoomX" in warning and "Tilt" not in warning


def test_replacing_disables_the_clip(shot: Shot) -> None:
    returned = shot.bring(settings=ClipSettings(placement="replace"))
    assert not shot.item.enabled and shot.on_track(2)[0].enabled
    state = shot.session.state()
    items = state["timelines"][shot.timeline.uid]["tracks"]["video"][0]["items"]
    items[0]["enabled"] = True
    assert without_ours(state, returned, 2) == shot.before


def test_replacing_on_a_locked_track_fails_and_leaves_nothing(shot: Shot) -> None:
    shot.timeline.tracks["video"][0].locked = True
    before = shot.session.state()
    with pytest.raises(BridgeError, match="video track 1 is locked") as caught:
        shot.bring(settings=ClipSettings(placement="replace"))
    assert "Unlock" in caught.value.hint
    assert shot.session.state() == before and shot.said == []


def test_a_file_that_is_not_there_is_said(shot: Shot) -> None:
    result = replace(shot.result, path=f"{shot.result.path}.gone.mov")
    with pytest.raises(BridgeError, match="does not import") as caught:
        shot.bring(result=result)
    assert "Media Storage" in caught.value.hint and shot.is_as_before()


def test_a_file_of_the_wrong_length_is_said_and_leaves_nothing(shot: Shot) -> None:
    result = shot.make(shot.folder, "short_v001", frames=FRAMES - 1)
    with pytest.raises(BridgeError, match="has 11 frames, and not 12"):
        shot.bring(result=replace(result, frames=FRAMES))
    assert shot.is_as_before()


def test_a_track_that_is_not_inserted_is_recognised_and_the_users_keeps_its_name(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = Tracks.AddTrack.function
    monkeypatch.setattr(
        Tracks.AddTrack, "function", lambda timeline, kind, *_: added(timeline, kind)
    )
    Tracks.AddTrack.function.__annotations__.update(kind="str", _="Any")
    shot.timeline.tracks["video"].append(Track("VFX"))
    returned = shot.bring()
    assert shot.names == ["Video 1", "VFX", "SparkVSR"]
    assert returned.place.track == 3 and "move it below what it hides" in returned.warnings[0]


def test_a_track_that_was_really_not_added_is_asked_for_again_and_only_one_comes(
    tmp_path: Path, results: Path
) -> None:
    with Session(Profile(version=(21, 1, 0)), tmp_path / "resolve") as session:
        shot = Shot(session, results)
        session.fail("Timeline.AddTrack", 1, True)
        returned = shot.bring()
        assert shot.names == ["Video 1", "SparkVSR"]
        assert without_ours(session.state(), returned, 2) == shot.before


def test_a_rate_that_resolve_did_not_read_is_set(tmp_path: Path, results: Path) -> None:
    with Session(Profile(), tmp_path / "resolve") as session:
        shot = Shot(session, results / "rates", "25", kind="exr")
        session.project.settings["timelineFrameRate"] = "24"
        result = shot.make(results / "norate", kind="exr")
        for file in sorted((results / "norate").iterdir()):
            make_picture(file, read_picture(str(file))[..., :3].astype(np.float16))
        session.volumes.append(str(results / "norate"))
        shot.bring(result=result)
        assert shot.imported(result).changed == {"FPS": "25"}


def test_a_file_of_the_same_name_elsewhere_is_another_one(shot: Shot) -> None:
    first = shot.bring()
    shot.session.remove(shot.on_track(2)[0])
    elsewhere = shot.folder.parent / "elsewhere"
    shot.session.volumes.append(str(elsewhere))
    result = shot.make(elsewhere, mark=MARK + 1)
    assert Path(result.path).name == Path(shot.result.path).name
    assert shot.bring(result=result).clip != first.clip
    assert shot.seen(shot.item.start).item == MARK + 1
