"""When a keyframe counts as graded."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkvsr.grade import needs_grade

Picture = NDArray[np.float32]


def noisy(picture: Picture, deviation: float = 0.08) -> Picture:
    random = np.random.default_rng(0)
    return picture + np.float32(deviation) * random.standard_normal(picture.shape, np.float32)


def sharper(picture: Picture) -> Picture:
    return np.asarray(picture + 2 * (picture - cv2.GaussianBlur(picture, (0, 0), 2)), np.float32)


def softer(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 2), np.float32)


def painted_out(picture: Picture) -> Picture:
    """A tenth of the picture is something else."""
    height, width = picture.shape[:2]
    painted = picture.copy()
    painted[height // 4 : height // 4 + height // 3, width // 3 : width // 3 + width * 3 // 10] = (
        0.9
    )
    return painted


def a_little_brighter(picture: Picture) -> Picture:
    return picture * np.float32(1.08)


def window(picture: Picture) -> Picture:
    """A third of the picture is lifted by a third of a stop."""
    lifted = picture.copy()
    lifted[:, : picture.shape[1] // 3] *= np.float32(1.35)
    return lifted


def more_saturated(picture: Picture) -> Picture:
    luma = picture.mean(-1, keepdims=True)
    return np.asarray(luma + np.float32(1.5) * (picture - luma), np.float32)


def warmer(picture: Picture) -> Picture:
    return picture * np.array([1.2, 1, 0.8], np.float32)


@pytest.mark.parametrize("change", [noisy, sharper, softer, painted_out, a_little_brighter])
def test_a_repair_is_no_grade(short: list[Picture], change: Callable[[Picture], Picture]) -> None:
    assert not needs_grade(short[0], short[0])
    assert not needs_grade(short[0], change(short[0]))


@pytest.mark.parametrize("change", [window, more_saturated, warmer])
def test_a_grade_is_found_in_any_sharpness(
    short: list[Picture], change: Callable[[Picture], Picture]
) -> None:
    assert needs_grade(short[0], change(short[0]))
    assert needs_grade(noisy(short[0]), change(short[0]))
    assert needs_grade(short[0], sharper(change(short[0])))


def test_colour_on_a_black_and_white_frame_is_a_grade(short: list[Picture]) -> None:
    grey = np.repeat(short[0].mean(-1, keepdims=True), 3, -1)
    assert needs_grade(grey, short[0])


def test_a_dark_noisy_frame_is_not_taken_for_graded(short: list[Picture]) -> None:
    dark = short[0] * np.float32(0.02)
    assert not needs_grade(noisy(dark, 0.02), dark)
