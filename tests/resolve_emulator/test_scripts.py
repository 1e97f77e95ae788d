"""E53 and E54: what a script finds around itself, and calls that go wrong on demand."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.environment import run_script, script_module, stdlib_only


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(text)
    return path


def test_e53_a_menu_script_has_globals_and_no_file(session: Session, tmp_path: Path) -> None:
    text = (
        "import json\n"
        "known = sorted(set(globals()) & {'resolve', 'fusion', 'fu', 'bmd', 'app', 'project'})\n"
        "page = resolve.GetCurrentPage()\n"
        "same = bmd.scriptapp('Resolve').GetVersion()[0]\n"
        "try:\n    __file__\nexcept NameError:\n    lost = True\n"
    )
    found = run_script(session, script(tmp_path, text))
    assert found["known"] == ["app", "bmd", "fu", "fusion", "resolve"]
    assert (found["page"], found["same"], found["lost"]) == ("edit", 20, True)


def test_e53_only_deliver_scripts_have_a_project(session: Session, tmp_path: Path) -> None:
    path = script(tmp_path, "name = project.GetName()\n")
    assert run_script(session, path, "Deliver")["name"] == "Film"
    with pytest.raises(NameError):
        run_script(session, path)


def test_e53_only_the_standard_library_is_there(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_script(session, script(tmp_path, "import os, json, threading\n"))
    (tmp_path / "foreign_module.py").write_text("import numpy\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with stdlib_only(session):
        __import__("foreign_module")  # what others import is their affair
    assert not session.violations
    run_script(session, script(tmp_path, "import numpy.linalg\nfrom av import open\n"))
    assert ["numpy.linalg" in session.violations[0], "imports av" in session.violations[1]] == [
        True,
        True,
    ]
    session.violations.clear()


def test_e53_outside_a_module_gives_the_application(session: Session) -> None:
    with script_module(session) as module:
        assert sys.modules["DaVinciResolveScript"] is module
        assert module.scriptapp("Resolve").GetCurrentPage() == "edit"
    assert "DaVinciResolveScript" not in sys.modules


@pytest.mark.parametrize("resolve_profile", [Profile(real_pause=0.25)])
def test_real_time_passes_only_where_the_profile_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    session.sleep(60.0)
    assert pauses == [0.25] and session.now() == 60.0


@pytest.mark.parametrize("how", [None, False, "", []])
def test_e54_the_nth_call_gives_something_else(session: Session, how: Any) -> None:
    session.timeline()
    session.fail("Timeline.AddTrack", 2, how)
    timeline = project(session).GetCurrentTimeline()
    answers = [timeline.AddTrack("video") for _ in range(3)]
    assert answers == [True, how, True] and timeline.GetTrackCount("video") == 3


def test_e54_the_nth_call_raises(session: Session) -> None:
    session.fail("Resolve.GetCurrentPage", 1, OSError("the pipe is broken"))
    with pytest.raises(OSError, match="pipe"):
        session.resolve.GetCurrentPage()
    assert session.resolve.GetCurrentPage() == "edit"


def test_e54_the_nth_call_hangs_until_it_is_let_go(session: Session) -> None:
    session.fail("Resolve.GetCurrentPage", 1, "hang")
    letting_go = threading.Timer(0.01, session.release)
    letting_go.start()
    assert session.resolve.GetCurrentPage() == "edit"
    letting_go.join()


def test_e54_something_happens_just_before_the_nth_call(session: Session) -> None:
    session.timeline()
    session.fail("Timeline.AddTrack", 2, lambda: session.modal(True))
    timeline = project(session).GetCurrentTimeline()
    assert [timeline.AddTrack("video") for _ in range(2)] == [True, False]
    assert session.resolve.GetCurrentPage() is None


def test_e54_only_methods_that_there_are_can_fail(session: Session) -> None:
    with pytest.raises(AssertionError, match="no method"):
        session.fail("Timeline.Explode", 1, None)


@pytest.mark.parametrize("resolve_profile", [Profile(), Profile(version=(21, 1, 1))])
def test_nothing_changes_by_reading(session: Session) -> None:
    clip = session.import_clip(session.movie(frames=6))
    session.place(clip, timeline=session.timeline())
    before = session.state()
    found = project(session)
    timeline = found.GetCurrentTimeline()
    (item,) = timeline.GetItemListInTrack("video", 1)
    for holder in (found, timeline, item, item.GetMediaPoolItem(), found.GetMediaPool()):
        for name in dir(holder):
            if name.startswith("Get") and name != "GetCurrentRenderMode":
                getattr(holder, name)()
    assert session.state() == before and len(session.log) > 60
