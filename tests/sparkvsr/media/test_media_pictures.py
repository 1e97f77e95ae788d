from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from footage import make_picture, noise
from sparkvsr.errors import KeyframeError, OutputError
from sparkvsr.media import open_source, read_picture, write_picture


@pytest.mark.parametrize("size", [(1, 1), (17, 33)])
@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [
        (".png", "uint8"),
        (".png", "uint16"),
        (".tif", "uint8"),
        (".tif", "uint16"),
        (".tif", "float32"),
        (".exr", "float16"),
        (".exr", "float32"),
    ],
)
def test_a_written_picture_reads_back_exactly(
    tmp_path: Path, size: tuple[int, int], suffix: str, dtype: str
) -> None:
    codes = noise((*size, 3), 255)
    frame = codes.astype(dtype) if dtype[0] == "u" else (codes / 100 - 1).astype(dtype)
    write_picture(tmp_path / f"p{suffix}", frame)
    back = read_picture(tmp_path / f"p{suffix}")
    assert back.dtype == frame.dtype
    assert np.array_equal(back, frame)
    assert back.flags.c_contiguous
    assert [f.name for f in tmp_path.iterdir()] == [f"p{suffix}"]


def test_dpx_keeps_every_10_bit_code(tmp_path: Path) -> None:
    codes = np.repeat(np.arange(1024, dtype=np.uint16).reshape(32, 32, 1), 3, axis=2)
    write_picture(tmp_path / "p.dpx", (codes / 1023).astype(np.float32))
    back = read_picture(tmp_path / "p.dpx")
    assert back.dtype == np.uint16
    assert np.array_equal(np.rint(back / 65535 * 1023), codes)


def test_jpeg_is_close(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None] * 4, (64, 64, 3))
    frame = (ramp * np.array([1, 0.5, 0.25])).astype(np.uint8)
    write_picture(tmp_path / "p.jpg", frame)
    back = read_picture(tmp_path / "p.jpg")
    assert np.abs(back.astype(int) - frame).max() <= 6


def test_writing_a_picture_replaces_the_old_one(tmp_path: Path) -> None:
    for value in (1, 2):
        write_picture(tmp_path / "p.png", np.full((2, 2, 3), value, np.uint8))
    assert read_picture(tmp_path / "p.png").max() == 2


def test_unknown_picture_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"p\.xyz"):
        write_picture(tmp_path / "p.xyz", np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".exr"])
@pytest.mark.parametrize("channels", [1, 2])
def test_grey_becomes_three_equal_channels(tmp_path: Path, suffix: str, channels: int) -> None:
    pixels = noise((4, 5, channels), 255).astype(np.float16 if suffix == ".exr" else np.uint8)
    names = ("Y", "A")[:channels]
    make_picture(tmp_path / f"g{suffix}", pixels, names, oiio__UnassociatedAlpha=1)
    back = read_picture(tmp_path / f"g{suffix}")
    assert back.shape == (4, 5, 3)
    assert all(np.array_equal(back[..., c], pixels[..., 0]) for c in range(3))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_colour_is_not_multiplied_by_alpha(tmp_path: Path, suffix: str) -> None:
    pixels = np.full((2, 2, 4), 200, np.uint8)
    pixels[..., 3] = 10
    make_picture(tmp_path / f"p{suffix}", pixels, oiio__UnassociatedAlpha=1)
    assert np.array_equal(read_picture(tmp_path / f"p{suffix}"), pixels[..., :3])


def test_exr_channels_are_found_by_name(tmp_path: Path) -> None:
    pixels = noise((3, 4, 6), 100).astype(np.float16)
    make_picture(tmp_path / "p.1.exr", pixels, names=("Z", "B", "mask.A", "R", "G", "A"))
    assert np.array_equal(read_picture(tmp_path / "p.1.exr"), pixels[..., [3, 4, 1]])
    with open_source(str(tmp_path / "p.#.exr")) as source:
        assert set(source.info.extra_channels) == {"Z", "mask.A", "A"}


def test_an_exr_with_layers_only_is_refused(tmp_path: Path) -> None:
    names = ("beauty.R", "beauty.G", "beauty.B")
    make_picture(tmp_path / "p.exr", np.zeros((2, 2, 3), np.float16), names=names)
    with pytest.raises(KeyframeError, match=r"p\.exr has no R, G and B channels.*beauty"):
        read_picture(tmp_path / "p.exr")


def test_the_data_window_is_placed_into_the_display_window(tmp_path: Path) -> None:
    pixels = noise((4, 6, 3), 100).astype(np.float16) + np.float16(1)
    make_picture(tmp_path / "p.exr", pixels, window=(-2, 1, 8, 4))
    back = read_picture(tmp_path / "p.exr")
    expected = np.zeros((4, 8, 3), np.float16)
    expected[1:4, 0:4] = pixels[0:3, 2:6]
    assert np.array_equal(back, expected)


def test_a_data_window_outside_of_the_display_window_gives_black(tmp_path: Path) -> None:
    make_picture(tmp_path / "p.exr", np.ones((2, 2, 3), np.float16), window=(50, 50, 4, 4))
    assert not read_picture(tmp_path / "p.exr").any()


def test_a_missing_keyframe_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyframeError, match=r"no picture .*gone\.png"):
        read_picture(tmp_path / "gone.png")


@pytest.mark.parametrize("name", ["text.png", "text.exr", "text.dpx", "text.jpg", "text.tif"])
def test_a_keyframe_that_is_no_picture_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not a picture")
    with pytest.raises(KeyframeError, match=name):
        read_picture(tmp_path / name)


def test_a_cut_off_picture_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.exr"
    make_picture(whole, noise((64, 64, 3), 60000).astype(np.float32))
    (tmp_path / "cut.exr").write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(KeyframeError, match=r"cut\.exr"):
        read_picture(tmp_path / "cut.exr")


def test_integers_of_32_bits_are_refused_not_guessed(tmp_path: Path) -> None:
    make_picture(tmp_path / "p.exr", np.zeros((2, 2, 3), np.float32), compression="none")
    data = (tmp_path / "p.exr").read_bytes()
    for name in (b"R", b"G", b"B"):  # the type of each channel in the header: 2 is float, 0 uint
        data = data.replace(name + b"\0\2\0\0\0", name + b"\0\0\0\0\0")
    (tmp_path / "p.exr").write_bytes(data)
    with pytest.raises(KeyframeError, match=r"p\.exr stores uint"):
        read_picture(tmp_path / "p.exr")


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
    ],
)
def test_rates_stored_as_decimals_become_exact(
    tmp_path: Path, value: float, rate: Fraction
) -> None:
    make_picture(tmp_path / "p.1.exr", np.zeros((2, 2, 3), np.float16), framesPerSecond=value)
    with open_source(str(tmp_path / "p.#.exr")) as source:
        assert source.info.rate == rate
