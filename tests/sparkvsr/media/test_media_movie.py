from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from footage import make_movie, noise, packets, read_frames, real_clip
from sparkvsr.depth import as_picture
from sparkvsr.errors import OutputError
from sparkvsr.media import MediaInfo, open_output, open_source

BUNNY, BIKES = "bigbuckbunny.mp4", "bikes.mp4"


def copy(
    source_name: str, output_name: Path, dtype: str | None = None, sound: bool = False, **cut: Any
) -> MediaInfo:
    """Copy a clip through our reader and writer; the info of what was written."""
    with open_source(source_name, **cut) as source:
        info = source.info
        audio = source_name if sound else None
        with open_output(
            str(output_name),
            like=info,
            width=info.width,
            height=info.height,
            first_frame=0,
            audio_from=audio,
        ) as output:
            for frame in source.frames():
                output.write(as_picture(frame).astype(dtype) if dtype else frame)
            output.commit()
    with open_source(str(output_name)) as result:
        return result.info


@pytest.mark.parametrize(
    ("name", "size", "count", "rate", "aspect", "audio"),
    [
        (BUNNY, (1280, 720), 132, Fraction(25), Fraction(1), True),
        (BIKES, (640, 272), 250, Fraction(25), Fraction(1), False),
        (
            "carphone_pristine.mp4",
            (176, 144),
            120,
            Fraction(30000, 1001),
            Fraction(128, 117),
            False,
        ),
    ],
)
def test_real_clips_are_described_exactly(
    name: str,
    size: tuple[int, int],
    count: int,
    rate: Fraction,
    aspect: Fraction,
    audio: bool,
) -> None:
    with open_source(real_clip(name)) as source:
        info = source.info
    assert (info.width, info.height) == size
    assert (info.frames, info.rate, info.pixel_aspect) == (count, rate, aspect)
    assert (info.has_audio, info.bits, info.dtype.name) == (audio, 8, "uint8")
    assert (info.kind, info.first_frame) == ("movie", 0)


def test_a_range_gives_the_frames_with_those_numbers() -> None:
    with open_source(real_clip("carphone_pristine.mp4")) as whole:
        expected = list(whole.frames())[17:20]
    with open_source(real_clip("carphone_pristine.mp4"), first=17, last=19) as part:
        assert (part.info.first_frame, part.info.frames) == (17, 3)
        for _ in range(2):
            found = list(part.frames())
            assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("bits", "dtype"),
    [(10, "float16"), *((bits, dtype) for bits in (10, 12, 16) for dtype in (None, "float32"))],
)
def test_rgb_in_ffv1_is_exact_through_every_depth_that_can_hold_it(
    tmp_path: Path, bits: int, dtype: str | None
) -> None:
    codes = noise((2, 32, 33, 3), (1 << bits) - 1)
    codes[0, :, :32, 0] = np.arange(1024).reshape(32, 32)  # every 10-bit code at least once
    make_movie(tmp_path / "in.mkv", codes, array_format=f"gbrp{bits}le")
    info = copy(str(tmp_path / "in.mkv"), tmp_path / "out.mkv", dtype)
    assert (info.bits, info.frames) == (bits, 2)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.video[0].pix_fmt == f"gbrp{bits}le"
        back = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert np.array_equal(back, codes)


@pytest.mark.parametrize("dtype", [None, "float16", "float32"])
def test_8_bit_rgb_in_ffv1_is_exact(tmp_path: Path, dtype: str | None) -> None:
    codes = noise((2, 17, 33, 3), 255).astype(np.uint8)
    make_movie(tmp_path / "in.mkv", codes, array_format="rgb24", pix_fmt="bgr0")
    assert copy(str(tmp_path / "in.mkv"), tmp_path / "out.mkv", dtype).bits == 8
    assert np.array_equal(read_frames(tmp_path / "out.mkv"), codes)


