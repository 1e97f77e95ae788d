"""The planner: examples worked by hand, and what must hold for every shot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.errors import KeyframeError, SettingsError
from sparkvsr.planner import Anchor, Plan, plan_shot


@dataclass(frozen=True)
class Case:
    """Arguments of `plan_shot`, kept for the checks."""

    frames: int
    keyframes: list[int]
    options: dict[str, Any]

    def plan(self) -> Plan:
        return plan_shot(self.frames, self.keyframes, **self.options)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    frames = draw(st.integers(1, 400))
    window = draw(st.sampled_from([9, 17, 33, 33, 49]))
    overlap = draw(st.sampled_from([o for o in (1, 9, 17, 41) if o < window]))
    indices = st.integers(0, frames - 1)
    return Case(
        frames,
        draw(st.lists(indices, max_size=6, unique=True)),
        {
            "window": window,
            "overlap": overlap,
            "cuts": draw(st.lists(indices, max_size=4)),
            "anchors": draw(st.sampled_from(["none", "missing", "always"])),
            "direction": draw(st.sampled_from(["forward", "outward"])),
        },
    )


def spans(plan: Plan) -> list[tuple[int, int]]:
    """First and last frame of each window."""
    return [(window.start, window.stop - 1) for window in plan.windows]


def anchors(plan: Plan) -> list[list[tuple[int, int]]]:
    """Shared frame and neighbour of each window's anchors."""
    return [[(a.index, a.window) for a in window.anchors] for window in plan.windows]


# Windows


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (33, [(0, 32)]),
        (34, [(0, 32), (8, 33)]),
        (57, [(0, 32), (24, 56)]),
        (65, [(0, 32), (24, 56), (32, 64)]),
        (72, [(0, 32), (24, 56), (40, 71)]),
        (97, [(0, 32), (24, 56), (48, 80), (64, 96)]),
    ],
)
def test_windows_of_33_sharing_9(frames: int, expected: list[tuple[int, int]]) -> None:
    plan = plan_shot(frames, [])
    assert spans(plan) == expected
    assert {window.length for window in plan.windows} == {33}


def test_600_frames_take_25_windows_and_one_frame_of_padding() -> None:
    plan = plan_shot(600, [])
    assert spans(plan) == [(24 * k, 24 * k + 32) for k in range(24)] + [(568, 599)]
    assert plan.windows[-1].shot_index(32) == plan.windows[-1].shot_index(31) == 599


@pytest.mark.parametrize(
    ("frames", "length"), [(1, 1)] + [(n, 9) for n in range(2, 10)] + [(10, 17)]
)
def test_a_short_shot_is_one_short_window(frames: int, length: int) -> None:
    (window,) = plan_shot(frames, []).windows
    assert (window.start, window.stop, window.length) == (0, frames, length)


def test_an_overlap_of_one_frame() -> None:
    assert spans(plan_shot(65, [], overlap=1)) == [(0, 32), (32, 64)]
    assert spans(plan_shot(72, [], overlap=1)) == [(0, 32), (32, 64), (40, 71)]


def test_cuts_begin_scenes_with_grids_of_their_own() -> None:
    plan = plan_shot(97, [], cuts=[50, 0, 7, 50, 51])
    assert plan.scenes == ((0, 7), (7, 50), (50, 51), (51, 97))
    assert spans(plan) == [(0, 6), (7, 39), (23, 49), (50, 50), (51, 83), (67, 96)]
    assert [window.scene for window in plan.windows] == [0, 1, 1, 2, 3, 3]


@given(cases())
def test_windows_cover_each_frame_and_never_cross_a_cut(case: Case) -> None:
    plan = case.plan()
    covered = {i for window in plan.windows for i in range(window.start, window.stop)}
    assert covered == set(range(case.frames))
    for position, window in enumerate(plan.windows):
        start, stop = plan.scenes[window.scene]
        assert window.position == position
        assert start <= window.start < window.stop <= stop
    assert {start for start, _ in plan.scenes} == {0, *case.options["cuts"]}


@given(cases())
def test_lengths_are_8k_plus_1_and_starts_lie_on_the_grid(case: Case) -> None:
    plan = case.plan()
    for window in plan.windows:
        assert window.length % 8 == 1
        assert window.length <= case.options["window"]
        assert 0 <= window.length - (window.stop - window.start) < 8
        start, stop = plan.scenes[window.scene]
        inside = [k.index for k in plan.keyframes if start <= k.index < stop]
        origin = inside[0] if inside and case.options["direction"] == "outward" else start
        assert (window.shot_index(0) - origin) % 8 == 0


@given(cases())
def test_windows_are_in_shot_order_and_neighbours_share_the_overlap(case: Case) -> None:
    plan = case.plan()
    for before, after in pairwise(plan.windows):
        assert before.start < after.start
        assert before.stop < after.stop
        if before.scene == after.scene:
            turns = before.reversed and not after.reversed
            assert before.stop - after.start >= (1 if turns else case.options["overlap"])


