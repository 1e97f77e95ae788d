"""What pictures say beside their pixels: rate, timecode, depth and colours."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
import pytest

from footage import copy_clip, make_movie, make_picture, noise
from sparkvsr.errors import KeyframeError
from sparkvsr.media import ColourTags, MediaInfo, Timecode, open_source, read_picture


def info_of(name: Path) -> MediaInfo:
    with open_source(str(name)) as source:
        return source.info


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_dpx_of_every_depth_is_read_exactly(tmp_path: Path, bits: int) -> None:
    top = (1 << bits) - 1
    codes = noise((16, 33, 3), top)
    full = codes.astype(np.uint8) if bits == 8 else np.rint(codes / top * 65535).astype(np.uint16)
    make_picture(tmp_path / "in.1.dpx", full, oiio__BitsPerSample=bits)
    info = info_of(tmp_path / "in.#.dpx")
    assert (info.bits, info.dtype) == (bits, full.dtype)
    found = read_picture(tmp_path / "in.1.dpx") / np.iinfo(full.dtype).max
    assert np.array_equal(np.rint(found * top), codes)


def test_dpx_says_how_it_is_meant_and_when_it_is(tmp_path: Path) -> None:
    make_picture(
        tmp_path / "in.1.dpx",
        noise((8, 8, 3), 65535),
        oiio__BitsPerSample=10,
        dpx__Transfer="Printing density",
        dpx__Colorimetric="Printing density",
        dpx__FrameRate=23.976,
        PixelAspectRatio=2.0,
    )
    label = Timecode.parse("01:00:00:23", Fraction(24000, 1001))
    like = replace(info_of(tmp_path / "in.#.dpx"), timecode=label)
    info = copy_clip(tmp_path / "in.#.dpx", tmp_path / "out.#.dpx", like=like)
    assert (info.rate, info.pixel_aspect) == (Fraction(24000, 1001), Fraction(2))
    assert (info.colour.dpx_transfer, info.timecode) == ("Printing density", label)
    assert info.colour.dpx_colorimetric == "Printing density"
    assert np.array_equal(read_picture(tmp_path / "out.1.dpx"), read_picture(tmp_path / "in.1.dpx"))


@pytest.mark.parametrize("name", ["out.#.exr", "out.#.dpx"])
def test_above_30_frames_a_second_every_frame_has_its_own_timecode(
    tmp_path: Path, name: str
) -> None:
    make_movie(tmp_path / "in.mkv", noise((4, 8, 8, 3), 1023), rate=Fraction(50))
    start = Timecode.parse("00:00:00:48", Fraction(50))
    like = replace(info_of(tmp_path / "in.mkv"), timecode=start)
    copy_clip(tmp_path / "in.mkv", tmp_path / name, like=like)
    labels = []
    for first in range(4):
        with open_source(str(tmp_path / name), first=first) as source:
            labels.append(str(source.info.timecode))
    assert labels == ["00:00:00:48", "00:00:00:49", "00:00:01:00", "00:00:01:01"]


def test_a_png_says_its_colours_by_code_points(tmp_path: Path) -> None:
    make_picture(tmp_path / "in.1.png", noise((8, 8, 3), 65535))
    assert info_of(tmp_path / "in.#.png").colour == ColourTags()
    like = replace(info_of(tmp_path / "in.#.png"), colour=ColourTags(primaries=9, transfer=16))
    colour = copy_clip(tmp_path / "in.#.png", tmp_path / "pq.#.png", like=like).colour
    assert (colour.primaries, colour.transfer) == (9, 16)
    colour = copy_clip(tmp_path / "pq.#.png", tmp_path / "pq.mov").colour
    assert (colour.primaries, colour.transfer, colour.matrix) == (9, 16, 9)


@pytest.mark.parametrize(
    ("primaries", "codec", "matrix"),
    [(9, "prores4444", 9), (1, "prores4444", 1), (2, "hevc10", 1), (9, "dnxhr444", 1)],
)
def test_rgb_becomes_video_by_the_matrix_of_its_primaries(
    tmp_path: Path, primaries: int, codec: str, matrix: int
) -> None:
    """But DNxHR, whose encoder knows only BT.709: then the file says so."""
    make_movie(tmp_path / "in.mkv", noise((1, 120, 256, 3), 1023))
    colour = ColourTags(primaries=primaries)
    like = replace(info_of(tmp_path / "in.mkv"), colour=colour)
    written = copy_clip(tmp_path / "in.mkv", tmp_path / "out.mov", like=like, codec=codec).colour
    assert (written.matrix, written.full_range) == (matrix, False)


def test_other_pages_of_a_tiff_are_no_channels(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 4, 3, oiio.UINT8)
    output = oiio.ImageOutput.create(str(tmp_path / "in.1.tif"))
    assert output is not None
    assert output.open(str(tmp_path / "in.1.tif"), (spec, spec))
    assert output.write_image(np.full((4, 4, 3), 1, np.uint8))
    assert output.open(str(tmp_path / "in.1.tif"), spec, "AppendSubimage")
    assert output.write_image(np.full((4, 4, 3), 2, np.uint8))
    assert output.close()
    info = copy_clip(tmp_path / "in.#.tif", tmp_path / "out.#.tif")
    assert info.extra_channels == ()
    assert read_picture(tmp_path / "out.1.tif").max() == 1


def test_a_deep_picture_is_refused(tmp_path: Path) -> None:
    samples = np.empty((4, 5), object)
    for place in np.ndindex(4, 5):
        samples[place] = np.array([1, 2], np.float32)
    header = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.deepscanline}
    deep = {c: samples.copy() for c in "RGBAZ"}
    OpenEXR.File(header, deep).write(str(tmp_path / "deep.exr"))
    with pytest.raises(KeyframeError, match=r"deep\.exr is a deep picture") as caught:
        read_picture(tmp_path / "deep.exr")
    assert "Flatten" in caught.value.hint
