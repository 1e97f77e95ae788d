"""E13 to E18 and E28: pages, the playhead, timecode, marks."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import Profile, Session


def current(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject().GetCurrentTimeline()


def test_e13_only_pages_that_there_are_can_be_opened(session: Session) -> None:
    assert session.resolve.OpenPage("Edit") is False
    for page in ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver"):
        assert session.resolve.OpenPage(page) is True
        assert session.resolve.GetCurrentPage() == page
    assert session.resolve.OpenPage("photo") is False


@pytest.mark.parametrize("resolve_profile", [Profile(page_delay=0.8, latency=0.0)])
def test_e13_a_page_may_come_later_than_the_answer(session: Session) -> None:
    assert session.resolve.OpenPage("color") is True
    assert session.resolve.GetCurrentPage() == "edit"
    session.sleep(0.8)
    assert session.resolve.GetCurrentPage() == "color"


@pytest.mark.parametrize("resolve_profile", [Profile(open_page_false=1, open_page_stuck=1)])
def test_e13_opening_a_page_may_fail_or_move_nothing(session: Session) -> None:
    pages = [
        (session.resolve.OpenPage("color"), session.resolve.GetCurrentPage()) for _ in range(3)
    ]
    assert pages == [(False, "edit"), (True, "edit"), (True, "color")]


@pytest.mark.parametrize("page", ["media", "fusion"])
def test_e14_two_pages_have_no_playhead(session: Session, page: str) -> None:
    session.place(session.import_clip(session.movie(frames=2)), timeline=session.timeline())
    session.resolve.OpenPage(page)
    timeline = current(session)
    assert timeline.GetCurrentTimecode() is None
    assert timeline.SetCurrentTimecode("01:00:00:01") is False
    assert timeline.GetCurrentVideoItem() is None
    project = session.resolve.GetProjectManager().GetCurrentProject()
    assert project.ExportCurrentFrameAsStill(str(session.media / "a.tif")) is False


def test_e15_a_timecode_is_taken_from_the_start_on_and_past_the_end(session: Session) -> None:
    session.timeline()
    timeline = current(session)
    for wrong in ("", "3600", "1:00:00:00", "01:00:00:24", "01:00:00;00", "00:59:59:23"):
        assert timeline.SetCurrentTimecode(wrong) is False
        assert timeline.GetCurrentTimecode() == "01:00:00:00"
    for right in ("01:00:00:07", "05:00:00:00"):
        assert timeline.SetCurrentTimecode(right) is True
        assert timeline.GetCurrentTimecode() == right


@pytest.mark.parametrize("resolve_profile", [Profile(seek_sticks=True)])
@pytest.mark.parametrize("cause", ["timeline", "deliver", "render"])
def test_e15_the_first_seek_after_some_things_moves_nothing(session: Session, cause: str) -> None:
    session.place(session.import_clip(session.movie(frames=1)), timeline=session.timeline())
    if cause == "deliver":
        session.resolve.OpenPage("deliver")
        session.resolve.OpenPage("edit")
    elif cause == "render":
        project = session.resolve.GetProjectManager().GetCurrentProject()
        project.SetRenderSettings({"TargetDir": str(session.media), "CustomName": "a"})
        assert project.StartRendering(project.AddRenderJob()) is True
        session.sleep(2.0)
        assert project.IsRenderingInProgress() is False
    else:
        current(session).DuplicateTimeline("copy")
    timeline = current(session)
    assert timeline.SetCurrentTimecode("01:00:01:00") is True
    assert timeline.GetCurrentTimecode() == "01:00:00:00"
    assert timeline.SetCurrentTimecode("01:00:01:00") is True
    assert timeline.GetCurrentTimecode() == "01:00:01:00"


@pytest.mark.parametrize("resolve_profile", [Profile(seek_lag=2)])
def test_e15_the_timecode_may_lag_behind(session: Session) -> None:
    session.timeline()
    timeline = current(session)
    timeline.SetCurrentTimecode("01:00:01:00")
    read = [timeline.GetCurrentTimecode() for _ in range(3)]
    assert read == ["01:00:00:00", "01:00:00:00", "01:00:01:00"]


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_e16_no_item_until_a_script_has_set_the_playhead(session: Session) -> None:
    session.place(session.import_clip(session.movie(frames=2)), timeline=session.timeline())
    timeline = current(session)
    assert timeline.GetCurrentVideoItem() is None
    assert timeline.SetCurrentTimecode(timeline.GetCurrentTimecode()) is True
    assert timeline.GetCurrentVideoItem().GetName() == "plate.mkv"


def test_e16_the_topmost_enabled_item_of_an_enabled_track(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=9))
    session.timeline(tracks=3)
    items = [session.place(clip, frames=8 - track, track=track) for track in (1, 2, 3)]
    timeline = current(session)

    def found() -> str:
        return str(timeline.GetCurrentVideoItem().GetUniqueId())

    assert found() == items[2].uid
    items[2].enabled = False
    assert found() == items[1].uid
    assert timeline.SetTrackEnable("video", 2, False) is True
    assert found() == items[0].uid
    session.park(7)
    assert timeline.GetCurrentVideoItem() is None


@pytest.mark.parametrize(
    ("rate", "start", "frame"),
    [
        ("24", "01:00:00:00", 86400),
        ("23.976", "01:00:00:00", 86400),
        ("25", "01:00:00:00", 90000),
        ("29.97", "01:00:00:00", 108000),
        ("29.97 DF", "01:00:00;00", 107892),
        ("59.94 DF", "00:01:00;04", 3600),
        ("24", "00:00:00:00", 0),
        ("25", "10:00:00:00", 900000),
    ],
)
def test_e17_e18_frames_count_from_the_start_timecode_at_the_nominal_rate(
    session: Session, rate: str, start: str, frame: int
) -> None:
    session.timeline(rate=rate, start=start)
    timeline = current(session)
    assert (timeline.GetStartFrame(), timeline.GetStartTimecode()) == (frame, start)
    assert timeline.GetCurrentTimecode() == start
    mark = ";" if "DF" in rate else ":"
    label = f"11:10:00{mark}05"
    assert timeline.SetCurrentTimecode(label) is True and timeline.GetCurrentTimecode() == label
    assert timeline.SetCurrentTimecode(label.replace(mark, ":;"[mark == ":"], 3)) is False


@pytest.mark.parametrize("mark", [";", ",", "."])
def test_e17_other_marks_are_not_for_timelines_that_count_every_frame(
    session: Session, mark: str
) -> None:
    session.timeline(rate="29.97")
    assert current(session).SetCurrentTimecode(f"02:00:00{mark}05") is False


def test_e17_labels_that_drop_frame_leaves_out_are_no_timecode(session: Session) -> None:
    session.timeline(rate="29.97 DF")
    timeline = current(session)
    assert timeline.SetCurrentTimecode("01:01:00;01") is False
    assert timeline.SetCurrentTimecode("01:01:00;02") is True
    assert timeline.GetCurrentTimecode() == "01:01:00;02"


def test_e28_marks_have_only_the_keys_that_are_set(session: Session) -> None:
    session.timeline()
    timeline = current(session)
    assert timeline.GetMarkInOut() == {}
    assert timeline.SetMarkInOut(2, 9, "video") is True
    assert timeline.GetMarkInOut() == {"video": {"in": 2, "out": 9}}
    assert timeline.SetMarkInOut(3, 1, "all") is False
    assert timeline.SetMarkInOut(1, 4) is True
    assert timeline.ClearMarkInOut("video") is True
    assert timeline.GetMarkInOut() == {"audio": {"in": 1, "out": 4}}


@pytest.mark.parametrize("resolve_profile", [Profile(), Profile(deliver_moves_marks=False)])
def test_e28_deliver_changes_the_marks(session: Session, resolve_profile: Profile) -> None:
    session.timeline().marks = {"video": {"in": 2, "out": 9}}
    session.resolve.OpenPage("deliver")
    session.resolve.OpenPage("edit")
    assert (current(session).GetMarkInOut() == {}) == resolve_profile.deliver_moves_marks