@given(cases())
def test_few_windows_cover_a_frame(case: Case) -> None:
    plan = case.plan()
    window, overlap = case.options["window"], case.options["overlap"]
    cover = Counter(i for w in plan.windows for i in range(w.start, w.stop))
    assert max(cover.values()) <= ceil(window / (window - overlap)) + 1
    if overlap == 1:
        assert max(cover.values()) <= 2


@given(st.integers(1, 2000))
def test_at_33_sharing_9_at_most_one_frame_lies_in_three_windows(frames: int) -> None:
    cover = Counter(i for w in plan_shot(frames, []).windows for i in range(w.start, w.stop))
    assert max(cover.values()) <= 3
    assert sum(count == 3 for count in cover.values()) <= 1


@given(cases())
def test_local_and_shot_index_are_inverse_and_padding_repeats_the_last(case: Case) -> None:
    for window in case.plan().windows:
        real = window.stop - window.start
        order = [window.shot_index(i) for i in range(window.length)]
        assert sorted(order[:real]) == list(range(window.start, window.stop))
        assert [window.local(index) for index in order[:real]] == list(range(real))
        assert set(order[real - 1 :]) == {order[real - 1]}
        assert window.reversed == (real > 1 and order[0] > order[1])


@given(cases())
def test_the_same_job_gives_the_same_plan(case: Case) -> None:
    assert case.plan() == case.plan()


# Keyframes


@pytest.mark.parametrize(
    ("index", "slot"), [(0, 0), (1, 0), (2, 4), (3, 4), (4, 4), (5, 4), (6, 8), (32, 32), (70, 72)]
)
def test_a_keyframe_snaps_to_the_nearest_multiple_of_4_and_a_tie_goes_up(
    index: int, slot: int
) -> None:
    (keyframe,) = plan_shot(71, [index]).keyframes
    assert (keyframe.index, keyframe.slot) == (index, slot)


def test_slots_count_from_the_scene() -> None:
    plan = plan_shot(40, [10], cuts=[9])
    assert plan.keyframes[0].slot == 9
    assert plan.windows[1].local(plan.keyframes[0].slot) == 0


def test_a_snap_is_told_in_host_frame_numbers() -> None:
    plan = plan_shot(33, [0, 7], first_frame=1001)
    assert plan.slot_notes == (
        "Keyframe 1008 is given to the model at slot 1009; its pixels stay at 1008.",
    )
    assert plan.notes == ()


def test_of_two_close_keyframes_the_later_in_the_list_is_used() -> None:
    plan = plan_shot(33, [8, 5, 20], first_frame=1001)
    assert [(k.keyframe, k.index) for k in plan.keyframes] == [(1, 5), (2, 20)]
    assert plan.notes == (
        "Keyframe 1009 is not used: it is closer than 4 frames to 1006, which was given later.",
    )


def test_a_keyframe_that_gave_way_makes_no_other_give_way() -> None:
    assert [k.index for k in plan_shot(33, [0, 3, 6]).keyframes] == [0, 6]


def test_close_keyframes_on_both_sides_of_a_cut_are_used() -> None:
    plan = plan_shot(33, [15, 16], cuts=[16])
    assert [k.index for k in plan.keyframes] == [15, 16]
    assert plan.notes == ()


def test_a_scene_without_a_keyframe_is_named() -> None:
    plan = plan_shot(40, [3], cuts=[9], first_frame=1001)
    assert plan.notes == ("Frames 1010 to 1040 have no keyframe: nothing is carried into them.",)
    assert plan.windows[1].anchors == ()


def test_windows_know_the_nearest_keyframes_outside_of_them() -> None:
    plan = plan_shot(97, [0, 8, 60, 90, 96], cuts=[92])
    before = [w.before.index if w.before else None for w in plan.windows]
    after = [w.after.index if w.after else None for w in plan.windows]
    assert spans(plan) == [(0, 32), (24, 56), (48, 80), (64, 91), (92, 96)]
    assert before == [None, 8, 8, 60, None]
    assert after == [60, 60, 90, None, None]


@given(cases())
def test_each_keyframe_is_used_or_named_in_a_note(case: Case) -> None:
    plan = case.plan()
    used = {k.index: k.keyframe for k in plan.keyframes}
    for position, index in enumerate(case.keyframes):
        told = any(note.startswith(f"Keyframe {index} is not used") for note in plan.notes)
        assert told != (index in used)
        assert used.get(index, position) == position
    assert sorted(used) == [k.index for k in plan.keyframes]


@given(cases())
def test_no_two_keyframes_of_a_window_have_one_slot(case: Case) -> None:
    plan = case.plan()
    for window in plan.windows:
        assert window.keyframes == tuple(
            k for k in plan.keyframes if window.start <= k.index < window.stop
        )
        slots = [window.local(k.slot) for k in window.keyframes]
        assert len(set(slots)) == len(slots)
        for keyframe, slot in zip(window.keyframes, slots, strict=True):
            assert slot % 4 == 0
            assert 0 <= slot < window.length
            assert abs(slot - window.local(keyframe.index)) <= 2


# Anchors


