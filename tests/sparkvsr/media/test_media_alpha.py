"""Alpha beside the picture, and whether the colours are multiplied by it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from footage import copy_clip, make_movie, make_picture, noise
from sparkvsr.depth import as_picture
from sparkvsr.media import OutputWriter, SourceReader, open_output, open_source


def read(name: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours and alpha of the first frame."""
    with open_source(str(name)) as source:
        frame, extras = next(source.frames()), next(source.extras())
    return as_picture(frame), as_picture(extras.channels["A"])


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_alpha_in_ffv1_is_exact(tmp_path: Path, bits: int) -> None:
    codes = noise((3, 17, 33, 4), (1 << bits) - 1)
    if bits == 8:
        form = {"array_format": "rgba", "pix_fmt": "bgra"}
        make_movie(tmp_path / "in.mkv", codes.astype(np.uint8), **form)  # type: ignore[arg-type]
    else:
        make_movie(tmp_path / "in.mkv", codes, array_format=f"gbrap{bits}le")
    info = copy_clip(tmp_path / "in.mkv", tmp_path / "out.mkv", first=1)
    assert (info.extra_channels, info.premultiplied, info.bits) == (("A",), None, bits)
    with av.open(str(tmp_path / "out.mkv")) as container:
        name = "rgba" if bits == 8 else f"gbrap{bits}le"
        back = [frame.to_ndarray(format=name) for frame in container.decode(video=0)]
    assert np.array_equal(back, codes[1:])


def test_alpha_in_prores_is_exact_to_10_bits(tmp_path: Path) -> None:
    codes = noise((2, 32, 48, 4), 1023)
    make_movie(tmp_path / "in.mkv", codes, array_format="gbrap10le")
    copy_clip(tmp_path / "in.mkv", tmp_path / "out.mov")
    copy_clip(tmp_path / "out.mov", tmp_path / "again.mov")
    with open_source(str(tmp_path / "again.mov")) as source:
        for extras, expected in zip(source.extras(), codes, strict=True):
            assert np.array_equal(np.rint(extras.channels["A"] / 65535 * 1023), expected[..., 3])


def test_alpha_of_a_packed_pixel_format_is_read(tmp_path: Path) -> None:
    codes = noise((1, 8, 8, 4), 65535)
    make_movie(tmp_path / "in.mkv", codes, array_format="rgba64le", encoder="ffv1")
    assert np.array_equal(np.rint(read(tmp_path / "in.mkv")[1] * 65535), codes[0, ..., 3])


@pytest.mark.parametrize(
    ("suffix", "top", "straight"),
    [(".png", 255, 1), (".png", 65535, 1), (".tif", 65535, 1), (".tif", 65535, 0)],
)
def test_alpha_and_colours_of_pictures_are_not_touched(
    tmp_path: Path, suffix: str, top: int, straight: int
) -> None:
    codes = noise((6, 8, 4), top).astype(np.uint8 if top == 255 else np.uint16)
    make_picture(tmp_path / f"in.1{suffix}", codes, oiio__UnassociatedAlpha=straight)
    info = copy_clip(tmp_path / f"in.#{suffix}", tmp_path / f"out.#{suffix}")
    assert (info.extra_channels, info.premultiplied) == (("A",), not straight)
    picture, alpha = read(tmp_path / f"out.#{suffix}")
    assert np.array_equal(np.rint(np.dstack([picture, alpha]) * top), codes)


def test_the_colours_are_what_each_kind_of_file_means(tmp_path: Path) -> None:
    """Multiplied in EXR, not in PNG; where alpha is 0 there is nothing to divide by."""
    pixels = np.random.default_rng(0).random((6, 8, 4), np.float32) * 0.9 + 0.05
    pixels[0, 0, 3] = 0
    multiplied = pixels * [1, 1, 1, 1]
    multiplied[1:, :, :3] *= pixels[1:, :, 3:]
    make_picture(tmp_path / "in.1.exr", multiplied.astype(np.float32), names="RGBA")
    copy_clip(tmp_path / "in.#.exr", tmp_path / "png.#.png")
    picture, alpha = read(tmp_path / "png.#.png")
    np.testing.assert_allclose(picture[1:], pixels[1:, :, :3], atol=1e-4)
    np.testing.assert_allclose(picture[0, 0], pixels[0, 0, :3], atol=1e-4)
    np.testing.assert_allclose(alpha, pixels[..., 3], atol=1e-4)
    copy_clip(tmp_path / "png.#.png", tmp_path / "back.#.exr")
    picture, _ = read(tmp_path / "back.#.exr")
    np.testing.assert_allclose(picture[1:], multiplied[1:, :, :3], atol=1e-3)
    copy_clip(tmp_path / "in.#.exr", tmp_path / "tif.#.tif")  # a TIFF says which it is
    picture, _ = read(tmp_path / "tif.#.tif")
    np.testing.assert_array_equal(picture, multiplied[..., :3].astype(np.float32))
    with open_source(str(tmp_path / "tif.#.tif")) as source:
        assert source.info.premultiplied


def test_without_extras_the_colours_stay_as_they_are(tmp_path: Path) -> None:
    pixels = noise((6, 8, 4), 65535)
    make_picture(tmp_path / "in.1.png", pixels, oiio__UnassociatedAlpha=1)
    info = copy_clip(tmp_path / "in.#.png", tmp_path / "out.#.tif", extras_from=None)
    assert info.extra_channels == ()
    with open_source(str(tmp_path / "out.#.tif")) as source:
        assert np.array_equal(next(source.frames()), pixels[..., :3])


@pytest.mark.parametrize("name", ["o.mov", "o.mkv", "o.#.png", "o.#.exr"])
def test_alpha_grows_with_the_picture(tmp_path: Path, name: str) -> None:
    codes = np.full((2, 16, 16, 4), 800, np.uint16)
    codes[:, :, 8:, 3] = 0
    make_movie(tmp_path / "in.mkv", codes, array_format="gbrap10le")
    with (
        open_source(str(tmp_path / "in.mkv")) as source,
        open_output_of(tmp_path / name, source) as output,
    ):
        for frame in source.frames():
            output.write(np.repeat(np.repeat(frame, 2, 0), 2, 1))
        output.commit()
    _, alpha = read(tmp_path / name)
    assert alpha.shape == (32, 32)
    np.testing.assert_allclose(alpha[:, :12], 800 / 1023, atol=1e-3)
    np.testing.assert_allclose(alpha[:, 20:], 0, atol=1e-3)
    assert 0.2 < alpha[5, 15] < 0.8


def open_output_of(name: Path, source: SourceReader) -> OutputWriter:
    return open_output(
        str(name), like=source.info, width=32, height=32, first_frame=0, extras_from=source
    )


def test_alpha_is_read_again_frame_by_frame_and_ends_with_its_source(tmp_path: Path) -> None:
    codes = noise((5, 8, 8, 4), 1023)
    make_movie(tmp_path / "in.mkv", codes, array_format="gbrap10le")
    with open_source(str(tmp_path / "in.mkv")) as source:
        reading = source.extras()
        planes = [next(reading).channels["A"] for _ in range(2)]
        assert all(plane.base is None and plane.flags.c_contiguous for plane in planes)
        assert np.array_equal(np.rint(planes[1] / 65535 * 1023), codes[1, ..., 3])
    with pytest.raises(StopIteration):
        next(reading)
