"""Movies that are missing, damaged, cut short or of variable rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from footage import make_movie, noise, packets, read_frames, real_clip
from sparkvsr.errors import SourceError
from sparkvsr.media import open_source

BUNNY, BIKES = "bigbuckbunny.mp4", "bikes.mp4"


@pytest.mark.parametrize("first_last", [(-1, 5), (5, 132), (7, 6)])
def test_a_range_outside_of_the_movie_is_an_error(first_last: tuple[int, int]) -> None:
    first, last = first_last
    with pytest.raises(SourceError, match=f"range {first} to {last}") as caught:
        open_source(real_clip(BUNNY), first=first, last=last)
    assert "0 to 131" in caught.value.hint


def test_a_missing_movie_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no movie .*gone\.mov"):
        open_source(str(tmp_path / "gone.mov"))
    with pytest.raises(SourceError, match="no movie"):
        open_source(str(tmp_path))


def test_a_file_that_is_no_movie_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.mov").write_text("not a movie\n" * 100)
    with pytest.raises(SourceError, match=r"text\.mov is no movie"):
        open_source(str(tmp_path / "text.mov"))


def test_a_movie_without_picture_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mka"), "w", format="matroska") as container:
        sound = container.add_stream("pcm_s16le", rate=48000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 2000), np.int16), "s16", "stereo")
        samples.sample_rate = 48000
        container.mux(sound.encode(samples))
    with pytest.raises(SourceError, match="holds no video"):
        open_source(str(tmp_path / "sound.mka"))


def test_a_movie_of_floats_is_refused_not_clipped(tmp_path: Path) -> None:
    make_movie(
        tmp_path / "in.mkv",
        np.full((1, 8, 8, 3), 2, np.float32),
        array_format="gbrpf32le",
        options={"strict": "experimental"},
    )
    with pytest.raises(SourceError, match="gbrpf32le"):
        open_source(str(tmp_path / "in.mkv"))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_clip_of_zero_frames_is_refused(tmp_path: Path, suffix: str) -> None:
    make_movie(tmp_path / f"in{suffix}", [], encoder="libx264", array_format="yuv420p")
    with pytest.raises(SourceError, match=r"in\.m"):
        open_source(str(tmp_path / f"in{suffix}"))


def test_a_variable_frame_rate_is_refused(tmp_path: Path) -> None:
    stamps = [0, 42, 83, 125, 400, 442, 483, 525]
    make_movie(
        tmp_path / "in.mkv", noise((8, 8, 8, 3), 1023), stamps=stamps, time_base=Fraction(1, 1000)
    )
    with pytest.raises(SourceError, match=r"variable frame rate: frame 3 lasts 0\.27") as caught:
        open_source(str(tmp_path / "in.mkv"))
    assert "constant rate" in caught.value.hint


def test_a_left_out_frame_is_a_variable_rate_also_where_the_clock_counts_frames(
    tmp_path: Path,
) -> None:
    grey = [np.full((16, 16, 3), i, np.uint8) for i in range(6)]
    make_movie(
        tmp_path / "in.avi",
        grey,
        array_format="rgb24",
        encoder="ffv1",
        pix_fmt="bgr0",
        stamps=[0, 1, 2, 4, 5, 6],
    )
    with pytest.raises(SourceError, match="variable frame rate"):
        open_source(str(tmp_path / "in.avi"))


def test_a_movie_without_presentation_times_is_read_whole(tmp_path: Path) -> None:
    grey = [np.full((32, 32, 3), 9 * i, np.uint8) for i in range(12)]
    make_movie(
        tmp_path / "in.avi",
        grey,
        array_format="rgb24",
        encoder="mpeg4",
        pix_fmt="yuv420p",
        options={"bf": "2"},
    )
    assert len(read_frames(tmp_path / "in.avi")) == 12


def truncated(tmp_path: Path, suffix: str, keep: float) -> str:
    """A clip whose index stands in front, cut off behind."""
    codes = [np.roll(noise((64, 64, 3), 255).astype(np.uint8), i, 1) for i in range(30)]
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".mp4":
        with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=24)
            stream.codec_context.width = stream.codec_context.height = 64
            stream.codec_context.pix_fmt = "yuv420p"
            for frame in codes:
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
    else:
        make_movie(whole, codes, array_format="rgb24", pix_fmt="bgr0")
    data = whole.read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(data[: int(len(data) * keep)])
    return str(cut)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_truncated_movie_is_read_only_when_asked_for(tmp_path: Path, suffix: str) -> None:
    cut = truncated(tmp_path, suffix, 0.6)
    with pytest.raises(SourceError, match=r"only \d+ of its 30 frames decode") as caught:
        open_source(cut)
    assert "--allow-truncated" in caught.value.hint
    whole = read_frames(str(tmp_path / f"whole{suffix}"))
    with open_source(cut, allow_truncated=True) as source:
        found = list(source.frames())
        assert 5 < source.info.frames < 25
    assert f"only {len(found)} of" in str(caught.value)
    assert len(found) == source.info.frames
    assert all(np.array_equal(a, b) for a, b in zip(found, whole, strict=False))


def test_a_movie_cut_off_before_its_index_is_unreadable(tmp_path: Path) -> None:
    data = Path(real_clip(BUNNY)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=r"cut\.mp4 is no movie"):
        open_source(str(tmp_path / "cut.mp4"), allow_truncated=True)


@pytest.mark.parametrize(
    ("encoder", "pix_fmt"), [("libx264", "yuv420p"), ("prores_ks", "yuv444p10le")]
)
def test_damage_in_the_middle_is_found_while_reading(
    tmp_path: Path, encoder: str, pix_fmt: str
) -> None:
    codes = noise((10, 64, 64, 3), 255).astype(np.uint8)
    movie = tmp_path / "hurt.mov"
    make_movie(movie, codes, array_format="rgb24", encoder=encoder, pix_fmt=pix_fmt)
    data = bytearray(movie.read_bytes())
    target = packets(movie, "video")[-4][2]
    place = data.index(target)
    data[place + 8 : place + len(target)] = bytes(len(target) - 8)
    movie.write_bytes(data)
    with open_source(str(movie)) as source, pytest.raises(SourceError) as caught:
        list(source.frames())
    with open_source(str(movie), allow_truncated=True) as source:
        found = len(list(source.frames()))
        assert 0 < found == source.info.frames < 10
    assert f"only {found} of its 10 frames decode" in str(caught.value)


def test_reading_does_not_collect_frames() -> None:
    with open_source(real_clip(BIKES)) as source:
        reading = source.frames()
        kept = [next(reading) for _ in range(3)]
        assert len({frame.ctypes.data for frame in kept}) == 3  # a frame is the caller's own
        for frame in kept:
            assert frame.flags.c_contiguous
            assert frame.base is None or frame.base.nbytes <= frame.nbytes


def test_alpha_is_reported_as_dropped(tmp_path: Path) -> None:
    make_movie(tmp_path / "in.mkv", noise((1, 8, 8, 4), 1023), array_format="gbrap10le")
    with open_source(str(tmp_path / "in.mkv")) as source:
        assert source.info.extra_channels == ("A",)
        (frame,) = source.frames()
    assert np.array_equal(np.rint(frame / 65535 * 1023), noise((1, 8, 8, 4), 1023)[0, ..., :3])
