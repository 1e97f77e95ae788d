"""Frame lists: what is read, what is refused, and that no shorter text says the same."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_nuke.core import (
    BridgeError,
    FrameRange,
    add_frame,
    choose_range,
    parse_frames,
    print_frames,
    remove_frame,
)

frame_sets = st.sets(st.integers(-9999, 99999)) | st.sets(st.integers(-12, 12))


def test_the_list_of_the_documentation_is_read() -> None:
    wanted = (-8, -7, -6, -5, 1001, 1010, 1015, 1020)
    assert parse_frames("1001 1010-1020x5 -8--5") == wanted


def test_order_repetition_commas_and_blanks_do_not_matter() -> None:
    assert parse_frames(" 5,3-4 ,\n5\t3 ") == (3, 4, 5)
    assert parse_frames("") == ()


@given(frame_sets)
def test_a_printed_list_is_read_as_the_same_frames(frames: set[int]) -> None:
    assert parse_frames(print_frames(frames)) == tuple(sorted(frames))


# Few random sets hold runs, so some are made of runs that touch.
runs = st.builds(range, st.integers(-12, 12), st.integers(5, 20), st.integers(1, 4)).map(set)
touching = st.lists(runs, min_size=1, max_size=3).map(lambda found: set().union(*found))


@given(st.sets(st.integers(990, 1012), max_size=10) | touching)
def test_no_other_split_into_runs_is_shorter(frames: set[int]) -> None:
    assert len(print_frames(frames)) == shortest(tuple(sorted(frames)))


@cache
def shortest(numbers: tuple[int, ...]) -> int:
    """Length of the shortest list, by trying every first piece."""
    if not numbers:
        return 0
    rests = [len(str(numbers[0])) + _after(numbers[1:])]
    for end in range(2, len(numbers) + 1):
        run = numbers[:end]
        step = run[1] - run[0]
        if all(run[i + 1] - run[i] == step for i in range(end - 1)):
            piece = f"{run[0]}-{run[-1]}" + (f"x{step}" if step > 1 else "")
            rests.append(len(piece) + _after(numbers[end:]))
    return min(rests)


def _after(rest: tuple[int, ...]) -> int:
    return 1 + shortest(rest) if rest else 0


def test_a_frame_that_two_runs_share_goes_where_the_text_is_shorter() -> None:
    assert print_frames([7, 8, 9, 11, 13, 15]) == "7-8 9-15x2"
    assert print_frames([4, 3, 4]) == "3-4"


@given(frame_sets, st.integers(-20, 1100))
def test_a_frame_that_was_added_can_be_removed_again(frames: set[int], frame: int) -> None:
    added = add_frame(print_frames(frames), frame)
    assert set(parse_frames(added)) == frames | {frame}
    assert set(parse_frames(remove_frame(added, frame))) == frames - {frame}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 a 2", "`a` is no frame and no range."),
        ("1-", "`1-` is no frame and no range."),
        ("1x2", "`1x2` is no frame and no range."),
        ("1.5", "`1.5` is no frame and no range."),
        ("٣", "`٣` is no frame and no range."),
        ("20-10", "`20-10` runs backwards: write `10-20`."),
        ("1-9x0", "`1-9x0` has a step of 0."),
        ("1-1000001", "`1-1000001` is longer than 1000000 frames."),
        ("1234567890", "`1234567890` holds a number of more than 9 digits."),
        ("1-1000000 2000000", "The list names 1000001 frames; 1000000 is the most."),
    ],
)
def test_a_piece_that_is_wrong_is_named(text: str, sentence: str) -> None:
    with pytest.raises(BridgeError) as failure:
        parse_frames(text)
    assert failure.value.message == sentence


def test_all_wrong_pieces_are_named_at_once() -> None:
    with pytest.raises(BridgeError, match=r"`a` is no .* `9-1` runs backwards"):
        parse_frames("a 4 9-1")


INPUT, GLOBAL, CUSTOM = FrameRange(1001, 1096), FrameRange(1, 200), FrameRange(1010, 1020)


@pytest.mark.parametrize(
    ("mode", "wanted"), [("input", INPUT), ("global", GLOBAL), ("custom", CUSTOM)]
)
def test_the_range_is_the_one_that_the_knob_names(mode: str, wanted: FrameRange) -> None:
    assert choose_range(mode, INPUT, GLOBAL, CUSTOM) == wanted


def test_a_range_of_one_frame_is_a_range() -> None:
    one = FrameRange(7, 7)
    assert choose_range("custom", None, GLOBAL, one) == one


@pytest.mark.parametrize(
    ("mode", "custom", "words"),
    [
        ("input", CUSTOM, "nothing is connected to `plate`"),
        ("custom", FrameRange(9, 8), "runs backwards, from 9 to 8"),
        ("custom", FrameRange(1, 1_000_001), "longer than 1000000 frames"),
        ("shot", CUSTOM, "`shot` is not known"),
    ],
)
def test_a_range_that_is_none_is_one_sentence(mode: str, custom: FrameRange, words: str) -> None:
    with pytest.raises(BridgeError, match=words) as failure:
        choose_range(mode, None, GLOBAL, custom)
    assert failure.value.hint


def test_a_list_of_many_frames_is_printed_as_its_runs() -> None:
    assert print_frames([*range(1, 100_000, 3), *range(200_000, 300_000)]) == (
        "1-99997x3 200000-299999"
    )
