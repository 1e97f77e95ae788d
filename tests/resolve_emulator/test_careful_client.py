"""A careful script gets its pictures even where everything is late; a careless one does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Profile, Session, decode, harsh
from resolve_emulator.profile import Version


def until(session: Session, ready: Callable[[], object], limit: float = 30.0) -> None:
    end = session.now() + limit
    while not ready():
        session.sleep(0.25)
        assert session.now() < end, "it never came"


def careful(session: Session, folder: Path) -> str:
    """Render two frames, wait for everything, and put back page, playhead and settings."""
    resolve = session.scriptapp("Resolve")
    project = resolve.GetProjectManager().GetCurrentProject()
    timeline = project.GetCurrentTimeline()
    page, timecode = resolve.GetCurrentPage(), timeline.GetCurrentTimecode()
    project.SaveAsNewRenderPreset("_sparkvsr_preset")

    def opened(name: str) -> bool:
        return resolve.GetCurrentPage() == name or (resolve.OpenPage(name) and False)

    until(session, lambda: opened("deliver"))
    session.sleep(2.0)
    project.SetCurrentRenderFormatAndCodec("exr", "RGBHalf")
    project.SetCurrentRenderMode(1)
    marks = {"SelectAllFrames": False, "MarkIn": 86401, "MarkOut": 86402}
    project.SetRenderSettings({**marks, "TargetDir": str(folder), "CustomName": "k_"})
    job = project.AddRenderJob()
    project.StartRendering([job], False)
    until(session, lambda: not project.IsRenderingInProgress())
    percent = project.GetRenderJobStatus(job)["CompletionPercentage"]
    project.DeleteRenderJob(job)
    project.LoadRenderPreset("_sparkvsr_preset")
    project.DeleteRenderPreset("_sparkvsr_preset")
    until(session, lambda: opened(page))
    session.sleep(1.0)

    def parked() -> bool:
        timeline.SetCurrentTimecode(timecode)
        return any(timeline.GetCurrentTimecode() == timecode for _ in range(4))

    until(session, parked)
    timeline.SetCurrentTimecode(timecode)
    return f"{percent}"


PROFILES: list[Any] = [
    Profile(deliver_moves_marks=False),
    *(
        harsh(version, deliver_moves_marks=False, append_needs_selection=False)
        for version in ((18, 6, 6), (19, 1, 3), (20, 3, 2), (21, 1, 1))
    ),
]


@pytest.mark.parametrize("resolve_profile", PROFILES, ids=lambda p: f"{p.version}-{p.language}")
def test_a_careful_script_gets_its_frames_and_leaves_everything_as_it_was(
    session: Session, resolve_profile: Profile
) -> None:
    clip = session.import_clip(session.movie(frames=6))
    session.timeline()
    session.grade(session.place(clip, first=1, frames=4), 7)
    session.park(3)
    out = session.media / "out"
    out.mkdir()
    before = session.state()
    assert careful(session, out) == "100"
    said = [decode(path) for path in sorted(out.iterdir())]
    assert [(one.source_frame, one.clip_grade) for one in said] == [(2, 7), (3, 7)]
    assert session.state() == before


def test_a_harsh_resolve_is_harsh_in_every_version() -> None:
    versions: list[Version] = [(18, 6, 6), (21, 1, 1)]
    for version in versions:
        found = harsh(version, language="it")
        assert (found.version, found.language, found.deliver_settle) == (version, "it", 1.5)


def test_a_careless_script_is_told_nothing_and_gets_nothing(tmp_path: Path) -> None:
    with Session(harsh(), tmp_path) as session:
        session.place(session.import_clip(session.movie(frames=6)), timeline=session.timeline())
        project = session.resolve.GetProjectManager().GetCurrentProject()
        project.SetRenderSettings({"TargetDir": str(session.media), "CustomName": "k_"})
        assert project.AddRenderJob() == ""
        assert project.GetCurrentTimeline().GetCurrentVideoItem() is None
        session.resolve.OpenPage("edit")
        assert session.resolve.GetCurrentPage() == "deliver"
