"""E9 to E12: versions, editions, and a Resolve that is still starting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.environment import script_globals
from resolve_emulator.profile import Version

ITEM = {
    "GetSourceStartFrame": (19, 0, 2),
    "GetNodeGraph": (19, 0, 0),
    "GetTrackTypeAndIndex": (18, 6, 0),
    "SetName": (20, 2, 0),
    "GetSpeed": (21, 1, 0),
    "GetType": (21, 1, 0),
}
TIMELINE = {"GetSelectedClips": (21, 0, 4), "GetMarkInOut": (20, 0, 0)}
VERSIONS: list[Version] = [
    (18, 1, 0),
    (18, 6, 6),
    (19, 0, 0),
    (19, 0, 2),
    (20, 0, 0),
    (20, 2, 0),
    (21, 0, 4),
    (21, 1, 0),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_e9_a_method_is_there_from_its_version_on(version: Version, tmp_path: Path) -> None:
    with Session(Profile(version=version), tmp_path) as session:
        clip = session.import_clip(session.movie(frames=2))
        model = session.timeline()
        session.place(clip)
        timeline = session.resolve.GetProjectManager().GetCurrentProject().GetCurrentTimeline()
        (item,) = timeline.GetItemListInTrack("video", 1)
        pool_item = item.GetMediaPoolItem()
        for holder, table in ((item, ITEM), (timeline, TIMELINE)):
            for name, since in table.items():
                there = version >= since
                assert (name in dir(holder), callable(getattr(holder, name))) == (there, there)
        replaceable = "ReplaceClipPreserveSubClip" in dir(pool_item)
        assert replaceable == (version >= (20,))
        assert session.resolve.GetVersion()[:3] == list(version)
        assert timeline.GetUniqueId() == model.uid


@pytest.mark.parametrize(
    ("version", "rate", "read"),
    [
        ((21, 0, 4), "23.976", "23.976"),
        ((21, 0, 4), "29.97 DF", "29.97 DF"),
        ((19, 1, 3), "24", "24"),
        ((21, 1, 0), "23.976", 23.976),
        ((21, 1, 0), "29.97 DF", 29.97),
        ((21, 1, 0), "24", 24),
    ],
)
def test_e10_a_rate_is_text_or_a_number(
    version: Version, rate: str, read: Any, tmp_path: Path
) -> None:
    with Session(Profile(version=version), tmp_path) as session:
        session.timeline(rate=rate)
        timeline = session.resolve.GetProjectManager().GetCurrentProject().GetCurrentTimeline()
        found = timeline.GetSetting("timelineFrameRate")
        assert found == read and type(found) is type(read)


def test_e11_without_a_licence_nothing_reaches_it_from_outside(tmp_path: Path) -> None:
    with Session(Profile(studio=False, external=True), tmp_path) as session:
        assert session.scriptapp("Resolve") is None
    with Session(Profile(external=True), tmp_path) as session:
        assert session.scriptapp("Resolve").GetProductName() == "DaVinci Resolve Studio"


def test_e11_without_a_licence_a_window_opens_a_dialog_instead(tmp_path: Path) -> None:
    with Session(Profile(version=(19, 1, 0), studio=False), tmp_path) as session:
        found = script_globals(session)
        ui = found["fusion"].UIManager
        dispatcher = found["bmd"].UIDispatcher(ui)
        assert dispatcher.AddWindow({"ID": "w"}, ui.VGroup([])) is None
        assert session.resolve.GetProductName() == "DaVinci Resolve"
        assert session.resolve.GetCurrentPage() is None


def test_e11_without_a_licence_there_is_no_python_from_21_1_on(tmp_path: Path) -> None:
    with Session(Profile(version=(21, 1, 0), studio=False), tmp_path) as session:
        assert session.scriptapp("Resolve") is None
        with pytest.raises(RuntimeError, match="no Python"):
            script_globals(session)


@pytest.mark.parametrize("resolve_profile", [Profile(start_tries=2)])
def test_e12_it_is_not_there_while_it_starts(session: Session) -> None:
    found = [session.scriptapp("Resolve") is not None for _ in range(4)]
    assert found == [False, False, True, True]
    assert session.scriptapp("Fusion") is None
