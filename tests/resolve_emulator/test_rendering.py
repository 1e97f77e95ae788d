"""E35 to E40: the queue at work, and what renders leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resolve_emulator import Profile, Rendered, Session, decode, decode_movie
from resolve_emulator.jobs import files, finish, project, setup
from resolve_emulator.model import Item
from sparkvsr.media import open_source, read_picture

# Rendering.


def test_e35_progress_follows_the_clock(session: Session, plain_shot: Item) -> None:
    job = setup(session, 86400, 86407)
    found = project(session)
    assert found.GetRenderJobStatus(job) == {"JobStatus": "Ready", "CompletionPercentage": 0}
    assert found.StartRendering([job], False) is True
    assert found.StartRendering([job], False) is False
    seen = [0]
    while found.IsRenderingInProgress():
        status = found.GetRenderJobStatus(job)
        assert status["JobStatus"] == "Rendering" and "EstimatedTimeRemainingInMs" in status
        seen.append(status["CompletionPercentage"])
        session.sleep(0.02)
    assert seen == sorted(seen) and len(set(seen)) > 5 and max(seen) < 100
    status = found.GetRenderJobStatus(job)
    assert (status["JobStatus"], status["CompletionPercentage"]) == ("Complete", 100)
    assert status["TimeTakenToRenderInMs"] == 320


def test_e35_the_playhead_moves_with_the_render_and_once_more_after_it(
    session: Session, plain_shot: Item
) -> None:
    session.park(1)
    job = setup(session)
    project(session).StartRendering(job)
    finish(session)
    timeline = project(session).GetCurrentTimeline()
    assert timeline.GetCurrentTimecode() == "01:00:00:04"
    timeline.SetCurrentTimecode("01:00:00:01")
    session.sleep(0.6)
    assert timeline.GetCurrentTimecode() == "01:00:00:02"


def test_e35_that_last_move_hits_whatever_timeline_is_open_then(
    session: Session, plain_shot: Item
) -> None:
    model = session.current
    original = project(session).GetCurrentTimeline()
    copy = original.DuplicateTimeline("_sparkvsr_x")
    project(session).StartRendering(setup(session))
    finish(session)
    project(session).SetCurrentTimeline(original)
    assert project(session).GetMediaPool().DeleteTimelines([copy]) is True
    assert model.playhead == 86400
    session.sleep(0.6)
    assert model.playhead == 86402


@pytest.mark.parametrize("language", ["en", "it", "es", "xx"])
def test_e36_states_have_the_words_of_the_language(language: Any, tmp_path: Path) -> None:
    with Session(Profile(language=language), tmp_path) as session:
        clip = session.import_clip(session.movie(frames=12))
        session.timeline()
        session.place(clip)
        job = setup(session)
        project(session).StartRendering(job)
        finish(session)
        word = project(session).GetRenderJobStatus(job)["JobStatus"]
    assert word == {"en": "Complete", "it": "Concluso", "es": "Finalizado", "xx": "Vantu"}[language]


def test_e36_a_job_that_fails_says_why(session: Session, plain_shot: Item) -> None:
    job = setup(session)
    session.fail_render(1, "The disk is full")
    project(session).StartRendering(job)
    finish(session)
    status = project(session).GetRenderJobStatus(job)
    assert (status["JobStatus"], status["Error"]) == ("Failed", "The disk is full")
    assert status["CompletionPercentage"] < 100 and "k_00086403.exr" not in files(session)


def test_e36_a_folder_that_is_gone_fails_the_job(session: Session, plain_shot: Item) -> None:
    job = setup(session)
    (session.media / "out").rmdir()
    project(session).StartRendering(job)
    finish(session)
    assert "does not exist" in project(session).GetRenderJobStatus(job)["Error"]


def test_e36_e37_stopping_leaves_a_part_and_a_cut_off_file(
    session: Session, plain_shot: Item
) -> None:
    jobs = [setup(session, 86400, 86407), setup(session, 86400, 86400, CustomName="l_")]
    found = project(session)
    found.StartRendering(jobs, False)
    session.sleep(0.1)
    assert found.StopRendering() is None
    assert found.IsRenderingInProgress() is False
    states = [found.GetRenderJobStatus(job)["JobStatus"] for job in jobs]
    assert states == ["Cancelled", "Ready"]
    written = files(session)
    assert 0 < len(written) < 8 and all(name.startswith("k_") for name in written)
    assert decode(session.media / "out" / written[0]).source_frame == 2
    with pytest.raises(Exception, match=written[-1]):
        decode(session.media / "out" / written[-1])


def test_e37_files_come_one_after_the_other(session: Session, plain_shot: Item) -> None:
    job = setup(session)
    project(session).StartRendering(job)
    assert files(session) == []
    counts = set()
    while project(session).IsRenderingInProgress():
        counts.add(len(files(session)))
        session.sleep(0.01)
    assert counts >= {1, 2} and len(files(session)) == 3


def test_e37_jobs_are_worked_through_in_the_order_given(session: Session, plain_shot: Item) -> None:
    jobs = [setup(session, n, n, CustomName=f"{n}_") for n in (86403, 86401)]
    project(session).StartRendering(jobs[::-1], False)
    finish(session)
    out = session.media / "out"
    assert files(session) == ["86401_00086401.exr", "86403_00086403.exr"]
    frames = [decode(out / name).source_frame for name in files(session)]
    assert frames == [3, 5]
    assert project(session).StartRendering(["nothing"], False) is False


def test_e38_presets_hold_everything(session: Session, plain_shot: Item) -> None:
    found = project(session)
    before = session.state()["render"]
    assert found.SaveAsNewRenderPreset("_sparkvsr_1") is True
    assert found.SaveAsNewRenderPreset("_sparkvsr_1") is False
    setup(session, FormatWidth=32, FormatHeight=24)
    found.SetCurrentRenderMode(0)
    assert session.state()["render"] != before
    assert found.LoadRenderPreset("nothing") is False
    for _ in range(2):  # what is set afterwards does not reach the preset
        assert found.LoadRenderPreset("_sparkvsr_1") is True
        assert session.state()["render"] == before
        assert "FormatWidth" not in session.state()["render"]["settings"]
        assert found.SetRenderSettings({"FormatWidth": 48}) is True
    assert found.LoadRenderPreset("_sparkvsr_1") is True
    assert "_sparkvsr_1" in found.GetRenderPresetList()
    assert found.DeleteRenderPreset("_sparkvsr_1") is True
    assert found.DeleteRenderPreset("_sparkvsr_1") is False


@pytest.mark.parametrize("resolve_profile", [Profile(render_latency=0.0)])
def test_e39_while_it_renders_much_is_none_and_nothing_is_written(
    session: Session, plain_shot: Item
) -> None:
    timeline = project(session).GetCurrentTimeline()
    (item,) = timeline.GetItemListInTrack("video", 1)
    job = setup(session)
    project(session).StartRendering(job)
    assert session.resolve.GetCurrentPage() is None
    assert item.GetProperty("ZoomX") is None and item.GetStart() is None
    assert session.resolve.OpenPage("edit") is False
    assert item.SetProperty("ZoomX", 2.0) is False
    assert timeline.GetName() == "Edit"
    finish(session)
    assert session.resolve.GetCurrentPage() == "deliver" and item.GetProperty("ZoomX") == 1.0


@pytest.mark.parametrize("resolve_profile", [Profile(render_stall=(1, 40.0))])
def test_e39_a_render_may_stand_still_for_a_while(session: Session, plain_shot: Item) -> None:
    job = setup(session)
    project(session).StartRendering(job)
    session.sleep(30.0)
    assert project(session).IsRenderingInProgress() is True and len(files(session)) == 1
    finish(session)
    assert len(files(session)) == 3


@pytest.mark.parametrize("resolve_profile", [Profile(livelock=True)])
def test_e39_a_livelock_gets_nowhere_and_cannot_be_stopped(
    session: Session, plain_shot: Item
) -> None:
    job = setup(session)
    project(session).StartRendering(job)
    left = []
    for _ in range(3):
        session.sleep(20.0)
        status = project(session).GetRenderJobStatus(job)
        assert status["CompletionPercentage"] == 0
        left.append(status["EstimatedTimeRemainingInMs"])
    assert left == sorted(set(left)) and files(session) == []
    project(session).StopRendering()
    assert project(session).IsRenderingInProgress() is True


def test_e39_a_job_is_deleted_once(session: Session, plain_shot: Item) -> None:
    job = setup(session)
    assert project(session).DeleteRenderJob(job) is True
    assert project(session).DeleteRenderJob(job) is False
    assert project(session).GetRenderJobStatus(job) == {}
    assert project(session).StartRendering(job) is False


# What is in the files.


def test_e40_the_bare_base_and_the_graded_frames_can_be_told(
    session: Session, plain_shot: Item
) -> None:
    session.grade(plain_shot, 7)
    session.group([plain_shot], pre=11)
    session.grade_timeline(13)
    original = project(session).GetCurrentTimeline()
    copy = original.DuplicateTimeline("_sparkvsr_x")
    (item,) = copy.GetItemListInTrack("video", 1)
    copy.GetNodeGraph().ResetAllGrades()
    job = setup(session, CustomName="keys_")
    project(session).StartRendering(job)
    finish(session)
    item.GetNodeGraph().ResetAllGrades()
    item.RemoveFromColorGroup()
    job = setup(session, CustomName="base_")
    project(session).StartRendering(job)
    finish(session)
    said = {name: decode(session.media / "out" / name) for name in files(session)}
    number = session.project.timelines[1].serial
    for name, one in said.items():
        grades = (one.clip_grade, one.group_grade, one.timeline_grade)
        assert grades == ((7, 11, 0) if name.startswith("keys") else (0, 0, 0))
        assert (one.item, one.timeline) == (plain_shot.serial, number)
        assert one.source_frame == int(name[-6:-4]) + 2
    assert plain_shot.grade.layers[0].seen == 7 and plain_shot.group is not None


@pytest.mark.parametrize(
    ("codec", "dtype"),
    [
        (("exr", "RGBHalf"), "float16"),
        (("exr", "RGBHalfZIP"), "float16"),
        (("exr", "RGBFloat"), "float32"),
        (("tif", "RGB16"), "uint16"),
        (("tif", "RGB8"), "uint8"),
        (("dpx", "RGB10"), "uint16"),
    ],
)
def test_pictures_have_the_depth_of_their_codec(
    session: Session, plain_shot: Item, codec: tuple[str, str], dtype: str
) -> None:
    session.grade(plain_shot, 7, gain=(3.0, 1.0, 1.0))
    job = setup(session, codec=codec)
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / files(session)[0]
    found = read_picture(str(path))
    assert found.dtype == np.dtype(dtype) and decode(path).clip_grade == 7
    assert (found.max() > 1.5) if codec[0] == "exr" else (found.max() == np.iinfo(dtype).max)


SIZES: list[tuple[str, int, int]] = [
    ("ProRes422HQ", 64, 48),
    ("ProRes4444", 64, 48),
    ("DNxHR444_12", 256, 144),
    ("DNxHRHQX_10", 256, 144),
    ("H264", 64, 48),
]


@pytest.mark.parametrize(("codec", "width", "height"), SIZES)
def test_movies_hold_every_frame(session: Session, codec: str, width: int, height: int) -> None:
    clip = session.import_clip(session.movie(frames=12, rate="23.976", size=(width, height)))
    size = {"timelineResolutionWidth": str(width), "timelineResolutionHeight": str(height)}
    model = session.timeline("Edit", "23.976", **size)  # type: ignore[arg-type]
    item = session.place(clip, first=2, frames=8)
    session.grade(item, 7)
    job = setup(session, codec=("mov", codec))
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / "k_.mov"
    said = list(decode_movie(path))
    assert [one.source_frame for one in said] == [4, 5, 6]
    assert {(one.clip_grade, one.item) for one in said} == {(7, item.serial)}
    with open_source(str(path)) as source:
        assert source.info.rate == model.rate
        assert str(source.info.timecode) == "01:00:00:02"


def test_a_result_that_is_placed_shows_its_own_pixels(session: Session, plain_shot: Item) -> None:
    job = setup(session, 86400, 86407, codec=("mov", "ProRes4444"))
    project(session).StartRendering(job)
    finish(session)
    pool = project(session).GetMediaPool()
    (clip,) = pool.ImportMedia([str(session.media / "out" / "k_.mov")])
    project(session).GetCurrentTimeline().AddTrack("video", {"index": 2})
    info = {"startFrame": 0, "endFrame": 8, "mediaType": 1, "trackIndex": 2, "recordFrame": 86400}
    (made,) = pool.AppendToTimeline([{"mediaPoolItem": clip, **info}])
    assert made.GetDuration() == 8
    job = setup(session, CustomName="again_")
    project(session).StartRendering(job)
    finish(session)
    names = [name for name in files(session) if name.startswith("again_")]
    with open_source(str(session.media / "out" / "k_.mov")) as source:
        frames = list(source.frames())
    for name in names:
        number = int(name[-6:-4])
        said = decode(session.media / "out" / name)
        assert (said.source_frame, said.item != plain_shot.serial) == (number, True)
        found = read_picture(str(session.media / "out" / name))[12:].astype(np.float32)
        np.testing.assert_allclose(found, frames[number][12:].astype(np.float32), atol=1e-3)


@pytest.mark.parametrize("resolve_profile", [Profile(stamp=False)])
def test_the_block_can_be_left_out_and_then_the_sources_own_is_seen(
    session: Session, plain_shot: Item
) -> None:
    session.grade(plain_shot, 7, gain=(0.8, 0.8, 0.8))
    job = setup(session)
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / files(session)[0]
    assert decode(path) == Rendered(source_frame=4, item=0)
    white = read_picture(str(path))[:12].max()
    assert white == pytest.approx(0.81, abs=1e-3)


def test_a_render_of_another_size_is_scaled(session: Session, plain_shot: Item) -> None:
    job = setup(session, FormatWidth=128, FormatHeight=96)
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / files(session)[0]
    assert read_picture(str(path)).shape == (96, 128, 3) and decode(path).source_frame == 4


def test_offline_media_are_red(session: Session, plain_shot: Item) -> None:
    assert plain_shot.clip is not None
    plain_shot.clip.offline = True
    job = setup(session)
    project(session).StartRendering(job)
    finish(session)
    found = read_picture(str(session.media / "out" / files(session)[0]))[12:]
    np.testing.assert_array_equal(found, np.broadcast_to([1, 0, 0], found.shape))
