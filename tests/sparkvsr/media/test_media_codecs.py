"""Which codec goes into which file, and what else a movie says beside its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from footage import copy_clip, ffmpeg_says, make_movie, noise, packets, real_clip
from sparkvsr.errors import OutputError
from sparkvsr.media import MediaInfo, Timecode, open_output, open_source
from sparkvsr.media import _codecs as codecs
from sparkvsr.media._aspect import write_matroska_aspect, write_mxf_aspect

SIZE = (120, 256)  # the smallest of DNxHR


def movie(folder: Path, bits: int = 10, size: tuple[int, int] = SIZE, **more: Any) -> Path:
    """A short RGB clip; with `alpha=True` of four channels."""
    alpha = more.pop("alpha", False)
    codes = noise((3, *size, 4 if alpha else 3), (1 << bits) - 1)
    name = f"gbr{'a' * alpha}p{bits}le"
    make_movie(folder / "in.mkv", codes, array_format=name, **more)
    return folder / "in.mkv"


def stream(path: Path) -> tuple[str, str]:
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        return context.name, str(context.pix_fmt)


@pytest.mark.parametrize(
    ("name", "codec", "found"),
    [
        ("o.mov", None, ("prores", "yuv444p12le")),
        ("o.mov", "prores4444", ("prores", "yuv444p12le")),  # FFmpeg decodes 4444 to 12 bits
        ("o.mov", "dnxhr444", ("dnxhd", "yuv444p10le")),
        ("o.mov", "hevc10", ("hevc", "yuv420p10le")),
        ("o.mov", "h264", ("h264", "yuv420p")),
        ("o.mxf", None, ("dnxhd", "yuv444p10le")),
        ("o.mkv", None, ("ffv1", "gbrp10le")),
        ("o.mkv", "hevc10", ("hevc", "yuv420p10le")),
        ("o.mp4", None, ("hevc", "yuv420p10le")),
        ("o.mp4", "h264", ("h264", "yuv420p")),
    ],
)
def test_the_codec_asked_for_is_written(
    tmp_path: Path, name: str, codec: Any, found: tuple[str, str]
) -> None:
    info = copy_clip(movie(tmp_path), tmp_path / name, codec=codec)
    assert stream(tmp_path / name) == found
    assert (info.frames, info.width, info.height, info.rate) == (3, 256, 120, Fraction(24))


@pytest.mark.parametrize(
    ("name", "codec", "message", "hint"),
    [
        ("o.mp4", "prores4444", "cannot hold prores4444, only hevc10, h264", r"\.mov"),
        ("o.mxf", "ffv1", "cannot hold ffv1, only dnxhr444", r"\.mkv"),
        ("o.mkv", "dnxhr444", "cannot hold dnxhr444", r"\.mov or \.mxf"),
        ("o.mov", "cinepak", "no codec cinepak", "prores4444, dnxhr444, ffv1, hevc10, h264"),
        ("o.#.exr", "ffv1", "has no codec", "write a movie"),
    ],
)
def test_a_codec_that_does_not_fit_is_refused(
    tmp_path: Path, name: str, codec: Any, message: str, hint: str
) -> None:
    with pytest.raises(OutputError, match=message) as caught:
        copy_clip(movie(tmp_path), tmp_path / name, codec=codec)
    assert re.search(hint, caught.value.hint)
    assert [file.name for file in tmp_path.iterdir()] == ["in.mkv"]


def test_an_encoder_that_ffmpeg_lacks_is_named_with_those_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codecs, "codecs_available", {"ffv1", "prores_ks"})
    with pytest.raises(OutputError, match=r"no encoder for hevc10") as caught:
        copy_clip(movie(tmp_path), tmp_path / "o.mp4")
    assert caught.value.hint == "Possible here: prores4444, ffv1."


def test_a_picture_too_small_for_dnxhr_is_refused_with_its_limit(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="at 64x36: DNxHR starts at 256x120"):
        copy_clip(movie(tmp_path, size=(36, 64)), tmp_path / "o.mxf")


def test_a_rate_that_mxf_does_not_know_is_refused_and_named(tmp_path: Path) -> None:
    movie(tmp_path, rate=Fraction(25, 2))
    with pytest.raises(OutputError, match=r"at 256x120, 12\.5 frames a second"):
        copy_clip(tmp_path / "in.mkv", tmp_path / "o.mxf")
    assert [file.name for file in tmp_path.iterdir()] == ["in.mkv"]


def test_odd_sizes_pass_dnxhr(tmp_path: Path) -> None:
    info = copy_clip(movie(tmp_path, size=(121, 257)), tmp_path / "o.mxf")
    assert (info.width, info.height, info.frames) == (257, 121, 3)


@pytest.mark.parametrize("aspect", [Fraction(2), Fraction(128, 117), Fraction(9, 10)])
@pytest.mark.parametrize("name", ["o.mkv", "o.mov", "o.mxf", "o.mp4", "d.mov", "h.mkv"])
def test_the_pixel_aspect_is_what_other_programs_see(
    tmp_path: Path, name: str, aspect: Fraction
) -> None:
    like = described(movie(tmp_path), pixel_aspect=aspect)
    codec = {"d": "dnxhr444", "h": "hevc10"}.get(name[0])
    info = copy_clip(tmp_path / "in.mkv", tmp_path / name, like=like, codec=codec)
    assert (info.pixel_aspect, info.frames) == (aspect, 3)
    display = aspect * Fraction(256, 120)
    seen = f"SAR {aspect.numerator}:{aspect.denominator} DAR {display.numerator}:"
    assert f"{seen}{display.denominator}" in ffmpeg_says(tmp_path / name)


def described(path: Path, **changes: Any) -> MediaInfo:
    with open_source(str(path)) as source:
        return replace(source.info, **changes)


def test_a_matroska_file_with_an_aspect_is_whole(tmp_path: Path) -> None:
    """Its header was changed after writing: pictures, times and checksum must not have moved."""
    like = described(movie(tmp_path), pixel_aspect=Fraction(2))
    copy_clip(tmp_path / "in.mkv", tmp_path / "wide.mkv", like=like)
    copy_clip(tmp_path / "in.mkv", tmp_path / "square.mkv")
    assert packets(tmp_path / "wide.mkv", "video") == packets(tmp_path / "square.mkv", "video")
    said = ffmpeg_says(tmp_path / "wide.mkv")
    assert "title" not in said
    assert "rror" not in said and "nvalid" not in said


@pytest.mark.parametrize("write", [write_matroska_aspect, write_mxf_aspect])
def test_a_file_of_another_layout_gets_no_aspect_and_stays_as_it_is(
    tmp_path: Path, write: Callable[[Path, Fraction], None]
) -> None:
    movie(tmp_path).rename(tmp_path / "untitled.mkv")
    before = (tmp_path / "untitled.mkv").read_bytes()
    with pytest.raises(ValueError, match=r"536E|not found"):
        write(tmp_path / "untitled.mkv", Fraction(2))
    assert (tmp_path / "untitled.mkv").read_bytes() == before


@pytest.mark.parametrize("text", ["01:00:00;02", "10:11:12:13"])
@pytest.mark.parametrize("name", ["o.mkv", "o.mov", "o.mxf", "o.mp4"])
def test_the_timecode_is_what_other_programs_see(tmp_path: Path, name: str, text: str) -> None:
    rate = Fraction(30000, 1001)
    movie(tmp_path, rate=rate)
    like = described(tmp_path / "in.mkv", timecode=Timecode.parse(text, rate))
    info = copy_clip(tmp_path / "in.mkv", tmp_path / name, like=like)
    assert str(info.timecode) == text
    assert text in ffmpeg_says(tmp_path / name)
    with open_source(str(tmp_path / name), first=2) as source:
        assert str(source.info.timecode) == f"{text[:-2]}{int(text[-2:]) + 2:02d}"


def test_without_a_timecode_none_is_made_but_in_mxf_which_has_always_one(tmp_path: Path) -> None:
    movie(tmp_path)
    for name, timecode in (("o.mkv", "None"), ("o.mov", "None"), ("o.mxf", "00:00:00:00")):
        assert str(copy_clip(tmp_path / "in.mkv", tmp_path / name).timecode) == timecode


def uncompressed_sound(path: Path) -> None:
    """A clip of half a second with sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=24)
        video.codec_context.width, video.codec_context.height = 256, 120
        track = container.add_stream("pcm_s16le", rate=48000)
        assert isinstance(track, av.AudioStream)
        for index in range(12):
            frame = av.VideoFrame(256, 120, "yuv420p")
            frame.pts = index
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        samples = av.AudioFrame.from_ndarray(
            noise((1, 48000), 60000).astype(np.int16), "s16", "stereo"
        )
        samples.sample_rate = 48000
        container.mux(track.encode(samples))
        container.mux(track.encode(None))


