"""The curve between linear light and a model's codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sparkvsr.color._shaper import LIMIT, MID_GREY, WHITE, decode, encode

Values = NDArray[np.float32]


def halves() -> Values:
    """Every finite half, ascending."""
    bits = np.arange(0x7C00, dtype=np.uint16)
    positive = bits.view(np.float16)
    return np.concatenate([-positive[:0:-1], positive]).astype(np.float32)


def srgb(linear: Values) -> Values:
    """IEC 61966-2-1, for values above its toe."""
    return np.asarray(1.055 * linear ** (1 / 2.4) - 0.055, np.float32)


def code_of(linear: float) -> float:
    return float(encode(np.array([linear], np.float32))[0])


def test_every_half_has_its_own_code_and_comes_back_to_the_bit() -> None:
    values = halves()
    codes = encode(values)
    assert codes.dtype == np.float32
    assert (np.diff(codes) > 0).all()
    assert np.isfinite(codes).all()
    assert (decode(codes).astype(np.float16) == values.astype(np.float16)).all()


def test_the_inverse_is_exact_to_float_precision() -> None:
    values = halves()
    values = values[values != 0]
    assert np.abs(decode(encode(values)) / values - 1).max() < 3e-6


@given(st.floats(-LIMIT, LIMIT, width=32))
@example(0.00303993)  # beside the break of sRGB
@example(0.12727922)  # beside the end of sRGB
@example(11.52)  # beside white
def test_it_never_falls_and_has_no_step(value: float) -> None:
    low = np.array([value], np.float32)
    high = np.nextafter(low, np.float32(np.inf))
    rise = encode(high) - encode(low)
    assert rise >= -np.spacing(np.abs(encode(low)))  # no more than the rounding of a float
    assert rise < 1e-6 + 13 * (high - low)


def test_its_slope_has_no_step_either() -> None:
    values = np.geomspace(1e-3, 100, 4000)
    codes = encode(values.astype(np.float32)).astype(np.float64)
    slope = np.diff(codes) / np.diff(np.log2(values))
    # The largest bend of the curve's own, per step of a 240th of a stop, is 0.0005.
    assert np.abs(np.diff(slope)).max() < 0.003


def test_shadows_up_to_half_a_stop_below_mid_grey_are_those_of_srgb() -> None:
    values = np.geomspace(0.005, MID_GREY / 2**0.5, 200).astype(np.float32)
    assert np.abs(encode(values) - srgb(values)).max() < 1e-6


def test_mid_grey_looks_like_mid_grey() -> None:
    assert code_of(MID_GREY) == pytest.approx(
        float(srgb(np.array([MID_GREY], np.float32))[0]), abs=0.01
    )


def test_white_is_six_stops_above_mid_grey() -> None:
    assert WHITE == MID_GREY * 64
    assert code_of(WHITE) == pytest.approx(1.0, abs=1e-6)


def test_contrast_falls_from_srgb_to_white_but_never_below_a_log_curve() -> None:
    stops = np.arange(-0.5, 6.01, 0.25)
    codes = encode((MID_GREY * 2**stops).astype(np.float32))
    contrast = np.diff(codes) / 0.25
    assert (np.diff(contrast) < 1e-5).all()
    assert contrast[0] > 0.12
    assert contrast[-1] > 1 / 17.52  # of ACEScct, per stop


@pytest.mark.parametrize("value", [np.inf, 1e30, 65504.0 * 20, np.nan])
def test_what_is_beyond_all_measure_stays_finite(value: float) -> None:
    assert code_of(value) == code_of(LIMIT)
    assert np.isfinite(decode(encode(np.array([value, -value], np.float32)))).all()
    assert np.isfinite(decode(np.array([1e30, -1e30], np.float32))).all()


def test_negatives_mirror_positives() -> None:
    values = halves()
    assert (encode(-values) == -encode(values)).all()
