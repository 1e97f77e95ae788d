"""What comes back of a model's changes: exact where it held the values, gain where it did not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sparkvsr.color._shaper import WHITE, decode, encode
from sparkvsr.color._transfer import display_codes, shaped_to_linear

Values = NDArray[np.float32]

HALF = st.floats(-65504, 65504, width=16)
CODE = st.floats(-0.25, 1.25, width=32)


def linear(*values: float) -> Values:
    return np.array(values, np.float32)


def seen(values: Values) -> Values:
    return np.clip(encode(values), 0, 1)


@given(HALF)
def test_a_model_that_changes_nothing_changes_nothing(value: float) -> None:
    source = linear(value)
    assert shaped_to_linear(seen(source), encode(source)) == pytest.approx(
        source, rel=3e-6, abs=1e-9
    )


@given(st.lists(st.tuples(HALF, CODE), min_size=1, max_size=50))
def test_nothing_that_is_not_finite_ever_comes_out(pairs: list[tuple[float, float]]) -> None:
    source, restored = np.array(pairs, np.float32).T
    result = shaped_to_linear(restored, encode(source))
    assert np.isfinite(result).all()


@given(CODE, CODE, HALF)
def test_a_brighter_code_never_gives_a_darker_result(a: float, b: float, value: float) -> None:
    source = encode(linear(value, value))
    dark, bright = shaped_to_linear(linear(min(a, b), max(a, b)), source)
    assert dark <= bright + 1e-5 * abs(bright)


@pytest.mark.parametrize("value", [0.0, 0.001, 0.18, 1.0, 4.0])
def test_where_the_model_holds_the_values_its_own_come_back(value: float) -> None:
    restored = np.linspace(0, 1, 100, dtype=np.float32)
    source = encode(np.full(100, value, np.float32))
    assert shaped_to_linear(restored, source) == pytest.approx(decode(restored), rel=1e-6)


def test_above_white_the_change_is_a_factor() -> None:
    source = linear(WHITE, 20, 100, 60000)
    restored = encode(np.full(4, WHITE / 4, np.float32))  # the model took two stops away
    assert shaped_to_linear(restored, encode(source)) == pytest.approx(source / 4, rel=1e-5)


def test_below_zero_what_the_model_could_not_hold_is_added() -> None:
    source = linear(-0.05, -0.001)
    restored = encode(linear(0.003, 0.003))
    assert shaped_to_linear(restored, encode(source)) == pytest.approx(source + 0.003, rel=1e-5)


def test_a_lamp_painted_out_is_gone() -> None:
    restored = encode(linear(0.3))
    (result,) = shaped_to_linear(restored, encode(linear(100.0)))
    assert result == pytest.approx(0.3, rel=1e-5)


def test_a_colour_outside_of_rec709_painted_over_is_gone() -> None:
    restored = encode(linear(0.3))
    (result,) = shaped_to_linear(restored, encode(linear(-5.0)))
    assert result == pytest.approx(0.3, rel=1e-5)


def test_highlights_keep_their_energy_under_a_decoders_errors() -> None:
    rng = np.random.default_rng(4)
    source = np.exp2(rng.uniform(np.log2(WHITE), 15, 100_000)).astype(np.float32)
    noise = rng.normal(0, 0.01, source.shape).astype(np.float32)
    result = shaped_to_linear(seen(source) + noise, encode(source))
    assert np.mean(result / source) == pytest.approx(1, abs=0.01)
    assert result.sum() / source.sum() == pytest.approx(1, abs=0.01)
    # Without that rule each of these errors would be a factor.
    plain = decode(np.clip(seen(source) + noise, 0, 1)) / WHITE
    assert plain.mean() < 0.97


def test_a_decoder_that_never_quite_reaches_white_dims_nothing_above_it() -> None:
    source = linear(WHITE, 20, 1000, 60000)
    assert shaped_to_linear(linear(*[0.985] * 4), encode(source)) == pytest.approx(source, rel=1e-4)


def test_detail_in_the_held_range_is_carried_with_its_contrast() -> None:
    rng = np.random.default_rng(5)
    source = np.full(10_000, 0.4, np.float32)
    detail = rng.normal(0, 0.01, source.shape).astype(np.float32)
    result = shaped_to_linear(seen(source) + detail, encode(source))
    assert np.corrcoef(encode(result), detail)[0, 1] > 0.9999
    assert np.std(encode(result)) == pytest.approx(0.01, rel=0.02)
    assert result.mean() == pytest.approx(0.4, rel=0.01)


@pytest.mark.parametrize("offset", [0.0, -0.01, -0.03, -0.05, -0.1, -0.3])
def test_a_ramp_into_the_highlights_stays_a_ramp_when_the_model_shifts_it(offset: float) -> None:
    source = np.geomspace(0.5, 500, 20_000).astype(np.float32)
    result = shaped_to_linear(seen(source) + np.float32(offset), encode(source))
    steps = np.diff(np.log2(result))
    assert steps.max() < 0.01  # the ramp's own are 0.0005 stops
    assert steps.min() > -0.001


def test_display_codes_outside_of_the_range_keep_their_distance() -> None:
    source = linear(-0.1, 0.0, 0.5, 1.0, 1.3)
    assert display_codes(np.clip(source, 0, 1), source) == pytest.approx(source, abs=1e-7)
    assert display_codes(linear(0.5, 0.5, 0.6, 0.5, 0.5), source) == pytest.approx(
        linear(0.5, 0.5, 0.6, 0.5, 0.5), abs=1e-7
    )
