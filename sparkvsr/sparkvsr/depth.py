"""Between n-bit codes, integers of full scale, and floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .job import DEPTH_DTYPE, Depth

Frame = NDArray[Any]
"""H W 3, RGB; uint8 or uint16 (0 … max stands for 0 … 1), float16 or float32 as they are."""

Codes = NDArray[Any]
"""uint8 for up to 8 bits, uint16 for more."""


def _rescale(codes: NDArray[Any], old: int, new: int) -> Codes:
    dtype = np.uint8 if new == 255 else np.uint16
    if old == new:
        return codes.astype(dtype, copy=False)
    return (
        (codes.astype(np.uint32) * np.uint32(new) + np.uint32(old // 2)) // np.uint32(old)
    ).astype(dtype)


def as_picture(frame: Frame) -> NDArray[np.float32]:
    """A frame of any depth as float32, integers scaled so that their maximum is 1."""
    if frame.dtype.kind == "u":
        return frame.astype(np.float32) / np.float32(np.iinfo(frame.dtype).max)
    return frame.astype(np.float32, copy=False)


def in_depth(picture: NDArray[np.float32], depth: Depth) -> Frame:
    """A float32 picture in a depth; uint8 clips to [0, 1], NaN gives 0."""
    return (
        to_codes(picture, 8)
        if depth == "uint8"
        else to_floats(picture, np.dtype(DEPTH_DTYPE[depth]))
    )


def to_codes(frame: Frame, bits: int) -> Codes:
    """A frame of any depth as codes 0 … 2^bits − 1; floats are clipped to [0, 1], NaN gives 0."""
    top = (1 << bits) - 1
    if frame.dtype.kind == "u":
        return _rescale(frame, int(np.iinfo(frame.dtype).max), top)
    unit = np.fmin(
        np.fmax(as_picture(frame), 0.0), 1.0
    )  # fmax and fmin let the number win over NaN
    return np.rint(unit * np.float32(top)).astype(np.uint8 if bits == 8 else np.uint16)


def full_scale(codes: NDArray[Any], bits: int) -> Codes:
    """Codes 0 … 2^bits − 1 as a frame: uint8 as they are, deeper ones as uint16 up to 65535."""
    return _rescale(codes, (1 << bits) - 1, 255 if bits == 8 else 65535)


def to_floats(frame: Frame, dtype: np.dtype[Any]) -> Frame:
    """A frame of any depth as float16 or float32; floats of that type are not touched."""
    if frame.dtype == dtype:
        return frame
    with np.errstate(over="ignore"):  # what half cannot hold becomes Inf
        return as_picture(frame).astype(dtype)
