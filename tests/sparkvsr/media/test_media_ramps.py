"""How exact 10 bits are in every kind of file; docs/formats.md states these figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from footage import copy_clip, make_movie, read_frames
from sparkvsr.depth import as_picture


def ramp(colour: tuple[int, int, int]) -> NDArray[np.uint16]:
    """All codes 0 … 1023, eight times over each other so that codecs see a smooth picture."""
    codes = np.arange(1024, dtype=np.uint16)[None, :, None] * np.array(colour, np.uint16)
    return np.broadcast_to(codes, (128, 1024, 3)).copy()


@pytest.mark.parametrize(
    ("name", "codec", "grey", "coloured"),
    [
        ("o.mkv", "ffv1", 0, 0),
        ("o.#.dpx", None, 0, 0),
        ("o.#.exr", None, 0, 0),
        ("o.#.png", None, 0, 0),
        ("o.#.tif", None, 0, 0),
        ("o.mov", "prores4444", 1, 2),
        ("o.mov", "dnxhr444", 1, 2),
        ("o.mxf", "dnxhr444", 1, 2),
        ("o.mp4", "hevc10", 2, 5),
        ("o.mp4", "h264", 5, 9),
    ],
)
def test_a_10_bit_ramp_is_off_by_no_more_than(
    tmp_path: Path, name: str, codec: Any, grey: int, coloured: int
) -> None:
    for colour, error in (((1, 1, 1), grey), ((1, 0, 0), coloured), ((0, 1, 1), coloured)):
        codes = ramp(colour)
        make_movie(tmp_path / "in.mkv", [codes] * 2)
        copy_clip(tmp_path / "in.mkv", tmp_path / name, codec=codec)
        for picture in read_frames(tmp_path / name):
            found = np.rint(as_picture(picture).astype(np.float64) * 1023)
            assert np.abs(found - codes).max() <= error
        for file in tmp_path.iterdir():
            file.unlink()
