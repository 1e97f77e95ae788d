"""Our files read by the ffmpeg command line, and its files read by us: matrix, range and tags."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from footage import copy_clip, ffmpeg, ffmpeg_says, make_movie, read_frames
from sparkvsr.depth import as_picture
from sparkvsr.media import ColourTags, Timecode, open_source

WIDTH, HEIGHT, TILE = 256, 128, 64
COLOURS = np.array(
    [
        [(1, 1, 1), (0, 0, 0), (0.5, 0.5, 0.5), (0.9, 0.1, 0.1)],
        [(0.1, 0.8, 0.2), (0.2, 0.1, 0.9), (0.75, 0.55, 0.4), (0.02, 0.02, 0.03)],
    ]
)
# Names that the command line uses, by code point of H.273.
MATRIX = {1: "bt709", 6: "smpte170m", 9: "bt2020nc"}


def chart() -> NDArray[np.uint16]:
    """Eight tiles of plain colour, 16 bits."""
    tiles = COLOURS.repeat(TILE, axis=0).repeat(TILE, axis=1)
    return np.asarray(np.rint(tiles * 65535), np.uint16)


def tiles(picture: NDArray[np.generic]) -> NDArray[np.float32]:
    """The middle of every tile, as floats."""
    middle = slice(TILE // 2, None, TILE)
    return as_picture(picture)[middle, middle]


def by_ffmpeg(path: Path) -> NDArray[np.uint16]:
    """The first frame as the command line (zimg) turns it into RGB, by the tags that it finds."""
    filters = "zscale=matrix=gbr:range=full,format=gbrp16le"
    data = ffmpeg("-i", path, "-frames:v", 1, "-vf", filters, "-f", "rawvideo", "-")
    green, blue, red = np.frombuffer(data, np.uint16).reshape(3, HEIGHT, WIDTH)
    return np.dstack([red, green, blue])


def source(folder: Path) -> Path:
    make_movie(folder / "in.mkv", [chart()] * 3, array_format="gbrp16le")
    return folder / "in.mkv"


@pytest.mark.parametrize("matrix", MATRIX)
@pytest.mark.parametrize(
    ("name", "codec", "error"),
    [
        ("o.mov", "prores4444", 1.5 / 1023),
        ("o.mov", "dnxhr444", 1.5 / 1023),
        ("o.mxf", "dnxhr444", 1.5 / 1023),
        ("o.mp4", "hevc10", 1.5 / 1023),
        ("o.mp4", "h264", 2 / 255),
        ("o.mkv", "ffv1", 1 / 65535),
    ],
)
def test_ffmpeg_sees_the_colours_that_we_wrote(
    tmp_path: Path, name: str, codec: str, error: float, matrix: int
) -> None:
    tags = ColourTags(matrix=matrix, full_range=False, primaries=9, transfer=16)
    with open_source(str(source(tmp_path))) as opened:
        like = replace(opened.info, colour=tags)
    info = copy_clip(tmp_path / "in.mkv", tmp_path / name, like=like, codec=codec)
    assert np.abs(tiles(by_ffmpeg(tmp_path / name)) - COLOURS).max() <= error
    (ours, *_) = read_frames(tmp_path / name)
    assert np.abs(tiles(ours) - COLOURS).max() <= error
    assert (info.colour.primaries, info.colour.transfer) == (9, 16)
    said = ffmpeg_says(tmp_path / name)
    video = next(line for line in said.splitlines() if "Video:" in line)
    assert "bt2020/smpte2084" in video
    if codec == "ffv1":
        assert "gbr" in video
    else:
        written = 1 if codec == "dnxhr444" else matrix
        assert f"{MATRIX[written]}/" in video
        assert "pc," not in video
        assert (info.colour.matrix, info.colour.full_range) == (written, False)


def made_by_ffmpeg(
    folder: Path, name: str, *options: object, matrix: int = 1, full: bool = False
) -> Path:
    """The chart, encoded by the command line; the last option is the pixel format."""
    filters, tags = "null", []
    if "yuv" in str(options[-1]):
        swing = "full" if full else "limited"
        filters = f"zscale=matrix={matrix}:range={swing},format={options[-1]}"
        tags = ["-colorspace", MATRIX[matrix], "-color_range", "pc" if full else "tv"]
    ffmpeg("-i", source(folder), "-vf", filters, *options, *tags, folder / name)
    return folder / name


X264 = ["-c:v", "libx264", "-crf", 2]
X265 = ["-c:v", "libx265", "-crf", 2, "-x265-params", "log-level=error"]
PRORES, DNXHR = ["-c:v", "prores_ks", "-profile:v"], ["-c:v", "dnxhd", "-profile:v"]


@pytest.mark.parametrize(
    ("name", "options", "bits"),
    [
        ("o.mov", [*PRORES, 3, "-pix_fmt", "yuv422p10le"], 10),
        ("o.mov", [*PRORES, 4, "-pix_fmt", "yuv444p10le"], 12),
        ("o.mov", [*DNXHR, "dnxhr_hqx", "-pix_fmt", "yuv422p10le"], 10),
        ("o.mxf", [*DNXHR, "dnxhr_sq", "-pix_fmt", "yuv422p"], 8),
        ("o.mxf", [*DNXHR, "dnxhr_444", "-pix_fmt", "gbrp10le"], 10),
        ("o.mp4", [*X264, "-pix_fmt", "yuv420p"], 8),
        ("o.mp4", [*X264, "-pix_fmt", "yuv420p10le"], 10),
        ("o.mkv", [*X265, "-pix_fmt", "yuv420p"], 8),
        ("o.mp4", [*X265, "-pix_fmt", "yuv420p10le"], 10),
        ("o.mkv", ["-c:v", "ffv1", "-pix_fmt", "yuv422p10le"], 10),
        ("o.mkv", ["-c:v", "ffv1", "-pix_fmt", "yuv444p16le"], 16),
        ("o.mkv", ["-c:v", "ffv1", "-pix_fmt", "gbrp12le"], 12),
    ],
)
def test_we_see_the_colours_that_ffmpeg_wrote(
    tmp_path: Path, name: str, options: list[object], bits: int
) -> None:
    # Of other matrices than BT.709 its DNxHD encoder says nothing in the frames.
    for matrix in (1,) if "dnxhd" in options else MATRIX:
        path = made_by_ffmpeg(tmp_path, name, *options, matrix=matrix)
        with open_source(str(path)) as opened:
            assert (opened.info.bits, opened.info.frames) == (bits, 3)
            picture = next(opened.frames())
        assert np.abs(tiles(picture) - COLOURS).max() <= {8: 2 / 255}.get(bits, 1.5 / 1023)
        path.unlink()


@pytest.mark.parametrize("encoder", [["-c:v", "ffv1"], X264, X265])
def test_full_range_is_read_as_full_range_and_written_so(
    tmp_path: Path, encoder: list[object]
) -> None:
    path = made_by_ffmpeg(tmp_path, "f.mkv", *encoder, "-pix_fmt", "yuv444p10le", full=True)
    with open_source(str(path)) as opened:
        assert opened.info.colour.full_range
        assert np.abs(tiles(next(opened.frames())) - COLOURS).max() <= 1.5 / 1023
    assert copy_clip(path, tmp_path / "o.mp4").colour.full_range
    assert np.abs(tiles(by_ffmpeg(tmp_path / "o.mp4")) - COLOURS).max() <= 3 / 1023
    for name, codec in (("p.mov", "prores4444"), ("d.mxf", "dnxhr444")):  # these are always limited
        assert not copy_clip(path, tmp_path / name, codec=codec).colour.full_range
        assert np.abs(tiles(by_ffmpeg(tmp_path / name)) - COLOURS).max() <= 3 / 1023


def test_an_alpha_made_by_ffmpeg_passes_prores_and_is_what_ffmpeg_reads(tmp_path: Path) -> None:
    ramp = np.linspace(0, 1023, WIDTH).round().astype(np.uint16)
    codes = np.rint(chart() / 65535 * 1023).astype(np.uint16)
    rgba = np.dstack([codes, np.broadcast_to(ramp, (HEIGHT, WIDTH))])
    make_movie(tmp_path / "raw.mkv", [rgba] * 3, array_format="gbrap10le")
    ffmpeg("-i", tmp_path / "raw.mkv", "-c:v", "prores_ks", "-profile:v", 4, "-pix_fmt",
           "yuva444p10le", tmp_path / "in.mov")  # fmt: skip
    assert copy_clip(tmp_path / "in.mov", tmp_path / "out.mov").extra_channels == ("A",)
    for name in ("in.mov", "out.mov"):
        with open_source(str(tmp_path / name)) as opened:
            found = [extras.channels["A"] for extras in opened.extras()]
        assert len(found) == 3
        assert np.array_equal(
            np.rint(found[2] / 65535 * 1023), np.broadcast_to(ramp, (HEIGHT, WIDTH))
        )
    data = ffmpeg("-i", tmp_path / "out.mov", "-frames:v", 1, "-vf", "alphaextract", "-pix_fmt",
                  "gray10le", "-f", "rawvideo", "-")  # fmt: skip
    seen = np.frombuffer(data, "<u2").reshape(HEIGHT, WIDTH)
    assert np.abs(seen.astype(int) - ramp).max() <= 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("o.mov", [*PRORES, 4, "-pix_fmt", "yuv444p10le"]),
        ("o.mxf", [*DNXHR, "dnxhr_444", "-pix_fmt", "yuv444p10le"]),
        ("o.mp4", [*X264, "-pix_fmt", "yuv420p"]),
        ("o.mkv", ["-c:v", "ffv1", "-pix_fmt", "yuv444p10le"]),
    ],
)
def test_a_timecode_written_by_ffmpeg_is_read(
    tmp_path: Path, name: str, options: list[object]
) -> None:
    clock = ["-r", "30000/1001", "-timecode", "09:59:59;28"]
    path = made_by_ffmpeg(tmp_path, name, *clock, *options)
    with open_source(str(path)) as opened:
        assert opened.info.timecode == Timecode.parse("09:59:59;28", Fraction(30000, 1001))
        assert opened.info.rate == Fraction(30000, 1001)


def test_values_below_black_and_above_white_pass_deep_video(tmp_path: Path) -> None:
    """Every 10-bit code of luma that video may use, through our reader and writer."""
    luma = np.arange(4, 1020, dtype=np.uint16)
    codes = np.full((3, 128, len(luma)), 512, np.uint16)
    codes[0] = luma
    (tmp_path / "yuv.raw").write_bytes(codes.tobytes())
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv444p10le", "-s", f"{len(luma)}x128", "-r", 24]
    tags = ["-colorspace", "bt709", "-color_range", "tv"]
    ffmpeg(*raw, *tags, "-i", tmp_path / "yuv.raw", "-c:v", "ffv1", *tags, tmp_path / "in.mkv")
    (picture,) = read_frames(tmp_path / "in.mkv")
    assert picture.dtype == np.float16
    assert picture.min() < -0.06 and picture.max() > 1.08
    copy_clip(tmp_path / "in.mkv", tmp_path / "out.mov", codec="dnxhr444")
    data = ffmpeg("-i", tmp_path / "out.mov", "-f", "rawvideo", "-")
    seen = np.frombuffer(data, "<u2").reshape(3, 128, len(luma))[0, 8]
    assert np.abs(seen.astype(int) - luma).max() <= 1
