"""E19 to E27 and E48: items, their source ranges, markers, tracks and takes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from resolve_emulator import Profile, Session, harsh


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def first(session: Session, track: int = 1) -> Any:
    return project(session).GetCurrentTimeline().GetItemListInTrack("video", track)[0]


def source_span(item: Any) -> tuple[int, int]:
    return item.GetSourceStartFrame(), item.GetSourceEndFrame()


def test_e19_ends_are_exclusive_and_subframes_are_floats(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline()
    session.place(clip, at=10, first=2, frames=5)
    item = first(session)
    assert (item.GetStart(), item.GetEnd(), item.GetDuration()) == (86410, 86415, 5)
    assert project(session).GetCurrentTimeline().GetEndFrame() == 86415
    precise = item.GetStart(True), item.GetEnd(True), item.GetDuration(True)
    assert precise == (86410.0, 86415.0, 5.0) and {type(value) for value in precise} == {float}


def test_e20_at_full_speed_the_left_offset_is_the_source_frame(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline()
    session.place(clip, first=2, frames=5)
    item = first(session)
    assert item.GetLeftOffset() == 2 and item.GetRightOffset() == 2
    assert source_span(item) == (2, 7)


@pytest.mark.parametrize("resolve_profile", [Profile(version=(19, 1, 3))])
def test_e20_the_right_offset_meant_the_out_point_before_20(session: Session) -> None:
    session.timeline()
    session.place(session.import_clip(session.movie(frames=9)), first=2, frames=5)
    assert first(session).GetRightOffset() == 7


def test_e20_a_retime_is_told_in_record_frames(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=24))
    session.timeline()
    session.place(clip, first=8, frames=6, speed=2)
    item = first(session)
    assert item.GetLeftOffset() == 4 and source_span(item) == (8, 20)
    seconds = item.GetSourceEndTime() - item.GetSourceStartTime()
    assert seconds * 24 / item.GetDuration() == pytest.approx(2)


def test_e20_backwards_the_start_lies_after_the_end_and_a_freeze_has_no_span(
    session: Session,
) -> None:
    clip = session.import_clip(session.movie(frames=24))
    session.timeline(tracks=2)
    session.place(clip, first=20, frames=6, speed=-1)
    session.place(clip, first=5, frames=6, speed=0, track=2)
    assert source_span(first(session)) == (20, 14)
    still = first(session, 2)
    assert still.GetSourceStartTime() == still.GetSourceEndTime()


def test_e20_at_other_rates_offsets_are_of_the_timeline_and_the_end_is_inclusive(
    session: Session,
) -> None:
    clip = session.import_clip(session.movie(frames=48, rate="24"))
    session.timeline(rate="25")
    session.place(clip, first=24, frames=10)
    item = first(session)
    assert item.GetLeftOffset() == 25
    assert source_span(item) == (24, 32)
    assert item.GetSourceEndTime() == pytest.approx((24 + 9.6) / 24)


@pytest.mark.parametrize(
    ("resolve_profile", "end"),
    [(Profile(source_end="exclusive"), 7), (Profile(source_end="inclusive"), 6)],
)
def test_e20_the_convention_of_the_end_can_be_chosen(session: Session, end: int) -> None:
    session.timeline()
    session.place(session.import_clip(session.movie(frames=9)), first=2, frames=5)
    assert source_span(first(session)) == (2, end)
    session.place(session.project.clips()[-1], at=10, first=8, frames=5, speed=-1)
    backwards = project(session).GetCurrentTimeline().GetItemListInTrack("video", 1)[1]
    assert source_span(backwards) == (8, 3 if end == 7 else 4)


def test_e20_source_times_have_the_timecode_of_the_file_and_xml_items_none(
    session: Session,
) -> None:
    clip = session.import_clip(session.sequence(first=1001, frames=9))
    session.timeline(tracks=2)
    session.place(clip, first=2, frames=5)
    session.place(clip, first=2, frames=5, track=2, timeless=True)
    assert first(session).GetSourceStartTime() == pytest.approx((1001 + 2) / 24)
    item = first(session, 2)
    assert (item.GetSourceStartTime(), item.GetSourceEndTime()) == (0.0, 0.0)


def test_e20_a_subclip_counts_from_its_own_start(session: Session) -> None:
    clip = session.subclip(session.import_clip(session.movie(frames=24)), first=6, frames=12)
    session.timeline()
    session.place(clip, first=2, frames=5)
    item = first(session)
    assert item.GetLeftOffset() == 2 and source_span(item) == (8, 13)
    pool_item = item.GetMediaPoolItem()
    assert pool_item.GetClipProperty("Start") == "6"
    assert pool_item.GetClipProperty("Type") == "Subclip"


def test_e20_speed_is_told_from_21_1_on(session: Session) -> None:
    session.timeline()
    item = session.place(session.import_clip(session.movie(frames=9)), speed=Fraction(3, 2))
    assert first(session).GetSpeed is None
    with Session(harsh(), session.folder / "new") as newer:
        newer.timeline()
        newer.place(newer.import_clip(newer.movie(frames=9)), speed=item.speed, frames=4)
        assert first(newer).GetSpeed()["Percentage"] == 150.0
        assert first(newer).GetType() == "video"


def test_e21_pool_markers_are_copied_when_a_clip_is_placed_not_later(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.mark(clip, 1, name="early")
    session.mark(clip, 8, name="outside")
    session.timeline()
    pool_item = project(session).GetMediaPool().GetRootFolder().GetClipList()[0]
    info = {"mediaPoolItem": pool_item, "startFrame": 0, "endFrame": 4, "trackIndex": 1}
    project(session).GetMediaPool().AppendToTimeline([info])
    pool_item.AddMarker(2, "Cyan", "late", "", 1)
    names = {frame: one["name"] for frame, one in first(session).GetMarkers().items()}
    assert names == {1.0: "early", 8.0: "outside"}


@pytest.mark.parametrize(("resolve_profile", "key"), [(Profile(), float)])
def test_e21_keys_are_floats(session: Session, key: type) -> None:
    session.mark(session.timeline(), 5)
    ((frame, marker),) = project(session).GetCurrentTimeline().GetMarkers().items()
    assert type(frame) is key and frame == 5 and type(marker["duration"]) is float


@pytest.mark.parametrize("resolve_profile", [Profile(marker_keys=int)])
def test_e21_or_whole_numbers(session: Session) -> None:
    session.mark(session.timeline(), 5)
    assert [type(k) for k in project(session).GetCurrentTimeline().GetMarkers()] == [int]


def test_e22_what_a_marker_cannot_be(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline()
    session.place(clip)
    timeline = project(session).GetCurrentTimeline()
    owners = (timeline, first(session), first(session).GetMediaPoolItem())
    for owner in owners:
        assert owner.AddMarker(3, "Cyan", "", "note", 1) is False
        assert owner.AddMarker(3, "Orange", "name", "note", 1) is False  # a colour of clips
        assert owner.AddMarker(3, "Cyan", "name", "note", 1, "data") is True
        assert owner.AddMarker(3, "Red", "again", "", 1) is False
    far = [owner.AddMarker(5000, "Cyan", "far", "", 1) for owner in owners]
    assert far == [True, True, False]


def test_e23_hidden_data_of_markers(session: Session) -> None:
    session.timeline()
    timeline = project(session).GetCurrentTimeline()
    timeline.AddMarker(3, "Cyan", "a", "note", 1, "one")
    timeline.AddMarker(1, "Red", "b", "", 1)
    assert timeline.GetMarkerCustomData(3) == "one" and timeline.GetMarkerCustomData(1) == ""
    assert timeline.GetMarkerCustomData(2) == ""
    assert [one["note"] for one in timeline.GetMarkerByCustomData("one").values()] == ["note"]
    assert timeline.GetMarkerByCustomData("two") == timeline.GetMarkerByCustomData("") == {}
    assert timeline.UpdateMarkerCustomData(2, "x") is False
    assert timeline.UpdateMarkerCustomData(1, "two") is True
    assert timeline.DeleteMarkerByCustomData("nothing") is False
    assert timeline.DeleteMarkerByCustomData("two") is True
    assert timeline.DeleteMarkerAtFrame(1) is False
    assert timeline.DeleteMarkersByColor("Red") is False
    assert timeline.DeleteMarkersByColor("All") is True
    assert timeline.GetMarkers() == {}


def test_e24_colours_of_clips_are_not_those_of_markers(session: Session) -> None:
    session.timeline(tracks=2)
    session.place(session.import_clip(session.movie(frames=9)))
    session.title(0, 5, track=2)
    item, title = first(session), first(session, 2)
    assert item.SetClipColor("Cyan") is False
    assert (item.SetClipColor("Orange"), item.GetClipColor()) == (True, "Orange")
    assert (title.SetClipColor("Orange"), title.GetClipColor()) == (True, "")
    assert (item.ClearClipColor(), item.GetClipColor()) == (True, "")


def test_e25_titles_have_no_clip_and_compounds_one_of_their_own(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline(tracks=2)
    session.title(0, 5, track=2)
    session.compound([session.place(clip, at=2)])
    assert first(session, 2).GetMediaPoolItem() is None
    inner = first(session).GetMediaPoolItem()
    assert inner.GetClipProperty("Type") == "Compound" and inner.GetClipProperty("File Path") == ""
    assert (first(session).GetStart(), first(session).GetDuration()) == (86402, 9)


def test_e26_much_of_a_timeline_answers_only_while_it_is_current(session: Session) -> None:
    other = session.timeline("Other")
    session.place(session.import_clip(session.movie(frames=9)), timeline=other)
    session.timeline("Edit")
    timeline = project(session).GetTimelineByIndex(1)
    (item,) = timeline.GetItemListInTrack("video", 1)
    assert item.SetClipEnabled(False) is False and other.items()[0][1].enabled
    assert timeline.GetIsTrackEnabled("video", 1) is False
    assert timeline.SetTrackEnable("video", 1, False) is False
    assert item.GetDuration() is None
    assert project(session).SetCurrentTimeline(timeline) is True
    assert timeline.GetIsTrackEnabled("video", 1) is True and item.GetDuration() == 9
    assert item.SetClipEnabled(False) is True and item.GetClipEnabled() is False


def test_e26_a_new_track_is_on_top_or_where_it_is_said(session: Session) -> None:
    model = session.timeline(tracks=2)
    timeline = project(session).GetCurrentTimeline()
    bottom, top = model.tracks["video"]
    assert timeline.AddTrack("video") is True
    assert timeline.AddTrack("video", {"index": 2}) is True
    assert [bottom, top] == [model.tracks["video"][0], model.tracks["video"][2]]
    assert timeline.GetTrackCount("video") == 4
    assert timeline.AddTrack("video", {"index": 9}) is False
    assert timeline.AddTrack("nonsense") is False
    assert timeline.SetTrackName("video", 2, "SparkVSR") is True
    assert timeline.GetTrackName("video", 2) == "SparkVSR"
    assert timeline.SetTrackName("video", 9, "x") is False
    assert timeline.GetItemListInTrack("video", 1) is None
    assert timeline.DeleteTrack("video", 2) is True and timeline.GetTrackCount("video") == 3


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 6, 6))])
def test_e26_before_19_a_track_goes_on_top(session: Session) -> None:
    session.timeline()
    timeline = project(session).GetCurrentTimeline()
    assert timeline.AddTrack("video", {"index": 1}) is False
    assert timeline.AddTrack("video") is True


@pytest.mark.parametrize("resolve_profile", [Profile(stale_tracks=True)])
def test_e26_the_number_of_tracks_may_be_stale_until_the_page_changes(session: Session) -> None:
    session.timeline()
    timeline = project(session).GetCurrentTimeline()
    assert timeline.AddTrack("video") is True
    assert timeline.GetTrackCount("video") == 1
    session.resolve.OpenPage("color")
    assert timeline.GetTrackCount("video") == 2


def test_e27_locked_tracks_keep_what_they_have(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline()
    session.place(clip, frames=4)
    timeline, pool = project(session).GetCurrentTimeline(), project(session).GetMediaPool()
    pool_item = first(session).GetMediaPoolItem()
    assert timeline.SetTrackLock("video", 1, True) is True
    assert timeline.GetIsTrackLocked("video", 1) is True
    assert timeline.DeleteClips([first(session)], False) is False
    info = {"mediaPoolItem": pool_item, "trackIndex": 1, "recordFrame": 86420}
    assert pool.AppendToTimeline([info]) is None
    timeline.SetTrackLock("video", 1, False)
    session.resolve.OpenPage("fairlight")
    assert timeline.DeleteClips([first(session)], False) is False
    session.resolve.OpenPage("edit")
    assert timeline.DeleteClips([first(session)], False) is True
    assert timeline.GetItemListInTrack("video", 1) is None


@pytest.mark.parametrize(("ripple", "start"), [(True, 86400), (False, 86404)])
def test_deleting_with_a_ripple_closes_the_gap(session: Session, ripple: bool, start: int) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline()
    session.place(clip, frames=4)
    second = session.place(clip, at=4, frames=4)
    timeline = project(session).GetCurrentTimeline()
    assert timeline.DeleteClips([first(session)], ripple) is True
    assert second.start == start


def test_e48_takes(session: Session) -> None:
    clip = session.import_clip(session.movie("a.mkv", frames=9))
    session.import_clip(session.movie("b.mkv", frames=9))
    session.timeline()
    model = session.place(clip, first=2, frames=5)
    session.grade(model, 7)
    session.mark(model, 3)
    item, before = first(session), session.state()
    pool = project(session).GetMediaPool()
    other = pool.GetRootFolder().GetClipList()[1]
    assert (item.GetTakesCount(), item.GetSelectedTakeIndex(), item.FinalizeTake()) == (0, 0, False)
    assert item.AddTake(other) is True
    assert (item.GetTakesCount(), item.GetSelectedTakeIndex()) == (2, 1)
    assert item.GetMediaPoolItem().GetName() == "a.mkv"
    assert item.SelectTakeByIndex(3) is False
    assert item.SelectTakeByIndex(2) is True
    assert item.GetMediaPoolItem().GetName() == "b.mkv"
    kept = first(session)
    assert kept.GetUniqueId() == model.uid and kept.GetMarkers() and model.grade.layers[0].seen == 7
    info = item.GetTakeByIndex(1)
    assert (info["startFrame"], info["endFrame"]) == (2, 6)
    assert info["mediaPoolItem"].GetName() == "a.mkv"
    assert item.DeleteTakeByIndex(2) is False
    assert item.SelectTakeByIndex(1) is True and item.DeleteTakeByIndex(2) is True
    assert session.state() == before
    assert item.AddTake(other, 1, 4) is True and item.SelectTakeByIndex(2) is True
    assert item.GetLeftOffset() == 1
    assert item.AddTake(other) is True and item.DeleteTakeByIndex(1) is True
    assert (item.GetTakesCount(), item.GetSelectedTakeIndex()) == (2, 1)
    assert item.FinalizeTake() is True and item.GetTakesCount() == 0
    assert item.GetMediaPoolItem().GetName() == "b.mkv"


@pytest.mark.parametrize("resolve_profile", [Profile(add_take_fails=True)])
def test_e48_a_take_may_be_refused(session: Session) -> None:
    session.timeline()
    session.place(session.import_clip(session.movie(frames=9)))
    item = first(session)
    assert item.AddTake(item.GetMediaPoolItem()) is False and item.GetTakesCount() == 0


def test_a_person_moves_and_deletes_items_meanwhile(session: Session) -> None:
    session.timeline()
    model = session.place(session.import_clip(session.movie(frames=9)))
    item = first(session)
    session.at(5.0, lambda: session.move(model, 10))
    session.at(9.0, lambda: session.remove(model))
    session.sleep(5.0)
    assert item.GetStart() == 86410
    session.sleep(5.0)
    assert item.GetStart() is None and item.GetUniqueId() is None


def test_properties_of_the_inspector(session: Session) -> None:
    session.timeline()
    session.place(session.import_clip(session.movie(frames=9)))
    item = first(session)
    assert item.GetProperty("ZoomX") == 1.0 and item.GetProperty("Nonsense") is None
    assert item.SetProperty("ZoomX", 250) is True and item.GetProperty("ZoomX") == 100.0
    assert item.SetProperty("ZoomX", "2") is False and item.SetProperty("Nonsense", 1) is False
    assert item.SetProperty("FlipX", 1) is False and item.SetProperty("FlipX", True) is True
    found = item.GetProperty()
    assert found["FlipX"] is True and found["Opacity"] == 100.0
