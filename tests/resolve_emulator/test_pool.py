"""E43 to E51: timelines that are copied and deleted, imports, appending, replacing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def pool(session: Session) -> Any:
    return project(session).GetMediaPool()


def clips(session: Session) -> Any:
    return pool(session).GetRootFolder().GetClipList()


def on_track(session: Session, track: int = 1, kind: str = "video") -> list[tuple[int, int]]:
    found = project(session).GetCurrentTimeline().GetItemListInTrack(kind, track) or []
    return [(item.GetStart(), item.GetDuration()) for item in found]


# Timelines.


@pytest.mark.parametrize("resolve_profile", [Profile(), Profile(duplicate_is_current=False)])
def test_e43_a_duplicate_has_everything_under_new_ids(
    session: Session, resolve_profile: Profile
) -> None:
    where = session.bin("Cuts")
    session.project.folder = where
    model = session.timeline(rate="23.976", tracks=2)
    session.project.folder = session.project.root
    item = session.place(session.import_clip(session.movie(frames=9)), first=2, track=2)
    session.grade(item, 7)
    session.mark(item, 3)
    session.mark(model, 4)
    session.grade_timeline(9)
    before = session.state()["timelines"][model.uid]
    timeline = project(session).GetCurrentTimeline()
    copy = timeline.DuplicateTimeline("_sparkvsr_x")
    after = session.state()["timelines"][copy.GetUniqueId()]
    (made,) = after["tracks"]["video"][1]["items"]
    assert copy.GetUniqueId() != model.uid and made["uid"] != item.uid
    made["uid"], after["name"] = item.uid, "Edit"
    assert after == before
    assert timeline.DuplicateTimeline("_sparkvsr_x") is None
    assert timeline.DuplicateTimeline("a/b") is None
    assert [clip.name for clip in where.clips] == ["Edit", "_sparkvsr_x"]
    current = project(session).GetCurrentTimeline().GetName()
    assert (current == "_sparkvsr_x") == resolve_profile.duplicate_is_current


def test_e43_changing_the_duplicate_leaves_the_original_alone(session: Session) -> None:
    model = session.timeline()
    item = session.place(session.import_clip(session.movie(frames=9)))
    session.grade(item, 7)
    session.grade_timeline(9)
    before = session.state()["timelines"][model.uid]
    copy = project(session).GetCurrentTimeline().DuplicateTimeline("copy")
    assert copy.GetNodeGraph().ResetAllGrades() is True
    (shot,) = copy.GetItemListInTrack("video", 1)
    assert shot.GetNodeGraph().ResetAllGrades() is True
    assert shot.SetProperty("ZoomX", 2.0) is True
    assert shot.AddMarker(1, "Cyan", "n", "", 1) is True
    assert copy.SetSetting("timelineResolutionWidth", "128") is True
    assert copy.DeleteClips([shot], False) is True
    assert session.state()["timelines"][model.uid] == before


def test_e43_the_current_timeline_cannot_be_deleted(session: Session) -> None:
    model = session.timeline()
    before = session.state()
    timeline = project(session).GetCurrentTimeline()
    copy = timeline.DuplicateTimeline("copy")
    assert pool(session).DeleteTimelines([copy]) is False
    assert pool(session).DeleteTimelines([timeline, copy]) is False
    assert project(session).SetCurrentTimeline(timeline) is True
    assert pool(session).DeleteTimelines([copy]) is True
    assert pool(session).DeleteTimelines([copy]) is False
    assert copy.GetName() is None and timeline.GetUniqueId() == model.uid
    assert session.state() == before


def test_e43_an_empty_timeline_has_the_settings_of_the_project(session: Session) -> None:
    session.timeline(rate="25", timelineResolutionWidth="128")
    made = pool(session).CreateEmptyTimeline("New")
    assert made.GetSetting("timelineFrameRate") == "24"
    assert made.GetSetting("timelineResolutionWidth") == "64"
    assert made.SetSetting("timelineResolutionWidth", "128") is False
    assert made.SetSetting("useCustomSettings", "1") is True
    assert made.SetSetting("timelineResolutionWidth", "128") is True
    assert made.GetSetting("timelineResolutionWidth") == "128"
    assert made.GetSetting("nonsense") == "" and made.SetSetting("nonsense", "1") is False
    assert made.GetSetting("")["useCustomSettings"] == "1"
    assert pool(session).CreateEmptyTimeline("New") is None


def test_e44_appending_acts_on_the_timeline_that_is_current(session: Session) -> None:
    first = session.timeline("First")
    second = session.timeline("Second")
    session.import_clip(session.movie(frames=9))
    assert project(session).SetCurrentTimeline(project(session).GetTimelineByIndex(1)) is True
    assert pool(session).AppendToTimeline([clips(session)[2]])
    assert (len(first.items()), len(second.items())) == (1, 0)


# Imports.


def test_e45_an_import_lands_in_the_current_bin_and_comes_once(session: Session) -> None:
    path = str(session.movie(frames=3))
    folder = pool(session).AddSubFolder(pool(session).GetRootFolder(), "SparkVSR")
    assert pool(session).GetCurrentFolder().GetName() == "SparkVSR"
    assert pool(session).AddSubFolder(pool(session).GetRootFolder(), "SparkVSR") is None
    (made,) = pool(session).ImportMedia([path])
    assert made.GetClipProperty("File Path") == path
    assert [clip.GetName() for clip in folder.GetClipList()] == ["plate.mkv"]
    assert pool(session).ImportMedia([path]) == []
    assert pool(session).SetCurrentFolder(pool(session).GetRootFolder()) is True
    assert [one.GetName() for one in pool(session).GetRootFolder().GetSubFolderList()] == [
        "SparkVSR"
    ]


def test_e45_what_is_missing_relative_or_no_media_is_not_imported(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(session.movie(frames=2).parent)
    text = session.media / "notes.txt"
    text.write_text("no picture")
    for path in (str(session.media / "missing.mov"), "plate.mkv", str(text)):
        assert pool(session).ImportMedia([path]) == []
    assert pool(session).ImportMedia([]) is None


@pytest.mark.parametrize("resolve_profile", [Profile(import_in_storage=True)])
def test_e45_one_import_may_refuse_what_the_other_takes(session: Session, tmp_path: Path) -> None:
    outside = session.movie(frames=2).rename(tmp_path / "outside.mkv")
    assert pool(session).ImportMedia([str(outside)]) == []
    storage = session.resolve.GetMediaStorage()
    (made,) = storage.AddItemListToMediaPool([str(outside)])
    assert made.GetName() == "outside.mkv"
    assert pool(session).ImportMedia([str(session.movie(frames=2))]) != []


def test_e45_a_sequence_by_its_first_file_its_folder_or_a_dict(session: Session) -> None:
    path = session.sequence(first=1001, frames=5)
    (made,) = pool(session).ImportMedia([str(path)])
    shown = str(path).replace(".1001.", ".[1001-1005].")
    assert made.GetClipProperty("File Path") == shown and made.GetClipProperty("Frames") == "5"
    assert pool(session).DeleteClips([made]) is True
    (made,) = session.resolve.GetMediaStorage().AddItemListToMediaPool([str(path.parent)])
    assert made.GetClipProperty("File Path") == shown
    pattern = str(path).replace(".1001.", ".%04d.")
    info = {"FilePath": pattern, "StartIndex": 1002, "EndIndex": 1004}
    (part,) = pool(session).ImportMedia([info])
    assert part.GetClipProperty("Frames") == "3"
    assert pool(session).ImportMedia([{**info, "EndIndex": 1099}]) == []


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_e45_late_versions_refuse_the_dict(session: Session) -> None:
    path = session.sequence(first=1, frames=3)
    info = {"FilePath": str(path).replace("0001", "%04d"), "StartIndex": 1, "EndIndex": 3}
    assert pool(session).ImportMedia([info]) is None
    assert len(pool(session).ImportMedia([str(path)])) == 1


@pytest.mark.parametrize("resolve_profile", [Profile(individual_frames=True)])
def test_e45_frames_may_come_one_by_one(session: Session) -> None:
    path = session.sequence(frames=3)
    storage = session.resolve.GetMediaStorage()
    made = storage.AddItemListToMediaPool([str(path.parent)])
    assert [one.GetClipProperty("Type") for one in made] == ["Still"] * 3


def test_e46_properties_of_a_clip(session: Session) -> None:
    session.import_clip(session.movie(frames=9, rate="23.976"))
    (clip,) = clips(session)
    found = clip.GetClipProperty()
    assert (found["Resolution"], found["Frames"], found["Type"]) == ("64x48", "9", "Video")
    assert clip.GetClipProperty("Nonsense") == ""
    assert (found["End"], found["Online Status"], found["Usage"]) == ("8", "Online", "0")
    assert clip.GetClipProperty("FPS") == 23.976


@pytest.mark.parametrize("resolve_profile", [Profile(version=(19, 1, 3), frames_lag=2)])
def test_e46_the_rate_was_text_and_the_number_of_frames_may_come_late(session: Session) -> None:
    (clip,) = pool(session).ImportMedia([str(session.movie(frames=9))])
    assert clip.GetClipProperty("FPS") == "24"
    assert [clip.GetClipProperty("Frames") for _ in range(3)] == ["0", "0", "9"]


# Appending.


@pytest.fixture
def plate(session: Session) -> Any:
    """A clip of 12 frames, and a current timeline with two tracks."""
    clip = session.import_clip(session.movie(frames=12))
    session.timeline(tracks=2)
    return next(one for one in clips(session) if one.GetUniqueId() == clip.uid)


def info(clip: Any, **facts: int) -> dict[str, Any]:
    wanted = {"startFrame": 0, "endFrame": 6, "mediaType": 1, "trackIndex": 2}
    return {"mediaPoolItem": clip, **wanted, "recordFrame": 86410, **facts}


@pytest.mark.parametrize(
    ("resolve_profile", "length"),
    [
        (Profile(version=(18, 6, 6), append_needs_selection=False), 7),
        (Profile(version=(19, 0, 3), append_needs_selection=False), 7),
        (Profile(version=(19, 1, 0), append_needs_selection=False), 6),
        (Profile(end_inclusive=True), 7),
    ],
)
def test_e47_the_end_frame_is_part_of_the_clip_or_not(
    session: Session, plate: Any, length: int
) -> None:
    (made,) = pool(session).AppendToTimeline([info(plate)])
    assert made.GetDuration() == length
    assert on_track(session, 2) == [(86410, length)] and on_track(session) == []


def test_e47_numbers_must_be_whole_or_nothing_of_the_batch_happens(
    session: Session, plate: Any
) -> None:
    bad: dict[str, Any] = {**info(plate), "recordFrame": 86430.5}
    assert pool(session).AppendToTimeline([info(plate), bad]) is None
    assert pool(session).AppendToTimeline([{**info(plate), "endFrame": 6.0}]) is None
    assert on_track(session, 2) == []


@pytest.mark.parametrize(
    ("resolve_profile", "failure"),
    [
        (Profile(), None),
        (Profile(append_failure="empty"), []),
        (Profile(append_failure="false"), False),
        (Profile(append_failure="holding_none"), [None]),
    ],
)
def test_e47_failing_looks_different(session: Session, plate: Any, failure: Any) -> None:
    assert pool(session).AppendToTimeline([info(plate, trackIndex=3)]) == failure
    assert pool(session).AppendToTimeline([info(plate, recordFrame=10)]) == failure


def test_e47_what_is_there_wins(session: Session, plate: Any) -> None:
    assert pool(session).AppendToTimeline([info(plate)])
    (dropped,) = pool(session).AppendToTimeline([info(plate, recordFrame=86412)])
    assert dropped.GetName() is None
    (cut,) = pool(session).AppendToTimeline([info(plate, recordFrame=86406)])
    assert cut.GetDuration() == 4
    assert on_track(session, 2) == [(86406, 4), (86410, 6)]


def test_e47_sound_comes_along_unless_it_is_left_out(session: Session) -> None:
    session.import_clip(session.movie(frames=12), sound=True)
    session.timeline(tracks=2)
    clip = next(one for one in clips(session) if one.GetClipProperty("Type") == "Video + Audio")
    (picture,) = pool(session).AppendToTimeline([info(clip)])
    assert picture.GetLinkedItems() == [] and on_track(session, 1, "audio") == []
    wanted = info(clip, recordFrame=86430)
    del wanted["mediaType"]
    both = pool(session).AppendToTimeline([wanted])
    assert [item.GetTrackTypeAndIndex() for item in both] == [["video", 2], ["audio", 2]]
    assert [one.GetUniqueId() for one in both[0].GetLinkedItems()] == [both[1].GetUniqueId()]


def test_e47_without_a_track_it_goes_where_there_is_room(session: Session, plate: Any) -> None:
    wanted = info(plate)
    del wanted["trackIndex"]
    tracks = [pool(session).AppendToTimeline([wanted])[0].GetTrackTypeAndIndex() for _ in range(3)]
    assert tracks == [["video", 1], ["video", 2], ["video", 3]]


def test_e47_a_picture_has_its_own_length(session: Session) -> None:
    path = session.sequence(first=7, frames=1)
    session.import_clip(path)
    session.timeline(tracks=2)
    clip = next(one for one in clips(session) if one.GetClipProperty("Type") == "Still")
    for frames, at in ((96, 86400), (5, 86500)):
        wanted = info(clip, endFrame=frames, recordFrame=at)
        (made,) = pool(session).AppendToTimeline([wanted])
        assert made.GetDuration() == 24


def test_e47_the_playhead_jumps_to_the_end(session: Session, plate: Any) -> None:
    pool(session).AppendToTimeline([info(plate)])
    assert project(session).GetCurrentTimeline().GetCurrentTimecode() == "01:00:00:16"


@pytest.mark.parametrize("resolve_profile", [Profile(version=(20, 3, 1))])
def test_e47_until_20_3_1_a_clip_must_be_selected(session: Session, plate: Any) -> None:
    assert pool(session).AppendToTimeline([info(plate)]) is None
    assert pool(session).SetSelectedClip(plate) is True
    assert len(pool(session).AppendToTimeline([info(plate)])) == 1


def test_e47_at_another_rate_the_length_is_rounded_down(session: Session) -> None:
    session.import_clip(session.movie(frames=24, rate="24"))
    session.timeline(rate="30", tracks=2)
    clip = next(one for one in clips(session) if one.GetClipProperty("Type") == "Video")
    (made,) = pool(session).AppendToTimeline([info(clip, endFrame=13, recordFrame=108000)])
    assert made.GetDuration() == 16  # 16.25


# Clips that change.


def test_e49_replacing_a_clip_changes_every_use_and_loses_what_was_set(session: Session) -> None:
    first = session.timeline("First")
    clip = session.import_clip(session.movie("a.mkv", frames=9))
    session.place(clip, timeline=first)
    session.place(clip, timeline=session.timeline("Second"))
    found = next(one for one in clips(session) if one.GetUniqueId() == clip.uid)
    assert found.SetMetadata("Comments", "ours") is True
    assert found.SetClipProperty("Data Level", "Full") is True
    assert found.ReplaceClip(str(session.media / "missing.mkv")) is False
    assert found.GetMetadata("Comments") == "ours"
    assert found.ReplaceClip(str(session.movie("b.mkv", frames=9))) is True
    assert found.GetUniqueId() == clip.uid and found.GetName() == "b.mkv"
    assert {item.clip.name for item in session.project.uses(clip) if item.clip} == {"b.mkv"}
    assert found.GetMetadata("Comments") == "" and found.GetClipProperty("Data Level") == "Auto"


@pytest.mark.parametrize("mode", ["davinciYRGB", "davinciYRGBColorManagedv2"])
def test_e50_an_input_space_needs_colour_management(session: Session, mode: str) -> None:
    session.import_clip(session.movie(frames=2))
    assert project(session).SetSetting("colorScienceMode", mode) is True
    (clip,) = clips(session)
    managed = mode != "davinciYRGB"
    assert clip.SetClipProperty("Input Color Space", "Linear") is managed
    assert clip.SetClipProperty("Input Color Space", "rec.709 g24") is False
    expected = "Linear" if managed else "Rec.709 Gamma 2.4"
    assert clip.GetClipProperty("Input Color Space") == expected
    assert clip.SetClipProperty("Data Level", "Fullest") is False
    assert clip.SetClipProperty("Nonsense", "1") is False


def test_e51_a_project_that_was_never_saved_is_not_saved(session: Session) -> None:
    manager = session.resolve.GetProjectManager()
    assert manager.SaveProject() is True
    session.open_project("Untitled Project 3")
    assert manager.SaveProject() is False


@pytest.mark.parametrize("resolve_profile", [Profile(headless=True)])
def test_e51_without_a_window_that_hangs(session: Session) -> None:
    session.open_project("Untitled Project")
    session.at(60.0, session.release)
    assert session.resolve.GetProjectManager().SaveProject() is False
    assert session.now() >= 60.0


def test_bins_are_deleted_with_what_is_in_them(session: Session) -> None:
    before = session.state()
    root = pool(session).GetRootFolder()
    folder = pool(session).AddSubFolder(root, "SparkVSR")
    pool(session).ImportMedia([str(session.movie(frames=2))])
    assert pool(session).DeleteFolders([root]) is False
    assert pool(session).DeleteFolders([folder]) is True
    assert folder.GetName() is None
    assert session.state() == before
