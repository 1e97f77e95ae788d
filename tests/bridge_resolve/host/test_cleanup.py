"""A script that dies in the midst of a capture, wherever: the next one puts everything back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge_resolve.host.capture_scene import Scene, scene
from resolve_emulator import Profile, Session
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ScriptLock, Snapshot, VersionFolder
from sparkvsr_resolve.host import capture as capture_module
from sparkvsr_resolve.host.cleanup import Leftovers, find_leftovers, remove_leftovers

__all__ = ["scene"]


class Killed(BaseException):
    """Nothing that the process would do afterwards reaches Resolve or the disk."""


@contextmanager
def killed_at(scene: Scene, number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process dies at its so-and-so-many-th call; `finally` gets nowhere, as after kill -9."""
    real, left = scene.session.gate.call, number

    def call(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return real(*arguments)

    def dead(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(scene.session.gate, "call", call)
        patched.setattr(capture_module, "remove_version", dead)
        patched.setattr(ScriptLock, "clear", dead)
        with pytest.raises(Killed):
            yield


def clean_up(scene: Scene) -> tuple[Leftovers, tuple[str, ...]]:
    """As the next process does it."""
    scene.lock.release()
    scene.lock = ScriptLock.take(scene.folder / "home")
    scene.desk = scene.new_desk()
    left = find_leftovers(scene.desk, scene.lock)
    return left, remove_leftovers(scene.desk, scene.lock, scene.abilities, left)


def calls_of_a_capture(scene: Scene) -> list[str]:
    run = scene.prepare()
    first = len(scene.session.log)
    run()
    return [entry.name for entry in scene.session.log[first:]]


def test_killed_anywhere_and_cleaned_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    total, stages = len(calls_of_a_capture(scene)), set()
    for number in range(3, total, max(1, total // 40)):
        run = scene.prepare()
        with killed_at(scene, number, monkeypatch):
            run()
        left, problems = clean_up(scene)
        assert problems == ()
        assert scene.is_as_before(), (number, scene.differences())
        if left.snapshot:
            assert left.any and left.same_project and left.describe()
            assert not scene.made.path.exists()
        stages.add((bool(left.snapshot), bool(left.timelines), bool(left.presets), bool(left.jobs)))
    assert {(False,) * 4, (True, True, True, True)} < stages


@pytest.mark.parametrize("resolve_profile", [Profile(frame_seconds=4.0)])
def test_a_render_that_still_runs_is_not_stopped_but_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = calls_of_a_capture(scene)
    run = scene.prepare()
    with killed_at(scene, calls.index("Project.StartRendering") + 2, monkeypatch):
        run()
    left, problems = clean_up(scene)
    assert left.jobs and problems == ()
    assert not scene.session.calls("StopRendering")
    assert scene.is_as_before(), scene.differences()


def test_nothing_left_is_nothing_done(scene: Scene) -> None:
    first = len(scene.session.log)
    left, problems = clean_up(scene)
    assert not left.any and left.describe() == () and problems == ()
    assert scene.is_as_before()
    names = [entry.name.partition(".")[2] for entry in scene.session.log[first:]]
    assert all(name.startswith(("Get", "Is")) for name in names)


def test_of_another_project_only_what_has_our_name_is_removed(scene: Scene) -> None:
    stray = scene.session.timeline("_sparkvsr_timeline_0badcafe")
    scene.session.render.presets["_sparkvsr_settings_0badcafe"] = scene.session.render.snapshot()
    scene.session.project.current = stray
    scene.lock.write(Snapshot(project="another", timeline="x", page="color", phase="Rendering"))
    left = find_leftovers(scene.desk, scene.lock)
    assert left.timelines == (stray.name,) and not left.same_project
    assert any("another project" in line for line in left.describe())
    problems = remove_leftovers(scene.desk, scene.lock, scene.abilities, left)
    assert len(problems) == 1 and "another project" in problems[0]
    assert scene.lock.leftover() is not None
    scene.lock.clear()
    assert scene.is_as_before(), scene.differences()


def test_without_a_crash_file_timelines_of_ours_are_found_by_their_name(scene: Scene) -> None:
    stray = scene.session.timeline("_sparkvsr_timeline_0badcafe")
    assert scene.session.project.current is stray
    left, problems = clean_up(scene)
    assert left.snapshot is None and left.timelines == (stray.name,)
    assert problems == ()
    assert scene.is_as_before(), scene.differences()


def test_a_folder_with_a_result_is_kept(scene: Scene) -> None:
    scene.prepare()
    scene.made.movie.write_bytes(b"a result")
    snapshot = Snapshot(
        project=scene.session.project.uid,
        timeline=scene.session.current.uid,
        page="edit",
        playhead="01:00:00:12",
        marks=scene.session.current.marks,
        work_folder=str(scene.made.path),
    )
    scene.lock.write(snapshot)
    left, problems = clean_up(scene)
    assert left.folder is None and problems == ()
    assert scene.made.movie.read_bytes() == b"a result"
    assert scene.is_as_before(), scene.differences()


def test_a_folder_that_is_not_ours_is_never_removed(scene: Scene, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "holiday.jpg").write_bytes(b"sun")
    timeline = scene.session.current
    scene.lock.write(
        Snapshot(
            project=scene.session.project.uid,
            timeline=timeline.uid,
            page="edit",
            marks=timeline.marks,
            work_folder=str(photos),
        )
    )
    left, problems = clean_up(scene)
    assert left.folder is None and problems == ()
    assert (photos / "holiday.jpg").exists()


def test_a_project_of_our_timelines_only_is_said(scene: Scene, session: Session) -> None:
    session.project.timelines.clear()
    stray = session.timeline("_sparkvsr_timeline_0badcafe")
    left = find_leftovers(scene.desk, scene.lock)
    (problem,) = remove_leftovers(scene.desk, scene.lock, scene.abilities, left)
    assert "no other timeline" in problem
    assert session.project.timelines == [stray]


def test_a_damaged_crash_file_is_told(scene: Scene) -> None:
    scene.lock.crash_file.write_text("{", encoding="utf-8")
    with pytest.raises(BridgeError, match="cannot be told"):
        find_leftovers(scene.desk, scene.lock)
    scene.lock.crash_file.unlink()


def test_what_is_removed_is_described(scene: Scene, tmp_path: Path) -> None:
    folder = VersionFolder(tmp_path / "v001", 1)
    lines = Leftovers(
        None, False, ("_sparkvsr_a",), ("_sparkvsr_b",), ("1", "2"), folder
    ).describe()
    assert lines == (
        "Timeline _sparkvsr_a",
        "Render preset _sparkvsr_b",
        "2 jobs in the render queue",
        f"Pictures in {folder.path}",
    )
