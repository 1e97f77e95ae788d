"""Chroma stays where it lies: measured against the ffmpeg command line with zimg."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from footage import copy_clip, ffmpeg, make_movie, read_frames
from sparkvsr.depth import as_picture

SIZE = 256
INNER = slice(4, -4)
X265 = ["-c:v", "libx265", "-crf", 1, "-x265-params", "log-level=error"]


def waves() -> NDArray[np.float64]:
    """Red waves from left to right, blue ones from top to bottom, at a steady green."""
    wave = 0.5 + 0.4 * np.sin(np.arange(SIZE) / 9)
    red, blue = np.broadcast_to(wave, (SIZE, SIZE)), np.broadcast_to(wave[:, None], (SIZE, SIZE))
    return np.stack([red, np.full((SIZE, SIZE), 0.4), blue], axis=-1)


def source(folder: Path) -> Path:
    codes = np.asarray(np.rint(waves() * 65535), np.uint16)
    make_movie(folder / "in.mkv", [codes], array_format="gbrp16le")
    return folder / "in.mkv"


def error(picture: NDArray[np.generic]) -> float:
    """Mean difference of the worst channel."""
    return float(np.abs(as_picture(picture) - waves())[INNER, INNER].mean(axis=(0, 1)).max())


def by_zimg(path: Path) -> NDArray[np.uint16]:
    filters = "zscale=matrix=gbr:range=full:chromalin=left:filter=bicubic,format=gbrp16le"
    data = ffmpeg("-i", path, "-vf", filters, "-f", "rawvideo", "-")
    green, blue, red = np.frombuffer(data, np.uint16).reshape(3, SIZE, SIZE)
    return np.dstack([red, green, blue])


@pytest.mark.parametrize(
    ("name", "pix_fmt", "encoder"),
    [
        ("a.mov", "yuv422p10le", ["-c:v", "prores_ks", "-profile:v", 3]),
        ("b.mov", "yuv422p10le", ["-c:v", "dnxhd", "-profile:v", "dnxhr_hqx"]),
        ("c.mp4", "yuv420p10le", ["-c:v", "libx264", "-crf", 1]),
        ("d.mp4", "yuv420p10le", X265),
        ("e.mkv", "yuv420p10le", ["-c:v", "ffv1"]),
        ("f.mkv", "yuv422p16le", ["-c:v", "ffv1"]),
        ("g.mp4", "yuv420p", ["-c:v", "libx264", "-crf", 1]),
        ("h.mkv", "yuv411p", ["-c:v", "ffv1"]),
    ],
)
def test_chroma_is_read_from_where_it_lies(
    tmp_path: Path, name: str, pix_fmt: str, encoder: list[object]
) -> None:
    """Half a pixel beside would be an error of 0.011."""
    place = "chromal=left:filter=bicubic"
    filters = f"zscale=matrix=1:range=limited:{place},format={pix_fmt}"
    filters += ",setparams=chroma_location=unspecified"
    tags = ["-colorspace", "bt709", "-color_range", "tv"]
    ffmpeg("-i", source(tmp_path), "-vf", filters, *encoder, *tags, tmp_path / name)
    (ours,) = read_frames(tmp_path / name)
    assert error(ours) < max(0.004, 1.5 * error(by_zimg(tmp_path / name)))


@pytest.mark.parametrize(("codec", "most"), [("hevc10", 0.006), ("h264", 0.008)])
def test_chroma_is_written_where_players_look_for_it(
    tmp_path: Path, codec: str, most: float
) -> None:
    copy_clip(source(tmp_path), tmp_path / "o.mp4", codec=codec)
    assert error(by_zimg(tmp_path / "o.mp4")) < most
    (ours,) = read_frames(tmp_path / "o.mp4")
    assert error(ours) < most