@pytest.mark.parametrize("name", ["o.mxf", "o.mov", "o.mkv"])
def test_uncompressed_sound_goes_along(tmp_path: Path, name: str) -> None:
    source = tmp_path / "in.mkv"
    uncompressed_sound(source)
    info = copy_clip(source, tmp_path / name, audio_from=str(source))
    assert (info.has_audio, info.frames) == (True, 12)
    before, after = packets(source, "audio"), packets(tmp_path / name, "audio")
    assert b"".join(d for _, _, d in after) == b"".join(d for _, _, d in before)


def test_sound_that_mxf_does_not_take_is_refused(tmp_path: Path) -> None:
    bunny = real_clip("bigbuckbunny.mp4")
    with pytest.raises(OutputError, match="aac") as caught:
        copy_clip(bunny, tmp_path / "o.mxf", audio_from=bunny, last=2)
    assert ".mkv" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_output_without_extras_tells_what_it_drops(tmp_path: Path) -> None:
    movie(tmp_path, alpha=True)
    dropped = {}
    with open_source(str(tmp_path / "in.mkv")) as source:
        for name in (
            "o.mov",
            "o.mkv",
            "o.mxf",
            "o.mp4",
            "o.#.exr",
            "o.#.png",
            "o.#.dpx",
            "o.#.jpg",
        ):
            for extras_from in (None, source):
                with open_output(
                    str(tmp_path / name),
                    like=source.info,
                    width=256,
                    height=120,
                    first_frame=0,
                    extras_from=extras_from,
                ) as output:
                    dropped[name, extras_from is source] = output.dropped_channels
    assert all(names == ("A",) for (_, with_extras), names in dropped.items() if not with_extras)
    kept = {name for (name, with_extras), names in dropped.items() if with_extras and not names}
    assert kept == {"o.mov", "o.mkv", "o.#.exr", "o.#.png"}
