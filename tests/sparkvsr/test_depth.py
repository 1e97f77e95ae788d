from __future__ import annotations

import numpy as np
import pytest

from sparkvsr.depth import full_scale, to_codes, to_floats


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_every_code_survives_full_scale_and_float32(bits: int) -> None:
    codes = np.arange(1 << bits, dtype=np.uint8 if bits == 8 else np.uint16)
    frame = full_scale(codes, bits)
    top = np.iinfo(frame.dtype).max
    assert (frame[0], frame[-1]) == (0, top)
    assert np.array_equal(to_codes(frame, bits), codes)
    assert np.array_equal(to_codes(frame.astype(np.float32) / np.float32(top), bits), codes)


@pytest.mark.parametrize("bits", [8, 10])
def test_half_floats_hold_every_8_and_10_bit_code(bits: int) -> None:
    codes = np.arange(1 << bits, dtype=np.uint8 if bits == 8 else np.uint16)
    frame = full_scale(codes, bits)
    half = (frame.astype(np.float32) / np.float32(np.iinfo(frame.dtype).max)).astype(np.float16)
    assert np.array_equal(to_codes(half, bits), codes)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_floats_are_clipped_rounded_and_nan_becomes_black(dtype: str) -> None:
    values = np.array([np.nan, -np.inf, -1, 0, 0.5, 1, 2, np.inf], dtype)
    assert to_codes(values, 8).tolist() == [0, 0, 0, 0, 128, 255, 255, 255]


def test_half_is_not_touched_and_integers_become_units() -> None:
    half = np.array([-2, 7, np.inf, np.nan], np.float16)
    assert to_floats(half, np.dtype(np.float16)) is half
    assert to_floats(np.array([0, 65535], np.uint16), np.dtype(np.float32)).tolist() == [0, 1]
