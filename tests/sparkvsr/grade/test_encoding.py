"""The encoding in which grades are fitted: there and back, without limits."""

from __future__ import annotations

import numpy as np

from sparkvsr.grade._encoding import Encoding


def colours() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Random colours of sizes 1e-6 to 1e4, channels of both signs (64 64 3)."""
    random = np.random.default_rng(0)
    sizes = 10 ** random.uniform(-6, 4, (64, 64, 1))
    return np.asarray(sizes * random.uniform(-1, 1, (64, 64, 3)), np.float32)


def test_every_colour_finds_its_way_back() -> None:
    encoding = Encoding(scale=0.3, low=0.0, high=1.0)
    back = encoding.decoded(encoding.encoded(colours()))
    size = np.abs(colours()).max(-1, keepdims=True)
    assert np.max(np.abs(back - colours()) / size) < 1e-5


def test_dark_colours_hardly_change_and_bright_ones_are_coded_like_stops() -> None:
    encoding = Encoding(scale=0.5, low=0.0, high=1.0)
    grey = np.ones((1, 1, 3), np.float32)
    np.testing.assert_allclose(encoding.encoded(0.01 * grey), 0.01 * grey, rtol=1e-3)
    stops = [float(encoding.encoded(np.float32(level) * grey)[0, 0, 0]) for level in (16, 32, 64)]
    np.testing.assert_allclose(np.diff(stops), 0.5 * np.log(2), rtol=1e-3)


def test_a_colour_keeps_the_ratios_of_its_channels() -> None:
    encoding = Encoding(scale=0.3, low=0.0, high=1.0)
    colour = np.array([[[60.0, -3.0, 15.0]]], np.float32)
    encoded = encoding.encoded(colour)
    np.testing.assert_allclose(encoded / encoded[..., :1], colour / colour[..., :1], rtol=1e-5)


def test_broken_pixels_do_not_move_the_range() -> None:
    sound = np.linspace(0, 1, 64 * 64 * 3, dtype=np.float32).reshape(64, 64, 3)
    broken = sound.copy()
    broken[0, 0], broken[4, 4] = np.nan, np.inf
    one, other = Encoding.of([sound]), Encoding.of([broken])
    np.testing.assert_allclose(
        [other.scale, other.low, other.high], [one.scale, one.low, one.high], atol=0.01
    )
