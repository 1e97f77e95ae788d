"""As many frames out as in, under the same numbers, at the same rate and timecode."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from footage import copy_clip, make_movie, make_picture, packets
from sparkvsr.media import Timecode, open_source

NTSC = Fraction(1000, 1001)
# Rate, and the label of the first frame: those with `;` count by drop frame, over a minute's end.
RATES = {
    "23.976": (24 * NTSC, "00:59:59:20"),
    "24": (Fraction(24), "10:00:00:00"),
    "25": (Fraction(25), "01:00:00:24"),
    "29.97DF": (30 * NTSC, "01:00:59;28"),
    "30": (Fraction(30), "23:59:59:25"),
    "50": (Fraction(50), "12:34:56:49"),
    "59.94": (60 * NTSC, "01:00:59;57"),
    "60": (Fraction(60), "00:00:59:59"),
}
# 30 odd lengths from 1 to 97, the short and the long ones all.
LENGTHS = [*range(1, 40, 2), *range(43, 98, 6)]
KINDS = ["o.mov", "o.mkv", "o.mp4", "d.mxf", "o.%04d.exr", "o.%04d.dpx"]


@pytest.mark.parametrize("rate_name", RATES)
@pytest.mark.parametrize("length", LENGTHS)
def test_count_numbers_rate_and_timecode_are_equal_in_and_out(
    tmp_path: Path, length: int, rate_name: str
) -> None:
    rate, label = RATES[rate_name]
    start = Timecode.parse(label, rate)
    assert start is not None
    turn = LENGTHS.index(length) + list(RATES).index(rate_name)
    kind = KINDS[turn % len(KINDS)]
    size = (120, 256) if kind == "d.mxf" else (16, 16)
    # Every frame tells its number: a frame that is lost, doubled or out of order is seen.
    grey = [np.full((*size, 3), 100 + 8 * index, np.uint16) for index in range(length)]
    make_movie(tmp_path / "in.mkv", grey, rate=rate)
    with open_source(str(tmp_path / "in.mkv")) as source:
        like = replace(source.info, timecode=start)
    first = copy_clip(tmp_path / "in.mkv", tmp_path / kind, like=like, first_frame=1001)
    # And once more: what we wrote goes through us again, into the same kind of file.
    info = copy_clip(tmp_path / kind, tmp_path / f"again_{kind}")
    for found in (first, info):
        assert (found.frames, found.rate, found.timecode) == (length, rate, start)
        assert found.first_frame == (0 if found.kind == "movie" else 1001)
    with open_source(str(tmp_path / f"again_{kind}")) as result:
        numbers = [(float(f.astype(np.float64).mean()), f.dtype) for f in result.frames()]
    codes = [v * 1023 / (65535 if t == np.uint16 else 1) for v, t in numbers]
    assert codes == pytest.approx([100 + 8 * index for index in range(length)], abs=2)
    if found.kind == "sequence":
        names = sorted(file.name for file in tmp_path.glob("again_*"))
        assert names == [f"again_o.{1001 + n:04d}{kind[-4:]}" for n in range(length)]
    else:
        starts = [start for start, _, _ in packets(tmp_path / f"again_{kind}", "video")]
        assert len(starts) == length


def test_a_part_of_a_clip_starts_at_its_own_timecode(tmp_path: Path) -> None:
    rate = 30 * NTSC
    start = Timecode.parse("01:00:59;28", rate)
    for number in range(1001, 1006):
        make_picture(tmp_path / f"p.{number}.dpx", np.zeros((8, 8, 3), np.uint16))
    with open_source(str(tmp_path / "p.#.dpx")) as source:
        like = replace(source.info, rate=rate, timecode=start)
    copy_clip(tmp_path / "p.#.dpx", tmp_path / "out.#.dpx", like=like)
    info = copy_clip(tmp_path / "out.#.dpx", tmp_path / "part.mov", first=1003, last=1004)
    assert (str(info.timecode), info.frames, info.rate) == ("01:01:00;02", 2, rate)
