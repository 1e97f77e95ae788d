"""Grades in the spaces of a grading suite: display-referred, log, scene-linear without limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sparkvsr.grade import GradeCarrier

Picture = NDArray[np.float32]
Look = Callable[[Picture], Picture]


def display(picture: Picture) -> Picture:
    return picture


def scene_linear(picture: Picture) -> Picture:
    """Highlights up to about 100, black at −0.01."""
    return np.asarray(0.2 * picture**2.4 + 100 * np.maximum(picture - 0.8, 0) ** 2.0 * 25 - 0.01)


def log(picture: Picture) -> Picture:
    """A camera's log curve over the scene-linear picture."""
    light = scene_linear(picture)
    return np.asarray(0.25 * np.log10(5.5 * np.maximum(light, -0.009) + 0.052) + 0.385)


def slope_and_offset(picture: Picture) -> Picture:
    """What goes for any value: gain and offset per channel, saturation 1.4."""
    graded = picture * np.array([1.5, 1.0, 0.7], np.float32) + np.array([0.01, 0, 0.02], np.float32)
    luma = graded.mean(-1, keepdims=True)
    return np.asarray(luma + np.float32(1.4) * (graded - luma), np.float32)


@pytest.mark.parametrize(("space", "highest"), [(display, 1.0), (log, 0.9), (scene_linear, 60.0)])
def test_a_grade_is_carried_in_any_space(short: list[Picture], space: Look, highest: float) -> None:
    source = [np.asarray(space(frame), np.float32) for frame in short]
    assert max(frame.max() for frame in source) >= highest
    keyframes = {t: slope_and_offset(source[t]) for t in (0, 24)}
    carrier = GradeCarrier(source.__getitem__, keyframes, [(0, 25)])
    for t in (6, 12):
        truth, found = slope_and_offset(source[t]), carrier.graded(t)
        assert found.dtype == np.float32
        # Relative in the lights and absolute in the darks: a hundredth of a stop looks equal there.
        error = np.abs(found - truth) / (np.abs(truth).max(-1, keepdims=True) + 0.05)
        assert np.mean(error) < 0.005
        assert np.quantile(error, 0.99) < 0.04


def test_values_beyond_those_of_the_keyframes_are_neither_clamped_nor_turned(
    short: list[Picture],
) -> None:
    """A stop of gain; keyframes end at 60 and −0.01, one frame at 1000 and −10."""
    source = [np.asarray(scene_linear(frame), np.float32) for frame in short]
    ramp = np.geomspace(0.01, 1000, 320, dtype=np.float32)
    source[12][0] = ramp[:, None]
    source[12][1] = -ramp[:, None] / 100
    keyframes = {t: source[t] * np.float32(2) for t in (0, 24)}
    found = GradeCarrier(source.__getitem__, keyframes, [(0, 25)]).graded(12)
    np.testing.assert_allclose(found[0, 100:], 2 * source[12][0, 100:], rtol=0.3)
    assert np.all(np.diff(found[0, 100:], axis=0) > 0)
    gain = found[1, 160:] / source[12][1, 160:]  # nothing negative of that size is ever shown
    assert gain.min() > 1
    assert gain.max() < 4


def test_a_smooth_ramp_stays_smooth() -> None:
    """No banding: each of 4096 levels of a ramp stays distinct and in order."""
    levels = np.tile(np.linspace(0, 1, 4096, dtype=np.float32)[:, None], (64, 1, 3))
    carrier = GradeCarrier(
        lambda _: levels, {0: np.asarray(levels ** np.float32(0.8) * np.float32(1.1))}, [(0, 3)]
    )
    found = carrier.graded(2)
    assert np.all(np.diff(found, axis=1) > 0)
