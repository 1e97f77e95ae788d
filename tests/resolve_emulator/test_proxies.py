"""E1 to E8: handles, what is stale, what blocks, and that every call is written down."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.gate import StillHanging


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


@pytest.fixture
def shot(session: Session) -> Any:
    """The proxy of an item on a timeline."""
    clip = session.import_clip(session.movie(frames=4))
    session.timeline()
    session.place(clip)
    return project(session).GetCurrentTimeline().GetCurrentVideoItem()


def test_e1_an_unknown_name_is_none_and_cannot_be_called(session: Session) -> None:
    resolve = session.resolve
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        resolve.NoSuchMethod()
    assert hasattr(resolve, "NoSuchMethod") and resolve.NoSuchMethod is None
    assert "NoSuchMethod" not in dir(resolve) and "GetVersion" in dir(resolve)


def test_e2_every_call_gives_a_new_handle_of_the_same_id(session: Session, shot: Any) -> None:
    again = project(session).GetCurrentTimeline().GetCurrentVideoItem()
    assert again is not shot and again.GetUniqueId() == shot.GetUniqueId() != ""
    with pytest.raises(TypeError, match="unhashable"):
        {shot}  # noqa: B018
    assert not session.violations
    assert again != shot
    assert "compared" in session.violations.pop()


@pytest.mark.parametrize("resolve_profile", [Profile(anonymous_appended=True)])
def test_e2_what_was_just_appended_may_have_no_id_until_it_is_found(session: Session) -> None:
    session.import_clip(session.movie(frames=4))
    session.timeline()
    pool = project(session).GetMediaPool()
    (made,) = pool.AppendToTimeline([pool.GetRootFolder().GetClipList()[0]])
    (found,) = project(session).GetCurrentTimeline().GetItemListInTrack("video", 1)
    assert (made.GetUniqueId(), made.GetName()) == ("", "") and made.GetStart() == found.GetStart()
    assert found.GetUniqueId() and found.GetName() == "plate.mkv"


def test_e3_a_handle_of_what_is_gone_answers_none_and_false(session: Session, shot: Any) -> None:
    timeline = project(session).GetCurrentTimeline()
    assert timeline.DeleteClips([shot], False) is True
    assert (shot.GetName(), shot.SetClipEnabled(True)) == (None, False)
    old, clip = project(session), project(session).GetMediaPool().GetRootFolder().GetClipList()[0]
    session.open_project("Other")
    assert (old.GetName(), timeline.GetName(), clip.GetName()) == (None, None, None)
    assert timeline.SetTrackName("video", 1, "x") is False
    assert project(session).GetName() == "Other"


def test_e4_wrong_arguments_give_none_and_false(session: Session, shot: Any) -> None:
    assert session.resolve.OpenPage(3) is False
    assert session.resolve.OpenPage() is False
    assert session.resolve.OpenPage("edit", "color") is False
    assert shot.AddMarker("1", "Blue", "n", "", 1) is False
    assert shot.GetProperty(5) is None
    assert project(session).SetCurrentTimeline(None) is False
    assert project(session).SetCurrentTimeline(shot) is False


def test_e5_wedged_everything_is_none(session: Session, shot: Any) -> None:
    session.wedge()
    assert session.resolve.GetProjectManager() is None
    assert session.resolve.GetVersion() is None
    assert shot.GetName() is None and shot.SetClipEnabled(True) is None


def test_e5_behind_a_dialog_reads_work_and_nothing_is_written(session: Session, shot: Any) -> None:
    before = session.state()
    timeline = project(session).GetCurrentTimeline()
    session.modal(True)
    assert session.resolve.GetCurrentPage() is None
    assert shot.GetName() == "plate.mkv" and timeline.GetCurrentTimecode() == "01:00:00:00"
    assert session.resolve.OpenPage("color") is False
    assert timeline.SetCurrentTimecode("01:00:00:01") is False
    assert timeline.AddTrack("video") is False
    assert timeline.DuplicateTimeline("copy") is None
    assert project(session).AddRenderJob() == ""
    assert project(session).GetCurrentRenderMode() == 1
    assert session.state() == before
    session.modal(False)
    assert session.resolve.GetCurrentPage() == "edit"
    assert session.resolve.OpenPage("color") is True


def test_e6_while_it_plays_a_call_waits_for_the_end(session: Session) -> None:
    session.play(True)
    session.at(30.0, lambda: session.play(False))
    assert session.scriptapp().GetVersion()[:3] == [20, 3, 2]
    assert session.now() >= 30.0


def test_e6_another_thread_may_stop_the_playback(session: Session) -> None:
    session.play(True)
    stopper = threading.Timer(0.01, session.play, [False])
    stopper.start()
    assert session.resolve.GetCurrentPage() == "edit"
    stopper.join()


@pytest.mark.parametrize("resolve_profile", [Profile(patience=0.05)])
def test_e6_a_call_that_nobody_lets_go_fails_the_test(session: Session) -> None:
    session.play(True)
    with pytest.raises(StillHanging):
        session.resolve.GetVersion()


def test_e6_calls_take_time(session: Session) -> None:
    session.slow(3.0)
    before = session.now()
    session.resolve.GetVersion()
    assert session.now() == before + 3.0


def test_e7_a_second_thread_is_let_through_and_breaks_a_rule(session: Session) -> None:
    session.resolve.GetVersion()
    pages = list[str]()
    thread = threading.Thread(target=lambda: pages.append(session.resolve.GetCurrentPage()))
    thread.start()
    thread.join()
    assert pages == ["edit"] and len(session.threads()) == 2
    assert "second thread" in session.violations.pop()


def test_e8_the_log_has_name_arguments_page_and_thread(session: Session) -> None:
    session.resolve.OpenPage("color")
    session.resolve.GetCurrentPage()
    names = [(entry.name, entry.arguments, entry.page) for entry in session.log]
    assert names == [
        ("Resolve.OpenPage", ("color",), "edit"),
        ("Resolve.GetCurrentPage", (), "color"),
    ]
    assert {entry.thread for entry in session.log} == {threading.get_ident()}
    assert session.calls("Open") == ["Resolve.OpenPage"]


def test_e8_keyword_arguments_are_refused_and_break_a_rule(session: Session) -> None:
    assert session.resolve.OpenPage(pageName="color") is False
    assert session.resolve.GetCurrentPage() == "edit"
    assert "keyword arguments: ['pageName']" in session.violations.pop()


def test_a_broken_rule_fails_the_test_at_the_end_of_its_session(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="keyword"), Session(folder=tmp_path) as session:
        session.resolve.OpenPage(pageName="color")


def test_resolve_quits_and_every_handle_is_dead(session: Session, shot: Any) -> None:
    session.quit()
    assert shot.GetName() is None and session.scriptapp() is None
