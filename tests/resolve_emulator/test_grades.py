"""E40 to E43: versions, node graphs, groups; what they do is read from rendered files."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import Profile, Rendered, Session, decode
from resolve_emulator.model import Item


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def first(session: Session, track: int = 1) -> Any:
    return project(session).GetCurrentTimeline().GetItemListInTrack("video", track)[0]


def seen(session: Session, name: str = "look") -> Rendered:
    """What the composite says at the playhead."""
    path = session.media / f"{name}.tif"
    assert project(session).ExportCurrentFrameAsStill(str(path)) is True
    return decode(path)


@pytest.fixture
def shot(session: Session) -> Item:
    clip = session.import_clip(session.movie(frames=12))
    session.timeline(tracks=2)
    item = session.place(clip, first=2, frames=6)
    session.grade(item, 7)
    return item


def test_e41_versions(session: Session, shot: Item) -> None:
    item = first(session)
    assert item.GetCurrentVersion() == {"versionName": "Version 1", "versionType": 0}
    assert item.AddVersion("Version 1", 0) is False
    assert item.AddVersion("clean", 0) is True
    assert item.GetCurrentVersion()["versionName"] == "clean"
    assert seen(session).clip_grade == 7  # a copy of the grade
    assert item.GetNodeGraph().ResetAllGrades() is True
    assert seen(session).clip_grade == 0
    assert item.GetVersionNameList(0) == ["Version 1", "clean"]
    assert item.GetVersionNameList(1) == []
    assert item.DeleteVersionByName("clean", 0) is False
    assert item.LoadVersionByName("nothing", 0) is False
    assert item.LoadVersionByName("Version 1", 0) is True
    assert seen(session).clip_grade == 7
    assert item.RenameVersionByName("clean", "Version 1", 0) is False
    assert item.RenameVersionByName("clean", "bare", 0) is True
    assert item.DeleteVersionByName("bare", 0) is True
    assert item.GetVersionNameList(0) == ["Version 1"]


def test_e42_resetting_clears_one_layer_of_the_clip_and_nothing_else(
    session: Session, shot: Item
) -> None:
    session.grade(shot, 8, layer=2)
    session.group([shot], pre=11, post=12)
    session.grade_timeline(13)
    full = seen(session)
    assert (full.clip_grade, full.layer_grade) == (7, 8)
    assert (full.group_pre, full.group_post, full.timeline_grade) == (11, 12, 13)
    assert full.group_grade == 11
    item = first(session)
    assert item.GetNodeGraph(1).ResetAllGrades() is True
    assert item.GetNodeGraph(1).GetNumNodes() == 1
    said = seen(session)
    assert (said.clip_grade, said.layer_grade, said.group_pre) == (0, 8, 11)
    assert item.GetNodeGraph(3) is None
    assert item.GetNodeGraph(2).ResetAllGrades() is True
    assert item.RemoveFromColorGroup() is True and item.RemoveFromColorGroup() is False
    before = session.state()
    assert project(session).GetCurrentTimeline().GetNodeGraph().ResetAllGrades() is True
    assert session.state() != before
    bare = seen(session)
    assert (bare.clip_grade, bare.layer_grade, bare.group_grade, bare.timeline_grade) == (0,) * 4


def test_e42_nodes_can_be_switched_and_nothing_tells_how_they_are(
    session: Session, shot: Item
) -> None:
    before = session.state()
    graph = first(session).GetNodeGraph()
    assert graph.SetNodeEnabled(2, False) is False
    assert graph.SetNodeEnabled(1, False) is True
    assert session.state() != before
    assert seen(session).clip_grade == 0
    assert [name for name in dir(graph) if "Enabled" in name] == ["SetNodeEnabled"]
    assert graph.SetNodeEnabled(1, True) is True and seen(session).clip_grade == 7
    assert graph.SetLUT(1, "look.cube") is True and graph.GetLUT(1) == "look.cube"
    assert graph.SetLUT(1, "look.txt") is False and graph.GetLUT(4) is None


def test_e42_groups_are_told_apart_from_clips(session: Session, shot: Item) -> None:
    group = project(session).AddColorGroup("Night")
    assert project(session).AddColorGroup("Night") is None
    item = first(session)
    assert item.GetColorGroup() is None
    assert item.AssignToColorGroup(group) is True
    assert item.GetColorGroup().GetName() == "Night"
    (found,) = group.GetClipsInTimeline(project(session).GetCurrentTimeline())
    assert found.GetUniqueId() == shot.uid
    assert group.GetPreClipNodeGraph().ResetAllGrades() is True and seen(session).clip_grade == 7
    assert project(session).DeleteColorGroup(group) is True
    assert item.GetColorGroup() is None and group.GetName() is None
    assert item.AssignToColorGroup(group) is False


def test_e43_grades_are_copied_to_other_items(session: Session, shot: Item) -> None:
    assert shot.clip is not None
    other = session.place(shot.clip, frames=6, track=2)
    assert seen(session).item == other.serial and seen(session).clip_grade == 0
    assert first(session).CopyGrades([first(session, 2)]) is True
    assert seen(session).clip_grade == 7
    assert first(session, 2).GetNodeGraph().ResetAllGrades() is True
    assert shot.grade.layers[0].seen == 7
    assert first(session).CopyGrades([]) is False


@pytest.mark.parametrize("resolve_profile", [Profile(graph_settle=1.0)])
def test_e43_there_is_no_graph_right_after_opening_color(session: Session, shot: Item) -> None:
    item = first(session)
    assert item.GetNodeGraph() is not None
    session.resolve.OpenPage("color")
    assert item.GetNodeGraph() is None
    session.sleep(1.0)
    assert item.GetNodeGraph().GetNumNodes() == 1


def test_before_19_nodes_are_reached_from_the_item(shot: Item, session: Session) -> None:
    item = first(session)
    assert (item.GetNumNodes(), item.GetNodeLabel(1), item.GetNodeLabel(2)) == (1, "", None)
    assert item.SetLUT(1, "look.cube") is True and item.GetLUT(1) == "look.cube"
    assert item.SetLUT(2, "look.cube") is False and item.SetLUT(1, "look.txt") is False


def test_a_cdl_takes_texts_and_turns_red_by_lists(session: Session, shot: Item) -> None:
    cdl = {"NodeIndex": "1", "Slope": "1 2 1", "Offset": "0 0 0", "Power": "1 1 1"}
    item = first(session)
    assert item.SetCDL(cdl) is False
    assert item.SetCDL({**cdl, "Saturation": "1"}) is True
    assert shot.grade.layers[0].nodes[0].gain == (1.0, 2.0, 1.0)
    assert item.SetCDL({**cdl, "Saturation": "1", "NodeIndex": "2"}) is False
    lists = {"Slope": [1, 1, 1], "Offset": [0, 0, 0], "Saturation": 1}
    assert item.SetCDL({**cdl, **lists}) is True
    assert shot.grade.layers[0].nodes[0].gain == (1.0, 0.0, 0.0)
