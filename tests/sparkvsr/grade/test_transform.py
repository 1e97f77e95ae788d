"""The colour transform alone, without anything spatial."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sparkvsr.grade._encoding import Encoding
from sparkvsr.grade._transform import Transform, gather, solve

Picture = NDArray[np.float32]
Look = Callable[[Picture], Picture]
FLAT = Encoding(scale=1e3, low=0.0, high=1.0)  # bends nothing


def colours(low: float = 0.0, high: float = 1.0, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).uniform(low, high, (60, 60, 3)).astype(np.float32)


def fitted(look: Look, source: Picture) -> Transform:
    everywhere = np.ones(source.shape[:2], np.float32)
    return solve(gather(source, look(source), everywhere, FLAT), (), FLAT)


def error(transform: Transform, look: Look, source: Picture) -> float:
    return float(np.abs(source + transform.change(source) - look(source)).mean())


def greens_darker(picture: Picture) -> Picture:
    green = np.clip(4 * (picture[..., 1:2] - picture[..., ::2].max(-1, keepdims=True)), 0, 1)
    return np.asarray(picture * (1 - np.float32(0.5) * green), np.float32)


def test_slope_offset_power_and_saturation_are_fitted_almost_without_rest(primary: Look) -> None:
    assert error(fitted(primary, colours()), primary, colours(seed=1)) < 0.001


def test_a_secondary_is_fitted_by_the_lattice() -> None:
    """Curves alone, which see one channel at a time, leave 0.049 of 0.05 and more."""
    assert error(fitted(lambda p: p, colours()), greens_darker, colours(seed=1)) > 0.05
    assert error(fitted(greens_darker, colours()), greens_darker, colours(seed=1)) < 0.02


def test_colours_that_a_keyframe_does_not_show_come_from_its_neighbours(primary: Look) -> None:
    dark, everything = colours(0.0, 0.4), colours()
    everywhere = np.ones(dark.shape[:2], np.float32)
    own, other = (gather(p, primary(p), everywhere, FLAT) for p in (dark, everything))
    bright = colours(0.6, 1.0, seed=1)
    alone, helped = solve(own, (), FLAT), solve(own, [other], FLAT)
    assert error(helped, primary, bright) < 0.2 * error(alone, primary, bright)


def test_a_keyframe_goes_before_its_neighbours() -> None:
    source = colours()
    everywhere = np.ones(source.shape[:2], np.float32)
    own = gather(source, source * np.float32(1.2), everywhere, FLAT)
    other = gather(source, source * np.float32(0.5), everywhere, FLAT)
    gain = 1 + solve(own, [other], FLAT).change(source).mean() / source.mean()
    assert 1.15 < gain < 1.2


def test_colours_beyond_the_range_change_no_more_than_at_its_border() -> None:
    transform = fitted(lambda p: p * np.float32(1.5), colours())
    far = np.full((1, 1, 3), 50, np.float32)
    np.testing.assert_allclose(transform.change(far), 0.5 * 1.15, rtol=0.05)
