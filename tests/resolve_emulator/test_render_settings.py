"""E32 to E35: formats, settings, what is queued and what is not, and calls that show Deliver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session
from resolve_emulator.jobs import files, finish, project, setup
from resolve_emulator.model import Item

# Formats and settings.


def test_e32_formats_and_codecs_have_names_and_ids(session: Session, plain_shot: Item) -> None:
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


def test_e33_settings_lie_on_top_of_what_was_set(session: Session, plain_shot: Item) -> None:
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
    session: Session, plain_shot: Item, first: int, last: int, wanted: tuple[int, int]
) -> None:
    job = setup(session, first, last)
    (entry,) = project(session).GetRenderJobList()
    assert (entry["JobId"], entry["MarkIn"], entry["MarkOut"]) == (job, *wanted)
    project(session).StartRendering(job)
    finish(session)
    numbers = range(wanted[0], wanted[1] + 1)
    assert files(session) == [f"k_{number:08d}.exr" for number in numbers]


def test_e33_marks_count_only_when_not_all_frames_are_selected(
    session: Session, plain_shot: Item
) -> None:
    setup(session, SelectAllFrames=True)
    (entry,) = project(session).GetRenderJobList()
    assert (entry["MarkIn"], entry["MarkOut"]) == (86400, 86407)


def test_e33_in_individual_clips_one_frame_is_the_whole_clip(
    session: Session, plain_shot: Item
) -> None:
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
    session: Session, plain_shot: Item, tmp_path: Path
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
    session: Session, plain_shot: Item
) -> None:
    beside = Path(f"{session.media}2")
    beside.mkdir()
    project(session).SetRenderSettings({"TargetDir": str(beside), "CustomName": "a"})
    assert project(session).AddRenderJob() == "" and session.modal_open


@pytest.mark.parametrize("resolve_profile", [Profile(headless=True)])
def test_e34_headless_it_hangs_instead(session: Session, plain_shot: Item, tmp_path: Path) -> None:
    project(session).SetRenderSettings({"TargetDir": str(tmp_path), "CustomName": "a"})
    session.at(100.0, session.release)
    assert project(session).AddRenderJob() == "" and session.now() >= 100.0


@pytest.mark.parametrize("resolve_profile", [Profile(deliver_settle=1.5)])
def test_e34_deliver_must_have_settled(session: Session, plain_shot: Item) -> None:
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
