"""E32 to E40: formats, settings, the queue, and what renders leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resolve_emulator import Profile, Rendered, Session, decode, decode_movie
from resolve_emulator.model import Item
from sparkvsr.media import open_source, read_picture


def project(session: Session) -> Any:
    return session.resolve.GetProjectManager().GetCurrentProject()


def setup(
    session: Session,
    first: int = 86402,
    last: int = 86404,
    codec: tuple[str, str] = ("exr", "RGBHalf"),
    **more: Any,
) -> str:
    """Queue a job with essentials; its id."""
    folder = session.media / "out"
    folder.mkdir(exist_ok=True)
    found = project(session)
    assert found.SetCurrentRenderFormatAndCodec(*codec) is True
    assert found.SetCurrentRenderMode(1) is True
    settings = {"SelectAllFrames": False, "MarkIn": first, "MarkOut": last, **more}
    assert found.SetRenderSettings({"TargetDir": str(folder), "CustomName": "k_", **settings})
    job = found.AddRenderJob()
    assert job
    return str(job)


def finish(session: Session, limit: float = 60.0) -> None:
    end = session.now() + limit
    while project(session).IsRenderingInProgress():
        session.sleep(0.02)
        assert session.now() < end, "the render does not end"


def files(session: Session) -> list[str]:
    return sorted(path.name for path in (session.media / "out").iterdir())


@pytest.fixture
def shot(session: Session) -> Item:
    clip = session.import_clip(session.movie(frames=12))
    session.timeline()
    return session.place(clip, first=2, frames=8)


# Formats and settings.


def test_e32_formats_and_codecs_have_names_and_ids(session: Session, shot: Item) -> None:
    found = project(session)
    assert found.GetRenderFormats()["EXR"] == "exr" and "PNG" not in found.GetRenderFormats()
    assert found.GetRenderCodecs("exr")["RGB half"] == "RGBHalf"
    assert found.GetRenderCodecs("QuickTime") == {}
    for wrong in (("exr", "RGB half"), ("EXR", "RGBHalf"), ("tif", "RGBHalf"), ("mov", "nothing")):
        assert found.SetCurrentRenderFormatAndCodec(*wrong) is False
    assert found.SetCurrentRenderFormatAndCodec("exr", "RGBHalf") is True
    assert found.GetCurrentRenderFormatAndCodec() == {"format": "exr", "codec": "RGBHalf"}


@pytest.mark.parametrize(
    ("profile", "prores", "png"),
    [
        (Profile(version=(19, 1, 3)), False, False),
        (Profile(version=(19, 1, 3), platform="darwin"), True, False),
        (Profile(version=(20, 2, 2), platform="win32"), True, False),
        (Profile(version=(21, 0, 0)), True, True),
        (Profile(hidden_codecs=frozenset({"ProRes4444"})), False, False),
    ],
)
def test_e32_what_is_offered_depends_on_version_and_system(
    profile: Profile, prores: bool, png: bool, tmp_path: Path
) -> None:
    with Session(profile, tmp_path) as session:
        found = project(session)
        assert ("ProRes4444" in found.GetRenderCodecs("mov").values()) == prores
        assert ("png" in found.GetRenderFormats().values()) == png


@pytest.mark.parametrize("resolve_profile", [Profile(refused_codecs=frozenset({"RGBHalf"}))])
def test_e32_a_listed_codec_may_be_refused(session: Session) -> None:
    assert "RGBHalf" in project(session).GetRenderCodecs("exr").values()
    assert project(session).SetCurrentRenderFormatAndCodec("exr", "RGBHalf") is False


@pytest.mark.parametrize(
    "bad",
    [
        {"Nonsense": 1},
        {"CustomName": ""},
        {"CustomName": None},
        {"TargetDir": ""},
        {"ReplaceExistingFilesInPlace": True},
        {"MarkIn": 2.5},
        {"MarkIn": True},
        {"DataBurnIn": "None"},
    ],
)
def test_e33_one_refused_key_refuses_all(session: Session, bad: dict[str, Any]) -> None:
    before = session.state()["render"]
    assert project(session).SetRenderSettings({"FormatWidth": 32, **bad}) is False
    assert session.state()["render"] == before


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 0, 4))])
def test_e33_late_versions_know_more_keys(session: Session) -> None:
    assert project(session).SetRenderSettings({"DataBurnIn": "None"}) is True
    assert project(session).SetRenderSettings({"AudioFormat": "wav"}) is False


def test_e33_settings_lie_on_top_of_what_was_set(session: Session, shot: Item) -> None:
    found = project(session)
    assert found.SetRenderSettings({"ExportVideo": False}) is True
    job = setup(session)
    found.StartRendering([job], False)
    finish(session)
    assert files(session) == []
    job = setup(session, ExportVideo=True)
    found.StartRendering([job], False)
    finish(session)
    assert len(files(session)) == 3


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [(86402, 86404, (86402, 86404)), (10, 86401, (86400, 86401)), (86406, 99999, (86406, 86407))],
)
def test_e33_marks_are_absolute_and_both_are_rendered(
    session: Session, shot: Item, first: int, last: int, wanted: tuple[int, int]
) -> None:
    job = setup(session, first, last)
    (entry,) = project(session).GetRenderJobList()
    assert (entry["JobId"], entry["MarkIn"], entry["MarkOut"]) == (job, *wanted)
    project(session).StartRendering(job)
    finish(session)
    numbers = range(wanted[0], wanted[1] + 1)
    assert files(session) == [f"k_{number:08d}.exr" for number in numbers]


def test_e33_marks_count_only_when_not_all_frames_are_selected(
    session: Session, shot: Item
) -> None:
    setup(session, SelectAllFrames=True)
    (entry,) = project(session).GetRenderJobList()
    assert (entry["MarkIn"], entry["MarkOut"]) == (86400, 86407)


def test_e33_in_individual_clips_one_frame_is_the_whole_clip(session: Session, shot: Item) -> None:
    setup(session, 86402, 86402)
    assert project(session).SetCurrentRenderMode(0) is True
    assert project(session).AddRenderJob()
    entries = project(session).GetRenderJobList()
    assert [(e["MarkIn"], e["MarkOut"]) for e in entries] == [(86402, 86402), (86400, 86407)]
    assert project(session).SetCurrentRenderMode(2) is False


# Queueing.


def test_e34_without_a_target_or_a_timeline_there_is_no_job(session: Session) -> None:
    assert project(session).AddRenderJob() == ""
    folder = session.media / "out"
    folder.mkdir()
    project(session).SetRenderSettings({"TargetDir": str(folder)})
    assert project(session).AddRenderJob() == ""
    session.timeline()
    assert project(session).AddRenderJob() == ""  # nothing is on it
    assert not session.modal_open and project(session).GetRenderJobList() == []


def test_e34_a_target_outside_of_media_storage_opens_a_dialog(
    session: Session, shot: Item, tmp_path: Path
) -> None:
    (root,) = session.resolve.GetMediaStorage().GetMountedVolumeList()
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    assert not str(outside).startswith(root)
    project(session).SetRenderSettings({"TargetDir": str(outside), "CustomName": "a"})
    assert project(session).AddRenderJob() == ""
    assert session.resolve.GetCurrentPage() is None
    session.modal(False)
    (session.media / "link").symlink_to(outside)
    project(session).SetRenderSettings({"TargetDir": str(session.media / "link")})
    job = project(session).AddRenderJob()
    assert job and project(session).StartRendering(job) is True
    finish(session)
    assert (outside / "a.mov").exists()


def test_e34_a_folder_whose_name_only_begins_like_a_root_is_outside(
    session: Session, shot: Item
) -> None:
    beside = Path(f"{session.media}2")
    beside.mkdir()
    project(session).SetRenderSettings({"TargetDir": str(beside), "CustomName": "a"})
    assert project(session).AddRenderJob() == "" and session.modal_open


@pytest.mark.parametrize("resolve_profile", [Profile(headless=True)])
def test_e34_headless_it_hangs_instead(session: Session, shot: Item, tmp_path: Path) -> None:
    project(session).SetRenderSettings({"TargetDir": str(tmp_path), "CustomName": "a"})
    session.at(100.0, session.release)
    assert project(session).AddRenderJob() == "" and session.now() >= 100.0


@pytest.mark.parametrize("resolve_profile", [Profile(deliver_settle=1.5)])
def test_e34_deliver_must_have_settled(session: Session, shot: Item) -> None:
    folder = session.media / "out"
    folder.mkdir()
    project(session).SetRenderSettings({"TargetDir": str(folder), "CustomName": "a"})
    assert project(session).AddRenderJob() == ""
    session.sleep(1.5)
    assert project(session).AddRenderJob()


CALLS: list[tuple[str, tuple[Any, ...], bool]] = [
    ("GetCurrentRenderMode", (), True),
    ("SetCurrentRenderMode", (1,), True),
    ("SetCurrentRenderFormatAndCodec", ("exr", "RGBHalf"), True),
    ("SetRenderSettings", ({},), True),
    ("AddRenderJob", (), True),
    ("StartRendering", ([], False), True),
    ("GetCurrentRenderFormatAndCodec", (), False),
    ("GetRenderFormats", (), False),
    ("GetRenderCodecs", ("exr",), False),
    ("GetRenderResolutions", ("exr", "RGBHalf"), False),
    ("GetRenderJobList", (), False),
    ("GetRenderPresetList", (), False),
    ("IsRenderingInProgress", (), False),
    ("DeleteRenderJob", ("x",), False),
    ("SaveAsNewRenderPreset", ("x",), False),
]


@pytest.mark.parametrize(("name", "arguments", "jumps"), CALLS)
def test_e35_some_render_calls_show_deliver(
    session: Session, name: str, arguments: tuple[Any, ...], jumps: bool
) -> None:
    session.resolve.OpenPage("color")
    getattr(project(session), name)(*arguments)
    assert session.resolve.GetCurrentPage() == ("deliver" if jumps else "color")


# Rendering.


def test_e35_progress_follows_the_clock(session: Session, shot: Item) -> None:
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
    session: Session, shot: Item
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


def test_e36_a_job_that_fails_says_why(session: Session, shot: Item) -> None:
    job = setup(session)
    session.fail_render(1, "The disk is full")
    project(session).StartRendering(job)
    finish(session)
    status = project(session).GetRenderJobStatus(job)
    assert (status["JobStatus"], status["Error"]) == ("Failed", "The disk is full")
    assert status["CompletionPercentage"] < 100 and "k_00086403.exr" not in files(session)


def test_e36_a_folder_that_is_gone_fails_the_job(session: Session, shot: Item) -> None:
    job = setup(session)
    (session.media / "out").rmdir()
    project(session).StartRendering(job)
    finish(session)
    assert "does not exist" in project(session).GetRenderJobStatus(job)["Error"]


def test_e36_e37_stopping_leaves_a_part_and_a_cut_off_file(session: Session, shot: Item) -> None:
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


def test_e37_files_come_one_after_the_other(session: Session, shot: Item) -> None:
    job = setup(session)
    project(session).StartRendering(job)
    assert files(session) == []
    counts = set()
    while project(session).IsRenderingInProgress():
        counts.add(len(files(session)))
        session.sleep(0.01)
    assert counts >= {1, 2} and len(files(session)) == 3


def test_e37_jobs_are_worked_through_in_the_order_given(session: Session, shot: Item) -> None:
    jobs = [setup(session, n, n, CustomName=f"{n}_") for n in (86403, 86401)]
    project(session).StartRendering(jobs[::-1], False)
    finish(session)
    out = session.media / "out"
    assert files(session) == ["86401_00086401.exr", "86403_00086403.exr"]
    frames = [decode(out / name).source_frame for name in files(session)]
    assert frames == [3, 5]
    assert project(session).StartRendering(["nothing"], False) is False


def test_e38_presets_hold_everything(session: Session, shot: Item) -> None:
    found = project(session)
    before = session.state()["render"]
    assert found.SaveAsNewRenderPreset("_sparkvsr_1") is True
    assert found.SaveAsNewRenderPreset("_sparkvsr_1") is False
    setup(session, FormatWidth=32, FormatHeight=24)
    found.SetCurrentRenderMode(0)
    assert session.state()["render"] != before
    assert found.LoadRenderPreset("nothing") is False
    assert found.LoadRenderPreset("_sparkvsr_1") is True
    assert session.state()["render"] == before
    assert "_sparkvsr_1" in found.GetRenderPresetList()
    assert found.DeleteRenderPreset("_sparkvsr_1") is True
    assert found.DeleteRenderPreset("_sparkvsr_1") is False


@pytest.mark.parametrize("resolve_profile", [Profile(render_latency=0.0)])
def test_e39_while_it_renders_much_is_none_and_nothing_is_written(
    session: Session, shot: Item
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
def test_e39_a_render_may_stand_still_for_a_while(session: Session, shot: Item) -> None:
    job = setup(session)
    project(session).StartRendering(job)
    session.sleep(30.0)
    assert project(session).IsRenderingInProgress() is True and len(files(session)) == 1
    finish(session)
    assert len(files(session)) == 3


@pytest.mark.parametrize("resolve_profile", [Profile(livelock=True)])
def test_e39_a_livelock_gets_nowhere_and_cannot_be_stopped(session: Session, shot: Item) -> None:
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


def test_e39_a_job_is_deleted_once(session: Session, shot: Item) -> None:
    job = setup(session)
    assert project(session).DeleteRenderJob(job) is True
    assert project(session).DeleteRenderJob(job) is False
    assert project(session).GetRenderJobStatus(job) == {}
    assert project(session).StartRendering(job) is False


# What is in the files.


def test_e40_the_bare_base_and_the_graded_frames_can_be_told(session: Session, shot: Item) -> None:
    session.grade(shot, 7)
    session.group([shot], pre=11)
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
        assert (one.item, one.timeline) == (shot.serial, number)
        assert one.source_frame == int(name[-6:-4]) + 2
    assert shot.grade.layers[0].seen == 7 and shot.group is not None


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
    session: Session, shot: Item, codec: tuple[str, str], dtype: str
) -> None:
    session.grade(shot, 7, gain=(3.0, 1.0, 1.0))
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


def test_a_result_that_is_placed_shows_its_own_pixels(session: Session, shot: Item) -> None:
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
        assert (said.source_frame, said.item != shot.serial) == (number, True)
        found = read_picture(str(session.media / "out" / name))[12:].astype(np.float32)
        np.testing.assert_allclose(found, frames[number][12:].astype(np.float32), atol=1e-3)


@pytest.mark.parametrize("resolve_profile", [Profile(stamp=False)])
def test_the_block_can_be_left_out_and_then_the_sources_own_is_seen(
    session: Session, shot: Item
) -> None:
    session.grade(shot, 7, gain=(0.8, 0.8, 0.8))
    job = setup(session)
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / files(session)[0]
    assert decode(path) == Rendered(source_frame=4, item=0)
    white = read_picture(str(path))[:12].max()
    assert white == pytest.approx(0.81, abs=1e-3)


def test_a_render_of_another_size_is_scaled(session: Session, shot: Item) -> None:
    job = setup(session, FormatWidth=128, FormatHeight=96)
    project(session).StartRendering(job)
    finish(session)
    path = session.media / "out" / files(session)[0]
    assert read_picture(str(path)).shape == (96, 128, 3) and decode(path).source_frame == 4


def test_offline_media_are_red(session: Session, shot: Item) -> None:
    assert shot.clip is not None
    shot.clip.offline = True
    job = setup(session)
    project(session).StartRendering(job)
    finish(session)
    found = read_picture(str(session.media / "out" / files(session)[0]))[12:]
    np.testing.assert_array_equal(found, np.broadcast_to([1, 0, 0], found.shape))
