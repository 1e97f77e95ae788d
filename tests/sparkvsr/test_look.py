"""Colour, grade, sizes and pinned keyframes, from files to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import PyOpenColorIO  # type: ignore[import-untyped]
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from footage import ffmpeg, ffmpeg_says, make_picture, real_clip
from shows import in_space, make_show, named
from sparkvsr import Event, Job, KeyframeFile, Notified, Settings, SettingsError, restore
from sparkvsr._look import ShotLook
from sparkvsr.backend import Request
from sparkvsr.color import BUILTIN, archive_of
from sparkvsr.depth import Frame, as_picture
from sparkvsr.engines import make_engine
from sparkvsr.job import Color, Shot
from sparkvsr.media import open_source, read_picture, write_picture
from tiny import make_tiny_pipeline

Picture = NDArray[np.float32]
FRAMES = 12


def job(folder: Path, keyframes: dict[int, str] | None = None, **change: Any) -> Job:
    settings = {"engine": "identity", "upscale": 1.0} | change.pop("settings", {})
    plain: dict[str, Any] = {
        "source": str(folder / "plate.####.exr"),
        "output": str(folder / "out.####.exr"),
        "keyframes": tuple(
            KeyframeFile(n, str(folder / name)) for n, name in (keyframes or {}).items()
        ),
        "settings": msgspec.convert(settings, Settings),
    }
    return Job(**plain | change)


def said(events: list[Event]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Notified))


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    """Scene-linear halves from -0.5 to 60000, other ones on every frame."""
    for number in range(FRAMES):
        rng = np.random.default_rng(number)
        wild = rng.normal(0, 1, (24, 32, 3)) * 10.0 ** rng.uniform(-3, 4.6, (24, 32, 3))
        picture = np.clip(wild, -0.5, 60000).astype(np.float16)
        write_picture(tmp_path / f"plate.{number:04d}.exr", picture)
    return tmp_path


@pytest.mark.parametrize("space", [None, "acescg", "acescct", "logc3", "pq", "rec709"])
def test_what_no_engine_changed_comes_back_to_the_bit_in_any_space(
    linear: Path, space: str | None
) -> None:
    events: list[Event] = []
    restore(job(linear, source_space=space), on_event=events.append)
    for number in range(FRAMES):
        ours = read_picture(linear / f"out.{number:04d}.exr")
        assert np.array_equal(ours, read_picture(linear / f"plate.{number:04d}.exr"))
    assert ("taken as" in said(events)) == (space is None)  # the header does not say


def test_an_output_space_of_its_own_is_converted_to(tmp_path: Path) -> None:
    grey = np.full((16, 16, 3), 0.18, np.float16)
    write_picture(tmp_path / "plate.0000.exr", grey)
    output = str(tmp_path / "o.####.png")
    restore(job(tmp_path, output=output, source_space="linear", output_space="srgb"))
    srgb = 1.055 * 0.18 ** (1 / 2.4) - 0.055
    ours = as_picture(read_picture(tmp_path / "o.0000.png"))
    np.testing.assert_allclose(ours, srgb, atol=1 / 255)


def test_a_log_file_has_to_be_named_and_an_unknown_space_is_refused(tmp_path: Path) -> None:
    write_picture(tmp_path / "plate.0000.dpx", np.zeros((16, 16, 3), np.uint16))
    source = str(tmp_path / "plate.####.dpx")
    with pytest.raises(SettingsError) as caught:
        restore(job(tmp_path, source=source))
    assert "--source-space" in caught.value.hint
    with pytest.raises(SettingsError, match="logd5"):
        restore(job(tmp_path, source=source, source_space="logd5"))
    restore(job(tmp_path, source=source, source_space="logc3"))
    assert not list(tmp_path.glob("*.part"))


def test_values_that_are_no_numbers_are_mended_and_counted(tmp_path: Path) -> None:
    for number in range(3):
        picture = np.full((16, 16, 3), 0.5, np.float16)
        picture[4, 5] = np.nan
        picture[9, 9, 1] = np.inf
        write_picture(tmp_path / f"plate.{number:04d}.exr", picture)
    events: list[Event] = []
    restore(job(tmp_path, source_space="linear"), on_event=events.append)
    ours = read_picture(tmp_path / "out.0001.exr")
    np.testing.assert_allclose(ours, 0.5, atol=1e-3)
    (data,) = [e.data for e in events if isinstance(e, Notified) and "NaN" in e.text]
    assert data == {"pixels": 6, "frames": 3}


@pytest.fixture(scope="module")
def footage() -> list[Picture]:
    with open_source(real_clip("bigbuckbunny.mp4"), last=24) as source:
        return [
            np.asarray(cv2.resize(as_picture(f), (160, 96), interpolation=cv2.INTER_AREA))
            for f in source.frames()
        ]


def warm(picture: Picture) -> Picture:
    return np.asarray(picture * np.array([1.25, 1.0, 0.7]) + 0.04, np.float32)


def write_clip(folder: Path, frames: list[Picture], keyframes: dict[int, Picture]) -> None:
    for number, picture in enumerate(frames):
        write_picture(folder / f"plate.{number:04d}.exr", picture.astype(np.float16))
    for number, picture in keyframes.items():
        write_picture(folder / f"key.{number}.exr", picture.astype(np.float16))


def psnr(a: Picture, b: Picture) -> float:
    difference = np.clip(a, 0, 1).astype(float) - np.clip(b, 0, 1)
    return float(-10 * np.log10(np.mean(np.square(difference))))


@pytest.mark.parametrize("engine", ["identity", "flow"])
@pytest.mark.parametrize("upscale", [1.0, 1.5, 2.0])
def test_a_grade_of_two_keyframes_is_on_every_frame_by_itself(
    tmp_path: Path, footage: list[Picture], engine: str, upscale: float
) -> None:
    write_clip(tmp_path, footage, {0: warm(footage[0]), 24: warm(footage[24])})
    events: list[Event] = []
    files = {0: "key.0.exr", 24: "key.24.exr"}
    settings = {"engine": engine, "upscale": upscale}
    spaces = {"source_space": "srgb", "keyframe_space": "srgb"}
    done = restore(job(tmp_path, files, settings=settings, **spaces), on_event=events.append)
    assert "carried as a grade" in said(events)
    assert 0.5 < done.trust <= 1.0
    assert ("look is carried" in said(events)) == (upscale != 1.0)
    for number in (6, 12, 18):
        ours = as_picture(read_picture(tmp_path / f"out.{number:04d}.exr"))
        assert ours.shape == (96 * upscale, 160 * upscale, 3)
        small = np.asarray(cv2.resize(ours, (160, 96), interpolation=cv2.INTER_AREA), np.float32)
        assert psnr(small, warm(footage[number])) > 34
    off = job(tmp_path, files, settings=settings | {"grade": "off"}, overwrite=True, **spaces)
    if engine == "identity":
        restore(off)
        ours = as_picture(read_picture(tmp_path / "out.0012.exr"))
        small = np.asarray(cv2.resize(ours, (160, 96), interpolation=cv2.INTER_AREA), np.float32)
        assert psnr(small, warm(footage[12])) < 25


def test_a_keyframe_that_is_only_sharper_is_no_grade(
    tmp_path: Path, footage: list[Picture]
) -> None:
    soft = [np.asarray(cv2.GaussianBlur(f, (0, 0), 1.5), np.float32) for f in footage[:9]]
    write_clip(tmp_path, soft, {4: footage[4]})
    events: list[Event] = []
    restore(
        job(tmp_path, {4: "key.4.exr"}, source_space="srgb", settings={"engine": "flow"}),
        on_event=events.append,
    )
    assert "carried as a grade" not in said(events)


@pytest.mark.parametrize(("pin", "guidance"), [("exact", 1.0), ("exact", 1.5), ("off", 1.0)])
def test_a_pinned_keyframe_comes_back_to_the_bit_and_frames_lead_over_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: str, guidance: float
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path / "model")))
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    still = np.random.default_rng(0).random((32, 48, 3), np.float32)
    still = np.asarray(cv2.GaussianBlur(still, (0, 0), 3), np.float32)
    write_clip(tmp_path, [still] * 9, {4: still + 0.02})
    settings = {"engine": "sparkvsr", "pin_keyframes": pin, "guidance": guidance}
    restore(job(tmp_path, {4: "key.4.exr"}, source_space="srgb", settings=settings))
    frames = [as_picture(read_picture(tmp_path / f"out.{n:04d}.exr")) for n in range(9)]
    key = as_picture(read_picture(tmp_path / "key.4.exr"))
    distance = [float(np.abs(frame - key).mean()) for frame in frames]
    if pin == "off":
        assert distance[4] > 0.01
    else:
        assert np.array_equal(frames[4], key)
        assert distance[4] < distance[3] < distance[1]
        assert distance[4] < distance[5] < distance[7]


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"upscale": 1.5}, (41, 50)),
        ({"upscale": 3.0}, (81, 99)),
        ({"size": [64, 64]}, (64, 64)),
        ({"size": [66, 27]}, (27, 66)),  # a squeezed plate made square
        ({"size": [20, 16]}, (16, 20)),  # smaller than the source
        ({"size": [66, 54]}, (54, 66)),  # twice the source: as upscale 2
    ],
)
@pytest.mark.parametrize("engine", ["identity", "flow", "sparkvsr"])
def test_every_size_can_be_had(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    size: tuple[int, int],
    engine: str,
) -> None:
    if engine == "sparkvsr":
        monkeypatch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path / "model")))
        monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    frames = [np.random.default_rng(n).random((27, 33, 3), np.float32) for n in range(3)]
    write_clip(tmp_path, frames, {1: np.random.default_rng(9).random((*size, 3), np.float32)})
    change = {"settings": {"engine": engine, "grade": "off"} | settings, "source_space": "srgb"}
    done = restore(job(tmp_path, {1: "key.1.exr"}, **change))
    assert done.frames == 3
    assert read_picture(tmp_path / "out.0002.exr").shape == (*size, 3)
    assert np.array_equal(
        read_picture(tmp_path / "out.0001.exr"), read_picture(tmp_path / "key.1.exr")
    )


def test_the_shape_on_the_screen_is_kept_where_pixels_change_theirs(tmp_path: Path) -> None:
    picture = np.zeros((24, 32, 3), np.float16)
    make_picture(tmp_path / "plate.0000.exr", picture, PixelAspectRatio=2.0)
    restore(job(tmp_path, source_space="linear", settings={"size": [64, 24]}))
    with open_source(str(tmp_path / "out.####.exr")) as result:
        assert float(result.info.pixel_aspect) == 1.0


def test_channels_beside_the_colours_come_through(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).random((16, 16, 5)).astype(np.float16)
    make_picture(tmp_path / "plate.0000.exr", pixels, names=("R", "G", "B", "A", "Z"))
    events: list[Event] = []
    restore(job(tmp_path, source_space="linear"), on_event=events.append)
    with (
        open_source(str(tmp_path / "plate.####.exr")) as before,
        open_source(str(tmp_path / "out.####.exr")) as after,
    ):
        (was,), (now,) = list(before.extras()), list(after.extras())
    for name in ("A", "Z"):
        assert np.array_equal(was.channels[name], now.channels[name])
    assert "cannot hold" not in said(events)
    movie = job(tmp_path, source_space="linear", output=str(tmp_path / "o.mkv"))
    restore(movie, on_event=events.append)
    assert "cannot hold" in said(events)


def chroma(picture: Picture) -> Picture:
    return np.asarray(picture - picture.mean(2, keepdims=True))


def test_a_grey_shot_with_coloured_keyframes_becomes_a_coloured_one(
    tmp_path: Path, footage: list[Picture]
) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    grey = [np.repeat((f @ weights)[..., None], 3, axis=2) for f in footage]
    write_clip(tmp_path, grey, {n: footage[n] for n in (0, 12, 24)})
    files = {n: f"key.{n}.exr" for n in (0, 12, 24)}
    restore(job(tmp_path, files, source_space="srgb", settings={"engine": "flow"}))
    for number in (6, 18):
        ours = as_picture(read_picture(tmp_path / f"out.{number:04d}.exr"))
        wrong = np.abs(chroma(ours) - chroma(footage[number])).mean()
        assert wrong < 0.4 * np.abs(chroma(footage[number])).mean()


def test_dust_is_gone_at_the_keyframe_and_leaves_no_hole_beside_it(
    tmp_path: Path, footage: list[Picture]
) -> None:
    spots = np.random.default_rng(0).integers(8, 88, (9, 6, 2))
    dusty = [frame.copy() for frame in footage[:9]]
    for frame, places in zip(dusty, spots, strict=True):
        for y, x in places:
            cv2.circle(frame, (int(x), int(y)), 2, (1.0, 1.0, 1.0), -1)
    write_clip(tmp_path, dusty, {4: footage[4]})
    restore(job(tmp_path, {4: "key.4.exr"}, source_space="srgb", settings={"engine": "flow"}))
    frames = [as_picture(read_picture(tmp_path / f"out.{n:04d}.exr")) for n in range(9)]
    assert np.array_equal(frames[4], as_picture(read_picture(tmp_path / "key.4.exr")))
    for number in (3, 5):
        where = np.zeros(frames[0].shape[:2], bool)
        for y, x in spots[4]:
            where[y - 3 : y + 4, x - 3 : x + 4] = True
        for y, x in spots[number]:  # its own dust may stay or go
            where[y - 5 : y + 6, x - 5 : x + 6] = False
        hole = np.abs(frames[number] - footage[number])[where]
        assert hole.mean() < 0.03


def test_a_config_of_ones_own_is_used_whichever_way_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PyOpenColorIO.Config.CreateFromFile(BUILTIN).serialize()
    config, packed = tmp_path / "show.ocio", tmp_path / "show.ocioz"
    config.write_text(text.replace("name: ACEScct", "name: ShowLog"))
    PyOpenColorIO.Config.CreateFromFile(str(config)).archive(str(packed))
    write_picture(tmp_path / "plate.0000.exr", np.full((16, 16, 3), 0.4, np.float16))
    with pytest.raises(SettingsError, match="ShowLog"):
        restore(job(tmp_path, source_space="ShowLog"))
    restore(job(tmp_path, source_space="ShowLog", ocio=str(config)))
    restore(job(tmp_path, source_space="ShowLog", ocio=str(packed), overwrite=True))
    monkeypatch.setenv("OCIO", str(config))
    restore(job(tmp_path, source_space="ShowLog", overwrite=True))
    address = "ocio://cg-config-latest"
    restore(job(tmp_path, source_space="ACEScct", ocio=address, overwrite=True))


def test_a_changed_lut_is_seen_by_the_next_job_of_the_same_process(tmp_path: Path) -> None:
    write_picture(tmp_path / "plate.0000.exr", np.full((16, 16, 3), 0.5, np.float16))
    means = []
    for gain in (0.5, 0.25):
        show = job(
            tmp_path,
            source_space="showlog",
            output_space="cct",
            ocio=str(make_show(tmp_path / "show", gain=gain)),
            overwrite=True,
        )
        restore(show)
        means.append(as_picture(read_picture(tmp_path / "out.0000.exr")).mean())
    assert means[0] - means[1] == pytest.approx(1 / 17.52, abs=2e-3)  # a stop, in ACEScct


def test_a_missing_lut_ends_the_job_before_it_begins(tmp_path: Path) -> None:
    write_picture(tmp_path / "plate.0000.exr", np.full((16, 16, 3), 0.5, np.float16))
    config = make_show(tmp_path / "show")
    (tmp_path / "show" / "luts" / "curve.spi1d").unlink()
    events: list[Event] = []
    show = job(tmp_path, source_space="cct", output_space="showlog", ocio=str(config))
    with pytest.raises(SettingsError, match=r"curve\.spi1d"):
        restore(show, on_event=events.append)
    assert events == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["plate.0000.exr", "show"]


def test_what_an_engine_sees_is_named_alike_wherever_the_config_lies(tmp_path: Path) -> None:
    class Source:
        def at(self, index: int) -> Frame:
            return np.full((16, 16, 3), 0.5, np.float16)

        def digest(self, index: int) -> str:
            return "same"

    def name_of(color: Color) -> str:
        shot = Shot(width=16, height=16, frames=1)
        request = Request(shot, (), Settings(upscale=1.0), color=color)
        with ShotLook(request, Source(), make_engine("identity"), ((0, 1),)) as look:
            return look.digest(0)

    here, there = (named(in_space(make_show(tmp_path / folder))) for folder in ("a", "b"))
    blob = tmp_path / "blob"
    blob.write_bytes(archive_of(here))
    names = {name_of(color) for color in (here, there, replace(here, config=str(blob)))}
    assert len(names) == 1
    assert name_of(named(in_space(make_show(tmp_path / "c", power=3.0)))) not in names


def test_a_job_keeps_timecode_rate_alpha_and_code_values_of_a_movie(tmp_path: Path) -> None:
    source, output = tmp_path / "plate.mov", tmp_path / "out.mov"
    ffmpeg(
        *(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=64x48:rate=30000/1001:duration=0.4,format=yuva444p10",
        ),
        *(
            "-timecode",
            "01:08:59;28",
            "-c:v",
            "prores_ks",
            "-profile:v",
            "4444",
            "-alpha_bits",
            "16",
        ),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", source),
    )
    restore(job(tmp_path, source=str(source), output=str(output)))
    with open_source(str(source)) as before, open_source(str(output)) as after:
        assert str(after.info.timecode) == str(before.info.timecode) == "01:08:59;28"
        assert (after.info.rate, after.info.frames) == (before.info.rate, before.info.frames)
        assert after.info.extra_channels == ("A",)
        worst = [
            np.abs(as_picture(a) - as_picture(b)).max()
            for a, b in zip(before.frames(), after.frames(), strict=True)
        ]
    assert max(worst) < 0.03  # a second generation of ProRes
    assert "01:08:59;28" in ffmpeg_says(output)
