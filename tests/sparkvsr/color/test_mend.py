"""Values that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sparkvsr.color import mend


def test_a_sound_picture_is_handed_back_itself() -> None:
    picture = np.random.default_rng(0).random((5, 7, 3), np.float32)
    mended, count = mend(picture)
    assert mended is picture
    assert count == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_bad_value_becomes_the_mean_of_its_eight_neighbours(value: float) -> None:
    picture = np.random.default_rng(1).random((6, 6, 3), np.float32)
    around = np.delete(picture[1:4, 2:5, 1].ravel(), 4)
    expected = picture.copy()
    expected[2, 3, 1] = around.mean()
    picture[2, 3, 1] = value
    mended, count = mend(picture)
    assert count == 1
    assert mended == pytest.approx(expected, rel=1e-6)
    assert np.isnan(picture[2, 3, 1]) or np.isinf(picture[2, 3, 1])  # the caller's is left alone


def test_in_a_corner_only_what_is_there_counts() -> None:
    picture = np.ones((4, 4, 3), np.float32)
    picture[0, 0] = np.nan
    mended, count = mend(picture)
    assert (mended == 1).all()
    assert count == 1


def test_a_hole_is_filled_from_its_rim_and_nothing_else_changes() -> None:
    rng = np.random.default_rng(2)
    picture = rng.uniform(1, 2, (40, 50, 3)).astype(np.float32)
    hole = np.zeros((40, 50), bool)
    hole[5:30, 10:45] = True
    damaged = np.where(hole[..., None], np.float32(np.nan), picture)
    mended, count = mend(damaged)
    assert count == hole.sum()
    assert (mended[~hole] == picture[~hole]).all()
    assert 1 <= mended[hole].min() <= mended[hole].max() <= 2


def test_a_picture_without_any_number_becomes_black() -> None:
    mended, count = mend(np.full((3, 5, 3), np.nan, np.float32))
    assert (mended == 0).all()
    assert count == 15


def test_a_channel_without_any_number_becomes_black_alone() -> None:
    picture = np.ones((3, 5, 3), np.float32)
    picture[..., 2] = np.inf
    mended, count = mend(picture)
    assert (mended == [1, 1, 0]).all()
    assert count == 15


def test_enormous_neighbours_do_not_spoil_small_ones() -> None:
    picture = np.full((9, 9, 3), 0.25, np.float32)
    picture[0, 0] = 3e38
    picture[4, 4] = np.nan
    mended, _ = mend(picture)
    assert mended[4, 4] == pytest.approx([0.25] * 3)


@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_the_result_is_always_finite(
    picture: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    finite = np.isfinite(picture)
    mended, count = mend(picture)
    assert np.isfinite(mended).all()
    assert (mended[finite] == picture[finite]).all()
    assert count == (~finite.all(axis=2)).sum()