def test_anchors_lead_outwards_from_the_keyframe() -> None:
    plan = plan_shot(97, [60])
    assert anchors(plan) == [[(32, 1)], [(56, 2)], [], [(64, 2)]]
    assert plan.order == (2, 1, 0, 3)


def test_a_window_equally_far_from_two_keyframes_is_anchored_on_both_sides() -> None:
    plan = plan_shot(81, [0, 80])
    assert anchors(plan) == [[], [(24, 0), (56, 2)], []]
    assert plan.order == (0, 2, 1)


def test_anchors_with_an_overlap_of_one_are_on_the_shared_frame() -> None:
    plan = plan_shot(97, [40], overlap=1)
    assert spans(plan) == [(0, 32), (32, 64), (64, 96)]
    assert anchors(plan) == [[(32, 1)], [], [(64, 1)]]


def test_anchors_none_gives_none() -> None:
    assert anchors(plan_shot(97, [60], anchors="none")) == [[], [], [], []]


def test_anchors_always_works_forwards_from_the_first_keyframe() -> None:
    plan = plan_shot(145, [60, 96, 140], anchors="always")
    assert spans(plan) == [(0, 32), (24, 56), (48, 80), (72, 104), (96, 128), (112, 144)]
    assert anchors(plan) == [[(32, 1)], [(56, 2)], [], [(72, 2)], [], [(112, 4)]]
    assert plan.order == (2, 1, 0, 3, 4, 5)


@given(cases())
def test_an_anchor_is_a_real_frame_of_both_windows_in_one_scene(case: Case) -> None:
    plan = case.plan()
    for window in plan.windows:
        for anchor in window.anchors:
            neighbour = plan.windows[anchor.window]
            assert neighbour.scene == window.scene
            assert neighbour.reversed == window.reversed
            assert abs(anchor.window - window.position) == 1
            assert window.start <= anchor.index < window.stop
            assert neighbour.start <= anchor.index < neighbour.stop
            assert window.local(anchor.index) in (0, window.length - 1)
            assert anchor.index not in {k.slot for k in window.keyframes}


@given(cases())
def test_every_anchor_is_restored_before_it_is_needed(case: Case) -> None:
    plan = case.plan()
    assert sorted(plan.order) == list(range(len(plan.windows)))
    when = {position: step for step, position in enumerate(plan.order)}
    for window in plan.windows:
        assert all(when[a.window] < when[window.position] for a in window.anchors)


@given(cases())
def test_no_window_of_a_scene_with_keyframes_runs_blind(case: Case) -> None:
    case = replace(case, options=case.options | {"anchors": "missing"})
    plan = case.plan()
    with_keyframes = {w.scene for w in plan.windows if w.keyframes}
    for window in plan.windows:
        anchored = window.scene in with_keyframes and not window.keyframes
        assert bool(window.anchors) == anchored


# Outward


def test_outward_counts_both_ways_from_the_first_keyframe() -> None:
    plan = plan_shot(97, [41, 90], direction="outward")
    assert spans(plan) == [(0, 25), (9, 41), (41, 73), (65, 96)]
    assert [w.reversed for w in plan.windows] == [True, True, False, False]
    head_far, head, tail, _ = plan.windows
    assert (head.shot_index(0), head.shot_index(32)) == (41, 9)
    assert (tail.shot_index(0), tail.shot_index(32)) == (41, 73)
    assert head.local(head.keyframes[0].slot) == tail.local(tail.keyframes[0].slot) == 0
    assert head_far.anchors == (Anchor(head_far.shot_index(0), 1),)
    assert head_far.shot_index(head_far.length - 1) == 0


def test_outward_from_a_scenes_first_or_last_frame_is_one_way() -> None:
    first = plan_shot(60, [0], direction="outward")
    last = plan_shot(60, [59], direction="outward")
    assert [w.reversed for w in first.windows] == [False, False, False]
    assert [w.reversed for w in last.windows] == [True, True, True]


# What is refused


@pytest.mark.parametrize("cut", [-1, 33, 40])
def test_a_cut_outside_of_the_shot_is_refused(cut: int) -> None:
    with pytest.raises(SettingsError, match=str(1001 + cut)):
        plan_shot(33, [], cuts=[cut], first_frame=1001)


@pytest.mark.parametrize("index", [-1, 33])
def test_a_keyframe_outside_of_the_shot_is_refused(index: int) -> None:
    with pytest.raises(KeyframeError, match=str(1001 + index)) as caught:
        plan_shot(33, [index], first_frame=1001)
    assert "1001 to 1033" in caught.value.hint


def test_two_keyframes_on_one_frame_are_refused() -> None:
    with pytest.raises(KeyframeError, match="1006"):
        plan_shot(33, [5, 9, 5], first_frame=1001)


@pytest.mark.parametrize(("window", "overlap"), [(1, 1), (32, 9), (33, 8), (33, 0), (33, 33)])
def test_impossible_windows_are_refused(window: int, overlap: int) -> None:
    with pytest.raises(SettingsError):
        plan_shot(97, [], window=window, overlap=overlap)