def by_formula(yuv: NDArray[Any], bits: int, red: float, blue: float, full: bool) -> NDArray[Any]:
    """ITU-T H.273, 8.3, in floats."""
    y, u, v = (yuv[..., c].astype(float) for c in range(3))
    unit = 2.0 ** (bits - 8)
    top = 2.0**bits - 1
    if full:
        y, u, v = y / top, (u - 128 * unit) / top, (v - 128 * unit) / top
    else:
        y = (y - 16 * unit) / (219 * unit)
        u, v = (u - 128 * unit) / (224 * unit), (v - 128 * unit) / (224 * unit)
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.stack([r, g, b], axis=-1)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("matrix", "red", "blue"), [(1, 0.2126, 0.0722), (6, 0.299, 0.114), (9, 0.2627, 0.0593)]
)
def test_video_codes_become_rgb_by_the_standard_formula(
    tmp_path: Path, bits: int, full: bool, matrix: int, red: float, blue: float
) -> None:
    yuv = noise((16, 16, 3), (1 << bits) - 1)
    yuv[0, 0] = np.array([235, 128, 128]) * (1 << (bits - 8))  # white of limited range
    name = "yuv444p" if bits == 8 else "yuv444p10le"
    frame = av.VideoFrame(16, 16, name)
    for channel, plane in enumerate(frame.planes):
        view = np.frombuffer(memoryview(plane), np.uint8 if bits == 8 else np.uint16)
        view.reshape(16, -1)[:, :16] = yuv[..., channel]
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = 16, 16, name
        context.colorspace, context.color_range = matrix, 2 if full else 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (rgb,) = read_frames(tmp_path / "in.mkv")
    expected = by_formula(yuv, bits, red, blue, full)
    if bits == 8:
        assert rgb.dtype == np.uint8
        assert np.abs(rgb - np.clip(expected, 0, 1) * 255).max() <= 0.52
    else:  # as halves, which reach below black and above white
        assert rgb.dtype == np.float16
        np.testing.assert_allclose(rgb, expected, rtol=2**-11, atol=1e-5)


@pytest.mark.parametrize(("height", "matrix"), [(576, 6), (720, 1)])
def test_untagged_video_is_read_as_players_do_and_tagged_when_written(
    tmp_path: Path, height: int, matrix: int
) -> None:
    grey = np.full((height, 32, 3), 90, np.uint8)
    make_movie(
        tmp_path / "in.mp4", [grey], array_format="rgb24", encoder="libx264", pix_fmt="yuv420p"
    )
    info = copy(str(tmp_path / "in.mp4"), tmp_path / "out.mp4")
    assert (info.colour.matrix, info.colour.full_range) == (matrix, False)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.colorspace == matrix


def test_colour_tags_are_written_back(tmp_path: Path) -> None:
    tags = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": 16}
    codes = noise((2, 32, 32, 3), 1023)
    make_movie(tmp_path / "in.mkv", codes, pix_fmt="gbrp10le", tags={"color_trc": 16})
    make_movie(
        tmp_path / "yuv.mkv", noise((2, 48, 32), 1023), array_format="yuv420p10le", tags=tags
    )
    for suffix in (".mov", ".mp4"):
        colour = copy(str(tmp_path / "yuv.mkv"), tmp_path / f"out{suffix}").colour
        assert (colour.matrix, colour.full_range) == (9, False)
        assert (colour.primaries, colour.transfer) == (9, 16)
    assert copy(str(tmp_path / "in.mkv"), tmp_path / "out.mkv").colour.transfer == 16


@pytest.mark.parametrize("height", [360, 720])
@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_a_plain_colour_survives_every_kind_of_movie(
    tmp_path: Path, suffix: str, height: int
) -> None:
    colour = np.full((height, 64, 3), (200, 90, 30), np.uint8)
    make_movie(tmp_path / "in.mkv", [colour], array_format="rgb24", pix_fmt="bgr0")
    copy(str(tmp_path / "in.mkv"), tmp_path / f"out{suffix}")
    (picture,) = read_frames(tmp_path / f"out{suffix}")
    np.testing.assert_allclose(as_picture(picture)[8, 8] * 255, (200, 90, 30), atol=1.5)


