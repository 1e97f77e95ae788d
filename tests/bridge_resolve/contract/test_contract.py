"""What the bridge takes for granted of Resolve's API.

`pytest tests/bridge_resolve/contract --live` asks a running Resolve Studio the same: open a project
that may be played with, with a timeline and a clip on its first video track. Every test leaves the
project as it found it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bridge_resolve.contract.conftest import Contract


@pytest.fixture
def name() -> str:
    """Of something that a test makes."""
    return f"_sparkvsr_contract_{uuid.uuid4().hex[:8]}"


def test_what_does_not_exist_is_none(contract: Contract) -> None:
    assert contract.resolve.NoSuchMethodOfResolve is None
    assert "NoSuchMethodOfResolve" not in dir(contract.resolve)
    assert "GetProjectManager" in dir(contract.resolve)


def test_unique_ids_are_stable_and_objects_are_not(contract: Contract) -> None:
    assert contract.timeline.GetUniqueId() == contract.timeline.GetUniqueId()
    assert contract.item.GetUniqueId() == contract.item.GetUniqueId()


def test_an_items_end_is_the_frame_after_its_last_one(contract: Contract) -> None:
    item = contract.item
    assert item.GetEnd() - item.GetStart() == item.GetDuration()


def test_timelines_start_where_their_timecode_says(contract: Contract) -> None:
    from sparkvsr_resolve.core import Rate, parse_timecode

    timeline = contract.timeline
    timecode = timeline.GetStartTimecode()
    rate = Rate.parse(timeline.GetSetting("timelineFrameRate"), "1" if ";" in timecode else "0")
    assert parse_timecode(timecode, rate) == timeline.GetStartFrame()


def test_an_unknown_page_is_refused_and_a_known_one_read_back(contract: Contract) -> None:
    assert not contract.resolve.OpenPage("no such page")
    contract.resolve.OpenPage("color")
    assert contract.comes_true(lambda: contract.resolve.GetCurrentPage() == "color")
    contract.resolve.OpenPage("edit")
    assert contract.comes_true(lambda: contract.resolve.GetCurrentPage() == "edit")


def test_the_playhead_goes_where_it_is_sent(contract: Contract) -> None:
    timeline = contract.timeline
    before = timeline.GetCurrentTimecode()
    wanted = timeline.GetStartTimecode()

    def seek(timecode: str) -> bool:
        timeline.SetCurrentTimecode(timecode)
        return bool(timeline.GetCurrentTimecode() == timecode)

    assert contract.comes_true(lambda: seek(wanted))
    assert contract.comes_true(lambda: seek(before))


def marked(owner: Callable[[], Any], frame: int, data: str) -> None:
    assert owner().AddMarker(frame, "Sand", "contract", "a note", 1, data)
    try:
        assert not owner().AddMarker(frame, "Sand", "again", "", 1, ""), "one marker a frame"
        found = {round(float(at)): fields for at, fields in owner().GetMarkers().items()}
        assert found[frame]["customData"] == data
        assert owner().UpdateMarkerCustomData(frame, data + "!")
        assert owner().GetMarkerCustomData(frame) == data + "!"
    finally:
        assert owner().DeleteMarkerAtFrame(frame)
    assert frame not in {round(float(at)) for at in owner().GetMarkers()}


def test_markers_of_timelines_keep_data_that_nobody_sees(contract: Contract, name: str) -> None:
    marked(lambda: contract.timeline, 1, name)


def test_markers_of_clips_count_frames_of_the_source(contract: Contract, name: str) -> None:
    marked(lambda: contract.item, contract.item.GetLeftOffset() + 1, name)


def test_a_marker_without_a_name_or_of_another_colour_is_refused(contract: Contract) -> None:
    assert not contract.timeline.AddMarker(2, "Sand", "", "", 1, "")
    assert not contract.timeline.AddMarker(2, "Chocolate", "contract", "", 1, "")
    assert 2 not in {round(float(at)) for at in contract.timeline.GetMarkers()}


def test_a_copy_of_a_timeline_has_the_same_places_and_other_ids(
    contract: Contract, name: str
) -> None:
    original = contract.timeline
    uid = original.GetUniqueId()
    copy = original.DuplicateTimeline(name)
    try:
        assert copy.GetUniqueId() != uid
        assert copy.GetSetting("timelineFrameRate") == original.GetSetting("timelineFrameRate")
        ours = copy.GetItemListInTrack("video", 1)
        assert len(ours) == len(original.GetItemListInTrack("video", 1))
        contract.project.SetCurrentTimeline(copy)
        pool = contract.project.GetMediaPool()
        assert not pool.DeleteTimelines([copy]), "the current one is not deleted"
    finally:
        contract.project.SetCurrentTimeline(original)
        assert contract.comes_true(lambda: contract.timeline.GetUniqueId() == uid)
        assert contract.project.GetMediaPool().DeleteTimelines([copy])


def test_render_presets_are_kept_once_under_a_name(contract: Contract, name: str) -> None:
    assert contract.project.SaveAsNewRenderPreset(name)
    try:
        assert not contract.project.SaveAsNewRenderPreset(name)
        assert contract.project.LoadRenderPreset(name)
        assert not contract.project.LoadRenderPreset(f"{name}_other")
    finally:
        assert contract.project.DeleteRenderPreset(name)
        contract.resolve.OpenPage("edit")


def test_render_settings_are_taken_whole_or_not_at_all(contract: Contract, name: str) -> None:
    project = contract.project
    assert project.SaveAsNewRenderPreset(name)
    try:
        assert not project.SetRenderSettings({"CustomName": "x", "NoSuchSetting": 1})
        assert not project.SetRenderSettings({"TargetDir": ""})
    finally:
        project.LoadRenderPreset(name)
        project.DeleteRenderPreset(name)
        contract.resolve.OpenPage("edit")


def test_exr_in_half_floats_can_be_rendered(contract: Contract) -> None:
    assert "exr" in contract.project.GetRenderFormats().values()
    assert "RGBHalf" in contract.project.GetRenderCodecs("exr").values()


def test_an_unknown_render_job_has_no_status(contract: Contract, name: str) -> None:
    assert not contract.project.GetRenderJobStatus(name)


def test_media_storage_has_a_root(contract: Contract) -> None:
    assert contract.resolve.GetMediaStorage().GetMountedVolumeList()


def test_a_file_that_is_not_there_is_not_imported(contract: Contract, name: str) -> None:
    root = contract.resolve.GetMediaStorage().GetMountedVolumeList()[0]
    assert not contract.project.GetMediaPool().ImportMedia([f"{root}/{name}.mov"])


def turn_page(contract: Contract) -> None:
    """Some versions count tracks anew only then."""
    for page in ("color", "edit"):
        contract.resolve.OpenPage(page)
        assert contract.comes_true(lambda: contract.resolve.GetCurrentPage() == page)  # noqa: B023


def test_a_track_is_inserted_named_and_deleted(contract: Contract, name: str) -> None:
    timeline = contract.timeline
    count = timeline.GetTrackCount("video")
    assert timeline.AddTrack("video", {"index": 2})
    turn_page(contract)
    assert contract.comes_true(lambda: timeline.GetTrackCount("video") == count + 1)
    assert timeline.SetTrackName("video", 2, name)
    assert timeline.GetTrackName("video", 2) == name
    assert not timeline.GetItemListInTrack("video", 2)
    assert timeline.DeleteTrack("video", 2)
    turn_page(contract)
    assert contract.comes_true(lambda: timeline.GetTrackCount("video") == count)


def test_an_item_without_takes_has_none(contract: Contract) -> None:
    assert not contract.item.GetTakesCount()
    assert not contract.item.GetSelectedTakeIndex()
