"""Whatever goes wrong during a capture, and wherever: the user's Resolve is as before."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridge_resolve.host.capture_scene import Scene, check_pictures, outcome, scene
from resolve_emulator import Profile, writing
from sparkvsr_resolve.host.cancelling import CancelledError
from sparkvsr_resolve.host.capture import Captured
from sparkvsr_resolve.host.cleanup import find_leftovers, remove_leftovers

__all__ = ["scene"]

Call = tuple[str, int]
"""A method, and how often it was called since the capture began, from 1."""


def calls_of_a_capture(scene: Scene) -> list[Call]:
    """Every call of an undisturbed capture."""
    run = scene.prepare()
    first = len(scene.session.log)
    run()
    counted: Counter[str] = Counter()
    found = []
    for entry in scene.session.log[first:]:
        counted[entry.name] += 1
        found.append((entry.name, counted[entry.name]))
    return found


def sample(calls: list[Call], most: int) -> list[Call]:
    """Of each method so many calls, from the last one back to the first, evenly."""
    total = Counter(name for name, _ in calls)
    return [
        (name, count - step * count // most)
        for name, count in total.items()
        for step in range(min(most, count))
    ]


def capture_and_check(run: Callable[[], Captured]) -> None:
    check_pictures(run())


@pytest.mark.parametrize(
    ("how", "most"), [(None, 2), (False, 1), (OSError("broken"), 1)], ids=["none", "false", "raise"]
)
def test_one_failing_call_leaves_everything_as_before(scene: Scene, how: Any, most: int) -> None:
    failed = 0
    for name, nth in sample(calls_of_a_capture(scene), most):
        run = scene.prepare()
        scene.session.fail(name, nth, how)
        problem = outcome(partial(capture_and_check, run))
        scene.session.gate.faults.clear()
        assert scene.is_as_before(), (name, nth, problem, scene.differences())
        assert scene.made.path.exists() != bool(problem)
        failed += bool(problem)
    assert bool(failed) == isinstance(how, OSError)  # mere silence is survived


CHANGES = ("Set", "Delete", "Load", "Save", "Open", "Start", "Remove")


def test_a_change_that_is_only_claimed_is_noticed(scene: Scene) -> None:
    """Resolve says True and does nothing: pictures are right all the same, or none are taken."""
    calls = calls_of_a_capture(scene)
    changes = [call for call in calls if call[0].partition(".")[2].startswith(CHANGES)]
    assert len(changes) > 20
    for name, nth in changes:
        run = scene.prepare()
        scene.session.fail(name, nth, True)
        problem = outcome(partial(capture_and_check, run))
        scene.session.gate.faults.clear()
        assert scene.is_as_before(), (name, nth, problem, scene.differences())


def test_settings_are_put_back_although_the_user_renders_as_we_do(scene: Scene) -> None:
    scene.session.render.format, scene.session.render.codec = "exr", "RGBHalf"
    scene.before = scene.session.state()
    run = scene.prepare()
    scene.session.fail("Project.LoadRenderPreset", 1, True)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


def test_the_render_mode_is_put_back_where_a_preset_does_not_hold_it(scene: Scene) -> None:
    presets = scene.session.render.presets

    def forget_mode() -> None:
        for preset in presets.values():
            preset.pop("mode")

    run = scene.prepare()
    scene.session.fail("Project.LoadRenderPreset", 1, forget_mode)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("page", ["color", "media", "deliver"])
def test_playhead_and_marks_that_were_moved_are_put_back(scene: Scene, page: str) -> None:
    users = scene.session.current
    run = scene.prepare()
    scene.session.pages.go(page)
    users.marks = {"video": {"in": 3, "out": 9}}
    scene.before = scene.session.state()

    def move() -> None:
        scene.session.seek(users, users.start + 1)
        users.marks = {"audio": {"in": 1, "out": 2}}

    scene.session.fail("Project.StartRendering", 1, move)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("resolve_profile", [Profile(deliver_settle=1.4)])
def test_deliver_is_given_time_before_it_is_given_a_job(scene: Scene) -> None:
    assert outcome(scene.prepare()) == ""
    assert len(scene.session.calls("AddRenderJob")) == 3


def test_a_call_that_always_fails_is_a_sentence(scene: Scene) -> None:
    """Of writes: those that put things back cannot work then, and the next start is told."""
    for name in ("Timeline.DuplicateTimeline", "Project.AddRenderJob", "Timeline.DeleteClips"):
        run = scene.prepare()
        for nth in range(1, 10):
            scene.session.fail(name, nth, False)
        assert outcome(run).startswith("Resolve "), name
        scene.session.gate.faults.clear()
        assert scene.is_as_before(), (name, scene.differences())


def test_cancelled_wherever_it_is_asked(scene: Scene) -> None:
    asked = 0

    def at(number: int) -> Callable[[], bool]:
        def is_cancelled() -> bool:
            nonlocal asked
            asked += 1
            return asked == number

        return is_cancelled

    number = 1
    while True:
        asked = 0
        run = scene.prepare()
        scene.cancelled = at(number)
        try:
            run()
        except CancelledError as error:
            assert "cancelled" in error.message
        else:
            break
        finally:
            scene.cancelled = lambda: False
        assert scene.is_as_before(), (number, scene.differences())
        assert not scene.made.path.exists()
        number += 1
    assert number > 8  # phases, and looks during two renders


MOMENTS = [
    "Timeline.DuplicateTimeline",
    "Timeline.DeleteClips",
    "TimelineItem.SetProperty",
    "Project.SaveAsNewRenderPreset",
    "Project.AddRenderJob",
    "Project.StartRendering",
    "Project.GetRenderJobStatus",
    "Graph.ResetAllGrades",
    "Project.LoadRenderPreset",
    "MediaPool.DeleteTimelines",
    "Timeline.SetCurrentTimecode",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dialog_that_is_closed_is_waited_for(scene: Scene, moment: str) -> None:
    session = scene.session

    def open_it() -> None:
        session.modal(True)
        session.at(8, lambda: session.modal(False))

    run = scene.prepare()
    session.fail(moment, 1, open_it)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dialog_that_stays_is_reported_and_cleaned_up_later(scene: Scene, moment: str) -> None:
    run = scene.prepare()
    scene.session.fail(moment, 1, lambda: scene.session.modal(True))
    outcome(run)
    assert "Clean up" in scene.said[-1] and "dialog" in scene.said[-1]
    scene.session.modal(False)
    left = find_leftovers(scene.desk, scene.lock)
    assert left.same_project
    assert remove_leftovers(scene.desk, scene.lock, scene.abilities, left) == ()
    assert scene.is_as_before(), scene.differences()


def test_a_hanging_call_is_waited_for(scene: Scene) -> None:
    run = scene.prepare()
    scene.session.fail("Project.AddRenderJob", 2, "hang")
    scene.session.at(5, scene.session.release)
    assert outcome(run) == ""
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("frame", [0, 3])
def test_a_render_that_fails_is_told(scene: Scene, frame: int) -> None:
    run = scene.prepare()
    scene.session.fail_render(frame, "The media is offline")
    assert "The media is offline" in outcome(run)
    assert scene.is_as_before(), scene.differences()
    assert not scene.made.path.exists()


def test_a_full_disk_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    run = scene.prepare()
    monkeypatch.setattr(writing, "write_picture", full)
    assert "No space left on device" in outcome(run)
    assert scene.is_as_before(), scene.differences()
    assert not scene.made.path.exists()


def test_frames_that_are_missing_or_cut_off_are_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writing.write_picture

    def careless(path: Path, *rest: Any) -> None:
        real(path, *rest)
        if path.name == "base_00086412.exr":
            path.write_bytes(path.read_bytes()[:-400])

    run = scene.prepare()
    monkeypatch.setattr(writing, "write_picture", careless)
    assert "86412" in outcome(run)
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("resolve_profile", [Profile(livelock=True)])
def test_a_render_that_cannot_be_stopped_is_told_and_cleaned_up_later(scene: Scene) -> None:
    assert "does not get on" in outcome(scene.prepare())
    assert "Clean up" in scene.said[-1] and any("does not stop" in said for said in scene.said)
    scene.session.queue.running = None  # the user has seen to it
    scene.session.queue.jobs[0].state = "cancelled"
    left = find_leftovers(scene.desk, scene.lock)
    assert remove_leftovers(scene.desk, scene.lock, scene.abilities, left) == ()
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("resolve_profile", [Profile(render_stall=(1, 60.0))])
def test_a_slow_frame_is_waited_for(scene: Scene) -> None:
    assert outcome(scene.prepare()) == ""
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize("resolve_profile", [Profile(frame_seconds=1.0)])
def test_a_render_that_the_user_stops_is_told(scene: Scene) -> None:
    run = scene.prepare()
    scene.session.fail("Project.IsRenderingInProgress", 5, scene.session.queue.stop)
    assert "stopped rendering" in outcome(run)
    assert scene.is_as_before(), scene.differences()


@pytest.mark.parametrize(
    "resolve_profile", [Profile(language=code) for code in ("en", "it", "es", "xx")]
)
def test_words_in_any_language_do_not_matter(scene: Scene) -> None:
    assert outcome(scene.prepare()) == ""
    scene.session.fail_render(1, "Qorl")
    assert "Qorl" in outcome(scene.prepare())
    assert scene.is_as_before(), scene.differences()