@pytest.mark.parametrize(
    ("suffix", "bits", "codec", "pix_fmt"),
    [
        (".mp4", 8, "h264", "yuv420p"),
        (".mp4", 10, "hevc", "yuv420p10le"),
        (".mov", 10, "prores", "yuv444p12le"),  # FFmpeg decodes every 4444 to 12 bits
    ],
)
def test_lossy_movies_are_close_in_the_depth_they_announce(
    tmp_path: Path, suffix: str, bits: int, codec: str, pix_fmt: str
) -> None:
    source = real_clip(BIKES)
    if bits == 10:
        source = str(tmp_path / "deep.mkv")
        with open_source(real_clip(BIKES), last=5) as clip:
            deep = [np.rint(f / 255 * 1023).astype(np.uint16) for f in clip.frames()]
        make_movie(tmp_path / "deep.mkv", deep)
    info = copy(source, tmp_path / f"out{suffix}", last=5)
    assert (info.frames, info.width, info.height) == (6, 640, 272)
    with av.open(str(tmp_path / f"out{suffix}")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == (codec, pix_fmt)
    with open_source(source, last=5) as clip:
        pairs = list(zip(clip.frames(), read_frames(tmp_path / f"out{suffix}"), strict=True))
    for a, b in pairs:
        difference = as_picture(a).astype(float) - as_picture(b)
        assert np.mean(difference**2) < 10**-3.8  # 38 dB
        assert abs(difference.mean()) < 0.002


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (2, 3)])
@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
def test_odd_sizes_are_kept(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
    width, height = size
    grey = np.full((2, height, width, 3), 100, np.uint8)
    make_movie(tmp_path / "in.mkv", grey, array_format="rgb24", pix_fmt="bgr0")
    info = copy(str(tmp_path / "in.mkv"), tmp_path / f"out{suffix}")
    assert (info.width, info.height, info.frames) == (width, height, 2)
    for frame in read_frames(tmp_path / f"out{suffix}"):
        assert np.abs(as_picture(frame) - 100 / 255).max() < 0.02


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
def test_very_short_clips_are_written_whole(
    tmp_path: Path, bits: int, count: int, suffix: str
) -> None:
    form = ("rgb24", "bgr0") if bits == 8 else ("gbrp10le", "gbrp10le")
    codes = noise((count, 32, 32, 3), 255).astype(np.uint8 if bits == 8 else np.uint16)
    make_movie(tmp_path / "in.mkv", codes, array_format=form[0], pix_fmt=form[1])
    for attempt in range(5):
        info = copy(str(tmp_path / "in.mkv"), tmp_path / f"out{attempt}{suffix}")
        assert (info.frames, info.rate) == (count, Fraction(24))
        assert packets(tmp_path / f"out{attempt}{suffix}", "video")[0][0] == 0


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
def test_rate_pixel_aspect_and_count_are_kept(tmp_path: Path, suffix: str) -> None:
    info = copy(real_clip("carphone_pristine.mp4"), tmp_path / f"out{suffix}")
    assert (info.frames, info.rate) == (120, Fraction(30000, 1001))
    assert info.pixel_aspect == Fraction(128, 117)


@pytest.mark.parametrize(
    "rate", [Fraction(24000, 1001), Fraction(24), Fraction(60), Fraction(15, 2)]
)
@pytest.mark.parametrize("count", [1, 2, 40])
def test_millisecond_clocks_do_not_hide_the_rate(
    tmp_path: Path, rate: Fraction, count: int
) -> None:
    make_movie(tmp_path / "in.mkv", noise((count, 8, 8, 3), 1023), rate=rate)
    with open_source(str(tmp_path / "in.mkv")) as source:
        assert (source.info.rate, source.info.frames) == (rate, count)


def test_frames_that_are_stored_out_of_order_come_in_order(tmp_path: Path) -> None:
    grey = [np.full((64, 64, 3), 8 * i, np.uint8) for i in range(24)]
    options = {"bf": "3", "b_strategy": "0", "crf": "1"}
    make_movie(
        tmp_path / "in.mp4",
        grey,
        array_format="rgb24",
        encoder="libx264",
        pix_fmt="yuv420p",
        options=options,
    )
    with av.open(str(tmp_path / "in.mp4")) as container:
        assert container.streams.video[0].codec_context.has_b_frames
    means = [float(frame.mean()) for frame in read_frames(tmp_path / "in.mp4")]
    assert means == pytest.approx([8 * i for i in range(24)], abs=2)


def black_movie(name: Path, like: MediaInfo, audio_from: str) -> None:
    with open_output(
        str(name), like=like, width=64, height=36, first_frame=0, audio_from=audio_from
    ) as output:
        for _ in range(like.frames):
            output.write(np.zeros((36, 64, 3), np.uint8))
        output.commit()


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
def test_sound_is_copied_unchanged(tmp_path: Path, suffix: str) -> None:
    bunny = real_clip(BUNNY)
    with open_source(bunny) as source:
        name = tmp_path / f"out{suffix}"
        black_movie(name, source.info, bunny)
    before, after = packets(bunny, "audio"), packets(name, "audio")
    assert [data for _, _, data in after] == [data for _, _, data in before]
    for (was, _, _), (now, _, _) in zip(before, after, strict=True):
        assert abs(was - now) <= Fraction(1, 1000)


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".mp4"])
def test_sound_is_cut_with_the_picture(tmp_path: Path, suffix: str) -> None:
    bunny = real_clip(BUNNY)
    with open_source(bunny, first=50, last=99) as source:
        name = tmp_path / f"out{suffix}"
        black_movie(name, source.info, bunny)
    starts = {data: start for start, _, data in packets(bunny, "audio")}
    found = packets(name, "audio")
    for start, _, data in found:  # every packet is heard two seconds earlier than in the source
        assert abs(starts[data] - 2 - start) <= Fraction(1, 1000)
    assert abs(found[0][0]) <= Fraction(1024, 48000)
    assert abs(found[-1][0] + found[-1][1] - 2) <= Fraction(2048, 48000)
    with av.open(str(name)) as container:
        assert container.duration is not None
        assert abs(container.duration / av.time_base - 2) < 0.05


def test_sound_that_does_not_fit_is_refused_before_any_work(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        video = container.add_stream("ffv1", rate=24)
        video.codec_context.width = video.codec_context.height = 16
        sound = container.add_stream("wavpack", rate=44100)
        container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(video.encode(None))
        samples = av.AudioFrame.from_ndarray(np.zeros((2, 4096), np.int16), "s16p", "stereo")
        samples.sample_rate = 44100
        container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    source_name = str(tmp_path / "in.mkv")
    with open_source(source_name) as source, pytest.raises(OutputError, match="wavpack") as caught:
        open_output(
            str(tmp_path / "out/out.mp4"),
            like=source.info,
            width=16,
            height=16,
            first_frame=0,
            audio_from=source_name,
        )
    assert ".mkv" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_a_size_that_no_encoder_takes_is_refused_before_any_work(tmp_path: Path) -> None:
    make_movie(tmp_path / "in.mkv", noise((1, 1, 1, 3), 1023))
    with pytest.raises(OutputError, match=r"out\.mp4 cannot be encoded at 1x1"):
        copy(str(tmp_path / "in.mkv"), tmp_path / "out.mp4")
    assert [f.name for f in tmp_path.iterdir()] == ["in.mkv"]
