"""What the user does while a clip is captured: nothing of it is undone, and nothing goes wrong."""

from __future__ import annotations

import pytest

from bridge_resolve.host.capture_scene import AT, FIRST, Scene, outcome, scene
from resolve_emulator import decode
from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import choose_root

__all__ = ["scene"]


def test_a_folder_outside_of_media_storage_is_refused_before_a_dialog_opens(scene: Scene) -> None:
    run = scene.prepare()
    scene.session.volumes[:] = [str(scene.folder)[:-1]]  # the text of a path that is another one
    assert "not in Resolve's Media Storage" in outcome(run)
    assert not scene.session.modal_open and not scene.made.path.exists()
    assert scene.is_as_before(), scene.differences()
    assert choose_root([str(scene.folder)], "", "") == scene.folder


def test_a_clip_that_was_changed_since_is_refused(scene: Scene) -> None:
    item = scene.item
    start, duration = item.start, item.duration
    for moved, trimmed, deleted in ((1, 0, False), (0, 1, False), (0, 0, True)):
        run = scene.prepare()
        item.start, item.duration = start + moved, duration - trimmed
        if deleted:
            scene.session.remove(item)
        scene.before = scene.session.state()
        assert "not where it was" in outcome(run)
        assert scene.is_as_before(), scene.differences()
        item.start, item.duration = start, duration


def test_another_clip_in_its_place_is_refused(scene: Scene) -> None:
    run = scene.prepare()
    scene.item.clip = scene.session.import_clip(scene.session.movie(rate="23.976"))
    scene.before = scene.session.state()
    assert "not where it was" in outcome(run)
    assert scene.is_as_before(), scene.differences()


def test_the_bin_that_was_open_is_open_again(scene: Scene) -> None:
    session = scene.session
    first, other = session.bin("Shots"), session.bin("Sound")
    session.project.folder = first
    scene.before = session.state()
    run = scene.prepare()

    def open_other() -> None:
        session.project.folder = other

    session.fail("Project.AddRenderJob", 1, open_other)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


def test_a_clip_that_is_deleted_in_the_midst_is_captured_as_it_was(scene: Scene) -> None:
    run = scene.prepare()
    scene.session.fail("Project.AddRenderJob", 1, lambda: scene.session.remove(scene.item))
    found = run()
    assert decode(found.pictures[1]).source_frame == FIRST + 1
    assert set(scene.differences()) == {"timelines"}  # what the user did
    assert scene.lock.leftover() is None


def test_another_timeline_opened_in_the_midst_is_not_rendered(scene: Scene) -> None:
    session = scene.session
    users = session.current

    def open_it() -> None:
        session.project.current = users

    for moment in ("Project.SaveAsNewRenderPreset", "Project.SetRenderSettings"):
        run = scene.prepare()
        session.fail(moment, 1, open_it)
        problem = outcome(run)
        assert "Another timeline was opened" in problem
        differences = scene.differences()
        users.marks = {kind: {"in": 2, "out": 20} for kind in ("video", "audio")}
        assert scene.is_as_before(), (moment, differences)


def test_a_job_for_another_timeline_is_not_rendered(scene: Scene) -> None:
    session, users = scene.session, scene.session.current
    run = scene.prepare()

    def open_it() -> None:
        session.project.current = users

    session.fail("Project.AddRenderJob", 1, open_it)
    assert "does not take a job" in outcome(run)
    assert not session.calls("StartRendering")
    assert scene.is_as_before(), scene.differences()


def test_a_timeline_that_is_deleted_in_the_midst_is_said(scene: Scene) -> None:
    users = scene.session.current
    run = scene.prepare()

    def delete() -> None:
        scene.session.project.timelines.remove(users)

    scene.session.fail("Project.AddRenderJob", 1, delete)
    outcome(run)
    assert "the current timeline (it was deleted)" in scene.said[-1]
    assert scene.session.queue.jobs == [] and scene.session.render.presets == {}


def test_a_resolve_that_renders_already_is_left_alone(scene: Scene) -> None:
    scene.session.fail("Project.IsRenderingInProgress", 1, True)
    calls = len(scene.session.calls("Duplicate"))
    assert outcome(scene.prepare()) == "Resolve is rendering."
    assert len(scene.session.calls("Duplicate")) == calls
    assert scene.is_as_before(), scene.differences()


def test_what_a_crash_left_is_not_overwritten(scene: Scene) -> None:
    run = scene.prepare()
    scene.session.fail("MediaPool.DeleteTimelines", 1, lambda: scene.session.modal(True))
    outcome(run)
    scene.session.modal(False)
    before = scene.lock.crash_file.read_bytes()
    with pytest.raises(BridgeError) as caught:
        scene.capture()
    assert "Clean it up" in caught.value.hint
    assert scene.lock.crash_file.read_bytes() == before


def test_frames_of_the_timeline_are_those_of_the_clip(scene: Scene) -> None:
    """The scene is what the other tests take it for."""
    assert scene.clip.span.record_in == scene.session.current.start + AT
