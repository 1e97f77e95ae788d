"""Pictures into model space and back, in every space; the figures of docs/color.md are its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sparkvsr.color import SHORT_NAMES, ColorSpaces, PicturePath
from sparkvsr.color._shaper import WHITE, decode, encode

Picture = NDArray[np.float32]

SPACES: Final = ColorSpaces()
LOG: Final = ("acescct", "logc3", "logc4", "slog3", "davinci")
HALVES: Final = st.floats(-0.0999755859375, 65504, width=16)
DOCS: Final = Path(__file__).parents[3] / "docs" / "color.md"


@cache
def path_of(source: str, keyframes: str | None = None, output: str | None = None) -> PicturePath:
    return PicturePath(SPACES, source, keyframes=keyframes, output=output)


def grey(values: NDArray[np.floating]) -> Picture:
    """A picture of greys, 256 wide."""
    return np.repeat(values.astype(np.float32).reshape(-1, 256)[..., None], 3, axis=2)


def cube(side: int = 33) -> Picture:
    axis = np.linspace(0, 1, side, dtype=np.float32)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(side, -1, 3)


def all_halves() -> Picture:
    """Every half from 0 up."""
    return grey(np.arange(0x7C00, dtype=np.uint16).view(np.float16))


def touched(model: Picture) -> Picture:
    """What a model gives that changes every value by the least a float can hold."""
    return np.nextafter(model, np.float32(0.5))


def bicubic(picture: Picture, side: int) -> Picture:
    large = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32)


def random_picture(space: str, seed: int = 0) -> NDArray[np.float16]:
    rng = np.random.default_rng(seed)
    if SPACES.is_scene_linear(space):
        return (np.exp2(rng.uniform(-12, 15, (37, 41, 3))) - 0.01).astype(np.float16)
    return rng.uniform(-0.02, 1.02, (37, 41, 3)).astype(np.float16)


@pytest.mark.parametrize("space", SHORT_NAMES)
def test_what_a_model_leaves_alone_comes_back_to_the_bit(space: str) -> None:
    path, picture = path_of(space), random_picture(space)
    model = path.to_model(picture)
    assert model.dtype == np.float32
    assert 0 <= model.min() < model.max() <= 1
    result = path.from_model(model, picture)
    assert (result.astype(np.float16).view(np.uint16) == picture.view(np.uint16)).all()


@pytest.mark.parametrize("space", SHORT_NAMES)
def test_pixels_that_a_model_leaves_alone_come_back_beside_others(space: str) -> None:
    path, picture = path_of(space), random_picture(space)
    restored = path.to_model(picture)
    restored[5:9, 7:30, 1] *= np.float32(0.5)
    result = path.from_model(restored, picture)
    changed = (result != picture).any(axis=2)
    assert changed[5:9, 7:30].any()
    changed[5:9, 7:30] = False
    assert not changed.any()


def light_of(space: str, codes: Picture) -> Picture:
    """Linear light of each channel by itself, as of a grey."""
    ramp = grey(np.linspace(0, 1, 256))
    light = SPACES.to_linear(space)(ramp)[0, :, 1]
    return np.interp(codes, ramp[0, :, 1], np.maximum(light, 1e-9)).astype(np.float32)


def errors(space: str) -> tuple[float, float, float]:
    """Largest errors of a way there and back, as docs/color.md states them."""
    path = path_of(space, keyframes="acescg")  # so that SDR goes through the shaper too
    linear = SPACES.is_scene_linear(space)
    ramp = grey(np.linspace(0, 1, 65536))
    greys, colours = (all_halves(), cube() * 100) if linear else (ramp, cube())

    def error(picture: Picture) -> NDArray[np.float32]:
        result = path.from_model(touched(path.to_model(picture)), picture)
        largest = np.maximum(picture.max(axis=2), 1e-7) if linear else np.float32(1)
        return np.asarray(np.abs(result - picture).max(axis=2) / largest, np.float32)

    light = colours if linear else light_of(space, colours)
    near = light.max(axis=2) <= 1000 * light.min(axis=2)
    all_errors = error(colours)
    return float(error(greys).max()), float(all_errors[near].max()), float(all_errors.max())


def stated_errors() -> dict[str, tuple[float, ...]]:
    """Short name to the figures in its row of docs/color.md."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([-\d.e| ]+) \|$", DOCS.read_text(), re.MULTILINE)
    return {name: tuple(map(float, figures.split("|"))) for name, figures in rows}


@pytest.mark.parametrize("space", SHORT_NAMES)
def test_round_trip_errors_are_those_that_the_documentation_states(space: str) -> None:
    stated = stated_errors()[space]
    assert len(stated) == 3
    for measured, limit in zip(errors(space), stated, strict=True):
        assert measured <= limit < 10 * measured


