from __future__ import annotations

import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from footage import make_picture, noise
from sparkvsr.errors import SourceError
from sparkvsr.media import open_output, open_source

HARD_HALVES = np.array(
    [0, -0.0, -1.5, 65504, -65504, 6e-8, np.inf, -np.inf, np.nan, 2.5, 0.18, 1], np.float16
).reshape(2, 2, 3)


def plates(folder: Path, numbers: range, shape: tuple[int, int] = (4, 6)) -> str:
    for number in numbers:
        make_picture(
            folder / f"plate.{number:04d}.png", noise((*shape, 3), 255, number).astype("uint8")
        )
    return str(folder / "plate.####.png")


def copy(source_name: str, output_name: str, **changes: object) -> None:
    with open_source(source_name) as source:
        info = replace(source.info, **changes)  # type: ignore[arg-type]
        with open_output(
            output_name,
            like=info,
            width=info.width,
            height=info.height,
            first_frame=info.first_frame,
        ) as output:
            for frame in source.frames():
                output.write(frame)
            output.commit()


def frames(name: str) -> list[NDArray[np.generic]]:
    with open_source(name) as source:
        return list(source.frames())


def test_half_exr_comes_back_bit_for_bit(tmp_path: Path) -> None:
    for number in (1001, 1002):
        path = tmp_path / f"in.{number}.exr"
        make_picture(path, HARD_HALVES, PixelAspectRatio=2.0, framesPerSecond=23.976)
    copy(str(tmp_path / "in.%04d.exr"), str(tmp_path / "out/out.%04d.exr"))
    with open_source(str(tmp_path / "out/out.%04d.exr")) as result:
        info = result.info
        assert (info.first_frame, info.frames, info.bits) == (1001, 2, 16)
        assert (info.pixel_aspect, info.rate) == (Fraction(2), Fraction(24000, 1001))
        assert info.is_float
        for frame in result.frames():
            assert frame.dtype == np.float16
            assert np.array_equal(frame.view(np.uint16), HARD_HALVES.view(np.uint16))


@pytest.mark.parametrize(
    ("stored", "suffix", "depth"),
    [
        ("uint8", ".png", (8, False)),
        ("uint16", ".png", (16, False)),
        ("float16", ".png", (16, False)),
        ("uint8", ".exr", (16, True)),
        ("float16", ".exr", (16, True)),
        ("float32", ".exr", (32, True)),
        ("uint8", ".tif", (8, False)),
        ("float16", ".tif", (32, True)),
        ("uint16", ".dpx", (10, False)),
        ("uint16", ".jpg", (8, False)),
    ],
)
def test_the_depth_follows_the_source_as_far_as_the_format_can(
    tmp_path: Path, stored: str, suffix: str, depth: tuple[int, bool]
) -> None:
    kind = ".png" if stored[0] == "u" else ".exr"
    make_picture(tmp_path / f"in.1{kind}", np.ones((2, 2, 3), stored))
    with open_source(str(tmp_path / f"in.#{kind}")) as source:
        name = str(tmp_path / f"out.#{suffix}")
        with open_output(name, like=source.info, width=2, height=2, first_frame=1) as output:
            assert (output.bits, output.is_float) == depth
            output.write(next(source.frames()))
            output.commit()
    with open_source(str(tmp_path / f"out.#{suffix}")) as result:
        assert (result.info.bits, result.info.is_float) == depth


@pytest.mark.parametrize("suffix", [".exr", ".png", ".tif", ".dpx", ".jpg"])
def test_the_pixel_aspect_is_kept(tmp_path: Path, suffix: str) -> None:
    name = plates(tmp_path, range(1, 2))
    copy(name, str(tmp_path / f"out.#{suffix}"), pixel_aspect=Fraction(128, 117))
    with open_source(str(tmp_path / f"out.#{suffix}")) as result:
        assert float(result.info.pixel_aspect) == pytest.approx(128 / 117, rel=1e-3)


def test_a_sequence_is_numbered_as_its_files_and_can_be_read_twice(tmp_path: Path) -> None:
    name = plates(tmp_path, range(1001, 1005))
    with open_source(name, first=1002, last=1003) as source:
        assert (source.info.first_frame, source.info.frames) == (1002, 2)
        assert (source.info.rate, source.info.kind) == (Fraction(24), "sequence")
        first, second = list(source.frames()), list(source.frames())
    for number, a, b in zip((1002, 1003), first, second, strict=True):
        assert np.array_equal(a, noise((4, 6, 3), 255, number))
        assert np.array_equal(a, b)


def test_missing_frames_are_named_shortly(tmp_path: Path) -> None:
    name = plates(tmp_path, range(1001, 1011))
    for number in (1003, 1007, 1008, 1009):
        (tmp_path / f"plate.{number}.png").unlink()
    with pytest.raises(SourceError, match=r"Frames 1003, 1007-1009 of .* are missing"):
        open_source(name)
    with open_source(name, first=1004, last=1006) as source:
        assert source.info.frames == 3


def test_frames_beyond_the_ends_are_missing_too(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Frames 1-2, 5 of"):
        open_source(plates(tmp_path, range(3, 5)), first=1, last=5)


def test_a_sequence_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"No frame of .*plate\.####\.png"):
        open_source(str(tmp_path / "plate.####.png"))


@pytest.mark.parametrize(("first", "last"), [(3, 2), (-1, 2)])
def test_an_impossible_range_is_an_error(tmp_path: Path, first: int, last: int) -> None:
    with pytest.raises(SourceError, match=f"The range {first} to {last}"):
        open_source(plates(tmp_path, range(1, 4)), first=first, last=last)


def test_one_picture_is_no_source_and_its_pattern_is_suggested(tmp_path: Path) -> None:
    plates(tmp_path, range(1, 2))
    with pytest.raises(SourceError) as caught:
        open_source(str(tmp_path / "plate.0001.png"))
    assert "plate.####.png" in caught.value.hint


@pytest.mark.parametrize(
    ("pixels", "what"),
    [
        (np.zeros((4, 7, 3), np.uint8), "size"),
        (np.zeros((4, 6, 3), np.uint16), "depth"),
        (np.zeros((4, 6, 4), np.uint8), "channels"),
    ],
)
def test_a_frame_unlike_the_first_is_named(
    tmp_path: Path, pixels: NDArray[np.generic], what: str
) -> None:
    name = plates(tmp_path, range(1, 4))
    make_picture(tmp_path / "plate.0002.png", pixels)
    with open_source(name) as source:
        frames = source.frames()
        next(frames)
        with pytest.raises(SourceError, match=rf"plate\.0002\.png differs in {what}"):
            next(frames)


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    name = plates(tmp_path, range(1, 3))
    (tmp_path / "plate.0002.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with open_source(name) as source, pytest.raises(SourceError, match=r"plate\.0002\.png"):
        list(source.frames())


def test_reading_does_not_collect_frames(tmp_path: Path) -> None:
    name = plates(tmp_path, range(1, 31), (200, 200))
    size = 200 * 200 * 3
    with open_source(name) as source:
        tracemalloc.start()
        try:
            for _ in source.frames():
                pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 8 * size


def test_closing_ends_a_pass_that_is_under_way(tmp_path: Path) -> None:
    with open_source(plates(tmp_path, range(1, 4))) as source:
        under_way = source.frames()
        next(under_way)
    with pytest.raises(StopIteration):
        next(under_way)
