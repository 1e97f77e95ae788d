"""The phases of a run, previews while a slider moves, and the farm's exit codes."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr import errors
from sparkvsr_nuke.core import MEANING, ExitCode, Phase, RunState, Throttle, exit_code

WHOLE_RUN = [
    Phase.CONNECTING,
    Phase.CHECKING,
    Phase.EXPORTING_PLATE,
    Phase.EXPORTING_KEYS,
    Phase.SUBMITTING,
    Phase.RUNNING,
    Phase.READING_BACK,
    Phase.DONE,
]


def run_to(phase: Phase) -> RunState:
    run = RunState()
    for step in WHOLE_RUN[: WHOLE_RUN.index(phase) + 1]:
        assert run.advance(step)
    return run


def test_a_run_goes_from_check_to_result() -> None:
    run = run_to(Phase.DONE)
    assert run.ended and run.status() == "Done."


@pytest.mark.parametrize("phase", WHOLE_RUN[:-1])
@pytest.mark.parametrize("end", [Phase.FAILED, Phase.CANCELLED])
def test_every_phase_may_fail_and_may_be_cancelled(phase: Phase, end: Phase) -> None:
    run = run_to(phase)
    assert run.advance(end, why="the disk is full")
    assert run.status() == f"{end.value.capitalize()}: the disk is full"


@pytest.mark.parametrize("end", [Phase.DONE, Phase.FAILED, Phase.CANCELLED])
def test_the_first_end_stays(end: Phase) -> None:
    run = run_to(Phase.READING_BACK)
    assert run.advance(end)
    assert not any(run.advance(phase) for phase in Phase)
    assert run.phase is end


@pytest.mark.parametrize(
    ("present", "following"),
    [
        (Phase.CHECKING, Phase.EXPORTING_KEYS),
        (Phase.CHECKING, Phase.RUNNING),
        (Phase.EXPORTING_PLATE, Phase.SUBMITTING),
        (Phase.SUBMITTING, Phase.DONE),
        (Phase.RUNNING, Phase.DONE),
        (Phase.RUNNING, Phase.CHECKING),
        (Phase.READING_BACK, Phase.READING_BACK),
    ],
)
def test_no_phase_is_left_out_or_repeated(present: Phase, following: Phase) -> None:
    run = run_to(present)
    with pytest.raises(ValueError, match=f"{following.value} cannot follow {present.value}"):
        run.advance(following)
    assert run.phase is present


def test_a_run_can_be_cancelled_before_it_begins_and_not_be_done() -> None:
    assert RunState().advance(Phase.CANCELLED)
    with pytest.raises(ValueError, match="cannot follow idle"):
        RunState().advance(Phase.DONE)


def test_a_node_that_was_reopened_takes_up_its_running_job() -> None:
    run = RunState()
    assert run.advance(Phase.RUNNING, total=96)


@given(st.lists(st.integers(-5, 200)))
def test_progress_never_goes_back_and_never_beyond_its_total(steps: list[int]) -> None:
    run = run_to(Phase.CHECKING)
    run.advance(Phase.EXPORTING_PLATE, total=96)
    seen = [run.percent()]
    for done in steps:
        run.progress(done)
        seen.append(run.percent())
    assert seen == sorted(seen) and 0 <= seen[0] <= seen[-1] <= 100


def test_the_status_line_counts_frames_of_the_present_phase() -> None:
    run = run_to(Phase.CHECKING)
    assert run.status() == "Checking …"
    run.advance(Phase.EXPORTING_PLATE, total=96)
    run.progress(3)
    assert (run.status(), run.percent()) == ("Exporting plate: 3 of 96 frames", 3)
    run.advance(Phase.EXPORTING_KEYS, total=2)
    assert (run.status(), run.percent()) == ("Exporting keyframes: 0 of 2 frames", 0)
    assert RunState().status() == ""


def _append_end(run: RunState, end: Phase, won: list[bool]) -> None:
    won.append(run.advance(end))


def test_of_two_ends_at_once_exactly_one_wins() -> None:
    for _ in range(50):
        run = run_to(Phase.READING_BACK)
        won: list[bool] = []
        threads = [
            threading.Thread(target=_append_end, args=(run, end, won))
            for end in (Phase.DONE, Phase.CANCELLED)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False, True]


@given(st.lists(st.booleans()))
def test_one_preview_runs_at_a_time_and_the_newest_follows(moves: list[bool]) -> None:
    throttle = Throttle[int]()
    running: int | None = None
    newest = 0
    for returns in moves:
        if returns and running is not None:
            before, running = running, throttle.returned()
            assert running == (newest if newest != before else None)
        elif not returns:
            newest += 1
            sent = throttle.offer(newest)
            assert sent == (newest if running is None else None)
            running = running or sent


def test_a_dropped_preview_is_not_sent_and_the_next_one_is() -> None:
    throttle = Throttle[str]()
    assert throttle.offer("a") == "a"
    assert throttle.offer("b") is None
    throttle.drop()
    assert throttle.returned() is None
    assert throttle.offer("c") == "c"


def subclasses(kind: type[errors.SparkVSRError]) -> list[type[errors.SparkVSRError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses(child))]


@pytest.mark.parametrize("kind", subclasses(errors.SparkVSRError), ids=lambda kind: kind.__name__)
def test_errors_of_the_library_have_the_same_exit_code_on_the_farm(
    kind: type[errors.SparkVSRError],
) -> None:
    if kind.__module__ == errors.__name__:
        assert exit_code(kind.code) == kind.exit_code


@pytest.mark.parametrize("code", ["not_installed", "agent_missing", "agent_gone", "unreachable"])
def test_an_agent_that_cannot_be_reached_has_its_own_exit_code(code: str) -> None:
    assert exit_code(code) is ExitCode.UNREACHABLE


def test_every_exit_code_says_what_it_means() -> None:
    assert MEANING.keys() == set(ExitCode)