def test_the_documentations_table_of_the_shaper_is_the_shaper() -> None:
    rows = re.findall(r"^\| ([−+]?\d+) \| ([\d.]+) \| ([\d.]+) \|", DOCS.read_text(), re.MULTILINE)
    assert len(rows) == 13
    for stops, linear, code in rows:
        value = np.array([0.18 * 2.0 ** int(stops.replace("−", "-"))], np.float32)
        assert float(value[0]) == pytest.approx(float(linear), rel=0.01)
        assert float(np.clip(encode(value), 0, 1)[0]) == pytest.approx(float(code), abs=0.0006)


@given(arrays(np.float16, (2, 3, 3), elements=HALVES), st.sampled_from(["linear", "acescg"]))
def test_scene_linear_halves_pass_whatever_they_are(
    picture: NDArray[np.float16], space: str
) -> None:
    path = path_of(space)
    model = path.to_model(picture)
    assert np.isfinite(model).all()
    assert (path.from_model(model, picture) == picture).all()


@given(
    arrays(np.float16, (2, 3, 3), elements=HALVES),
    arrays(np.float32, (2, 3, 3), elements=st.floats(-0.5, 1.5, width=32)),
    st.sampled_from(sorted(SHORT_NAMES)),
    st.sampled_from(sorted(SHORT_NAMES)),
)
def test_whatever_a_model_gives_comes_out_finite(
    picture: NDArray[np.float16], restored: Picture, source: str, output: str
) -> None:
    result = path_of(source, output=output).from_model(restored, picture)
    assert np.isfinite(result.astype(np.float16)).all()


@pytest.mark.parametrize("space", [*LOG, "pq", "hlg", "rec709", "srgb"])
def test_a_10_bit_ramp_has_no_missing_codes_after_linear_light(space: str) -> None:
    codes = np.arange(1024)
    path = path_of(space, keyframes="acescg")
    picture = grey(codes / 1023)
    result = path.from_model(touched(path.to_model(picture)), picture)
    assert (np.rint(result[..., 1].ravel() * 1023) == codes).all()
    across = SPACES.transform("linear", space)(SPACES.transform(space, "linear")(picture))
    assert (np.rint(across[..., 1].ravel() * 1023) == codes).all()


@pytest.mark.parametrize("space", ["linear", "acescg"])
def test_every_value_of_a_half_gradient_survives_a_touch_of_the_model(space: str) -> None:
    path, picture = path_of(space), all_halves()
    result = path.from_model(touched(path.to_model(picture)), picture)
    kept = result.astype(np.float16).view(np.uint16)
    given_bits = picture.astype(np.float16).view(np.uint16)
    assert (kept == given_bits)[..., 1][picture[..., 1] >= 2**-14].all()  # what is not subnormal


def test_display_pictures_go_as_they_are() -> None:
    picture = np.random.default_rng(1).random((5, 6, 3), np.float32)
    for space in ("srgb", "rec709", "Display P3 - Display"):
        path = path_of(space)
        assert not path.is_shaped
        assert (path.to_model(picture) == picture).all()
        assert (path.from_model(picture[::-1], picture) == picture[::-1]).all()


def test_a_keyframe_in_another_display_space_is_converted_to_the_sources() -> None:
    path = path_of("rec709", keyframes="srgb")
    assert not path.is_shaped
    model = path.keyframe_to_model(np.full((1, 1, 3), 0.5, np.float32))
    assert model == pytest.approx(0.21404 ** (1 / 2.4), abs=1e-4)


def test_keyframes_and_source_meet_in_model_space() -> None:
    light = (np.random.default_rng(2).random((6, 5, 3)) * 4 + 0.01).astype(np.float32)
    source = SPACES.from_linear("logc3")(light)
    keyframe = SPACES.from_linear("acescg")(light)
    path = path_of("logc3", keyframes="acescg")
    assert path.keyframe_to_model(keyframe) == pytest.approx(path.to_model(source), abs=2e-6)


def test_a_scene_keyframe_brings_a_display_source_into_the_shaper() -> None:
    path = path_of("srgb", keyframes="linear", output="linear")
    assert path.is_shaped
    bright = np.full((1, 1, 3), 5.0, np.float32)
    restored = path.keyframe_to_model(bright)
    assert path.from_model(restored, np.ones((1, 1, 3), np.float32)) == pytest.approx(5, rel=1e-5)


def test_an_output_in_another_space_has_the_same_colours() -> None:
    picture = random_picture("logc3").clip(0.1, 0.9)
    path = path_of("logc3", output="acescg")
    result = path.from_model(path.to_model(picture), picture)
    expected = SPACES.transform("logc3", "acescg")(picture)
    assert result == pytest.approx(expected, rel=2e-5, abs=2e-5)


