"""Low trust in ranges and words."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.job import Shot
from sparkvsr.report import LOW_TRUST, low_trust_ranges
from sparkvsr.report._trust import keyframe_suggestion, verdict

TRUST = st.lists(st.floats(0, 1), max_size=80)


def shot(frames: int, cuts: tuple[int, ...] = ()) -> Shot:
    return Shot(width=8, height=8, frames=frames, first_frame=1001, cuts=cuts)


@given(TRUST, st.floats(0, 1), st.integers(0, 5))
def test_every_low_frame_lies_in_a_range_and_ranges_begin_and_end_low(
    trust: list[float], threshold: float, gap: int
) -> None:
    ranges = low_trust_ranges(trust, threshold, gap)
    covered = {i for first, last in ranges for i in range(first, last + 1)}
    assert {i for i, value in enumerate(trust) if value < threshold} <= covered
    assert all(trust[first] < threshold and trust[last] < threshold for first, last in ranges)


@given(TRUST, st.integers(0, 5))
def test_ranges_are_ordered_and_split_exactly_where_more_than_gap_frames_are_good(
    trust: list[float], gap: int
) -> None:
    ranges = low_trust_ranges(trust, gap=gap)
    for (_, last), (first, _) in pairwise(ranges):
        assert first - last - 1 > gap
    for first, last in ranges:
        good_run = 0
        for value in trust[first : last + 1]:
            good_run = good_run + 1 if value >= LOW_TRUST else 0
            assert good_run <= gap


@given(TRUST, st.sets(st.integers(1, 79)))
def test_no_range_crosses_a_cut(trust: list[float], cuts: set[int]) -> None:
    ranges = low_trust_ranges(trust, cuts=cuts)
    assert not any(first < cut <= last for first, last in ranges for cut in cuts)
    assert sum(value < LOW_TRUST for value in trust) == sum(
        trust[i] < LOW_TRUST for first, last in ranges for i in range(first, last + 1)
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_keyframe_is_suggested_where_trust_is_lowest(trust: list[float]) -> None:
    assert trust[keyframe_suggestion(trust, 0, len(trust) - 1)] == min(trust)


def test_of_equally_low_frames_the_middle_one_is_suggested() -> None:
    assert keyframe_suggestion([0.0] * 11, 2, 8) == 5


def test_a_low_stretch_is_named_with_host_frame_numbers() -> None:
    trust = [1.0] * 30 + [0.4] * 6 + [0.1] + [0.4] * 7 + [1.0] * 20
    assert verdict(trust, shot(64)) == ["Frames 1031–1044: low trust; add a keyframe near 1037."]


def test_a_single_low_frame_is_named_alone() -> None:
    assert verdict([1.0, 1.0, 0.2, 1.0], shot(4)) == [
        "Frame 1003: low trust; add a keyframe there."
    ]


def test_a_low_stretch_over_a_cut_needs_a_keyframe_in_each_scene() -> None:
    assert verdict([0.1] * 10, shot(10, cuts=(5,))) == [
        "Frames 1001–1005: low trust; add a keyframe near 1003.",
        "Frames 1006–1010: low trust; add a keyframe near 1008.",
    ]


def test_good_trust_is_said_with_its_lowest_frame() -> None:
    assert verdict([0.9, 0.71, 0.8], shot(3)) == [
        "No low trust anywhere; the lowest is 0.71, at frame 1002."
    ]


def test_of_very_many_stretches_the_longest_are_named_and_the_rest_counted() -> None:
    trust = ([0.1] + [1.0] * 4) * 20 + [0.1] * 9
    sentences = verdict(trust, shot(len(trust)))
    assert len(sentences) == 13
    assert sentences[-2] == "Frames 1101–1109: low trust; add a keyframe near 1105."
    assert sentences[-1] == "And 9 shorter stretches of low trust."