def test_a_keyframe_that_is_to_come_back_exactly_does() -> None:
    keyframe = random_picture("acescg")
    same = path_of("logc3", keyframes="acescg", output="acescg")
    assert (same.keyframe_to_output(keyframe) == keyframe).all()
    other = path_of("logc3", keyframes="acescg")
    expected = SPACES.transform("acescg", "logc3")(keyframe)
    assert other.keyframe_to_output(keyframe) == pytest.approx(expected)


def test_highlights_keep_their_energy_and_detail_is_carried_at_twice_the_size() -> None:
    rng = np.random.default_rng(3)
    picture = np.full((32, 32, 3), 0.2, np.float32)
    picture[8:24, 8:24] = 400.0
    path = path_of("linear")
    model = bicubic(path.to_model(picture), 64)
    detail = 0.008 * rng.standard_normal(model.shape, np.float32)
    result = path.from_model(np.clip(model + detail, 0, 1), picture)
    lamp, wall = result[20:44, 20:44], result[:12]
    assert lamp.mean() == pytest.approx(400, rel=0.01)
    assert wall.mean() == pytest.approx(0.2, rel=0.01)
    assert np.corrcoef(encode(wall).ravel(), detail[:12].ravel())[0, 1] > 0.999


def test_a_sun_leaves_no_ring_when_it_is_enlarged() -> None:
    picture = np.full((24, 24, 3), 0.5, np.float32)
    picture[10:14, 10:14] = 60000.0
    path = path_of("linear")
    restored = bicubic(path.to_model(picture), 96)
    result = path.from_model(restored, picture)
    assert result.min() > 0.3  # the ring of the model's own enlargement
    assert result.max() <= 60000 * 1.0001


@pytest.mark.parametrize("size", [(48, 96), (45, 61), (36, 30), (12, 20), (24, 30)])
def test_any_output_size_is_served(size: tuple[int, int]) -> None:
    picture = np.full((24, 30, 3), 400.0, np.float16)
    path = path_of("linear")
    white, dark = np.ones((*size, 3), np.float32), np.full((*size, 3), 0.5, np.float32)
    assert path.from_model(white, picture) == pytest.approx(white * 400, rel=1e-5)
    assert path.from_model(dark, picture) == pytest.approx(decode(dark), rel=1e-5)


def test_the_same_input_gives_the_same_bits() -> None:
    picture = random_picture("logc4")
    restored = np.random.default_rng(4).random((74, 82, 3), np.float32)
    path = path_of("logc4")
    assert (path.from_model(restored, picture) == path.from_model(restored, picture)).all()
    assert (path.to_model(picture) == path.to_model(np.asfortranarray(picture))).all()


def test_codes_carry_what_a_model_does_not_see() -> None:
    picture = np.array([[[-0.05, 0.18, 10 * WHITE]]], np.float32)
    path = path_of("linear")
    codes = path.to_codes(picture)
    assert codes[0, 0, 0] < 0 < 1 < codes[0, 0, 2]
    assert (path.model_of(codes) == path.to_model(picture)).all()
    brighter = encode(picture * 2)  # a grade, applied in between
    result = path.from_codes(path.model_of(brighter), brighter)
    assert result == pytest.approx(picture * 2, rel=1e-5)


def test_an_engine_without_limits_carries_everything() -> None:
    path = PicturePath(SPACES, "linear", unlimited=True)
    picture = np.array([[[-0.05, 0.18, 10 * WHITE]]], np.float32)
    model = path.to_model(picture)
    assert model.min() < 0 < 1 < model.max()
    other = np.zeros_like(picture)
    assert path.from_model(model, other) == pytest.approx(picture, rel=1e-5)
    display = PicturePath(SPACES, "srgb", unlimited=True)
    assert display.from_model(model, other) == pytest.approx(model)


def test_a_large_picture_is_the_same_as_its_rows() -> None:
    picture = np.random.default_rng(5).random((300, 500, 3), np.float32)
    path = path_of("slog3")
    whole = path.to_model(picture)
    rows = np.concatenate([path.to_model(picture[i : i + 7]) for i in range(0, 300, 7)])
    assert (whole == rows).all()


def test_nothing_that_was_given_is_changed() -> None:
    picture = random_picture("logc3").astype(np.float32)
    restored = np.random.default_rng(6).random(picture.shape, np.float32)
    before = picture.copy(), restored.copy()
    path = path_of("logc3")
    path.to_model(picture)
    path.from_model(restored, picture)
    assert (picture == before[0]).all()
    assert (restored == before[1]).all()
