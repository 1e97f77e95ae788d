"""The flow engine: it carries keyframes, says how far it can be trusted, and harms nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sparkvsr import CancelledError
from sparkvsr.engines import EngineFrame, Picture
from sparkvsr.engines.flow import FlowEngine
from windows import reference, window_of

UPSCALE = 4


def scene(frames: int, step: float = 1.5, height: int = 192, width: int = 256) -> list[Picture]:
    """A detailed picture that slides over the screen, at output size."""
    rng = np.random.default_rng(7)
    noise = rng.random((2 * height, 2 * width + frames * 4, 3)).astype(np.float32)
    texture = 0.6 * cv2.GaussianBlur(noise, (0, 0), 1.2) + 0.4 * cv2.GaussianBlur(noise, (0, 0), 9)
    texture = np.clip((texture - 0.5) * 3 + 0.5, 0, 1)
    moves = [np.array([[1, 0, -step * t], [0, 1, 0]], np.float32) for t in range(frames)]
    moved = [cv2.warpAffine(texture, m, (width, height), flags=cv2.INTER_CUBIC) for m in moves]
    return [np.asarray(picture, np.float32) for picture in moved]


def shrink(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    size = (width // UPSCALE, height // UPSCALE)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def bicubic(picture: Picture) -> Picture:
    large = cv2.resize(picture, None, fx=UPSCALE, fy=UPSCALE, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32)


def psnr(a: Picture, b: Picture) -> float:
    return float(-10 * np.log10(np.mean(np.square(a - b))))


def restore(
    source: list[Picture],
    keyframes: dict[int, Picture],
    guidance: float = 1.0,
    upscale: int = UPSCALE,
) -> list[EngineFrame]:
    references = [reference(i, picture, source[i]) for i, picture in keyframes.items()]
    window = window_of(source, references, upscale=upscale, guidance=guidance)
    return list(FlowEngine().restore(window))


def test_detail_of_keyframes_reaches_the_frames_between() -> None:
    full = scene(17)
    source = [shrink(picture) for picture in full]
    frames = restore(source, {0: full[0], 16: full[16]})
    gains = [
        psnr(frames[t].picture_HWC, full[t]) - psnr(bicubic(source[t]), full[t])
        for t in range(1, 16)
    ]
    assert np.mean(gains) > 2.0
    assert min(frame.trust for frame in frames) > 0.5


def test_a_keyframe_comes_back_as_it_is() -> None:
    full = scene(9)
    frames = restore([shrink(picture) for picture in full], {4: full[4]})
    np.testing.assert_array_equal(frames[4].picture_HWC, full[4])
    assert frames[4].trust == 1.0


def test_without_keyframes_nothing_is_worse_than_bicubic_and_trust_is_zero() -> None:
    full = scene(3)
    source = [shrink(picture) for picture in full]
    for frame, small, want in zip(restore(source, {}), source, full, strict=True):
        assert frame.trust == 0.0
        assert psnr(frame.picture_HWC, want) > psnr(bicubic(small), want) - 0.05


def test_guidance_scales_the_change() -> None:
    full = scene(9)
    source = [shrink(picture) for picture in full]
    none, blind = restore(source, {0: full[0]}, guidance=0.0), restore(source, {})
    for a, b in zip(none[1:], blind[1:], strict=True):
        np.testing.assert_array_equal(a.picture_HWC, b.picture_HWC)
    half, whole = restore(source, {0: full[0]}, 0.5), restore(source, {0: full[0]}, 1.0)
    for t in (0, 4):
        middle = (blind[t].picture_HWC + whole[t].picture_HWC) / 2
        if t:  # at the keyframe itself the blind frame is back-projected and the keyframe is not
            np.testing.assert_allclose(half[t].picture_HWC, middle, atol=1e-5)


@pytest.mark.parametrize("upscale", [1, UPSCALE])
def test_a_grade_on_the_keyframe_is_carried(upscale: int) -> None:
    full = scene(9)
    source = full if upscale == 1 else [shrink(picture) for picture in full]
    gain = np.array([1.15, 1.0, 0.85], np.float32)
    frames = restore(source, {0: full[0] * gain}, upscale=upscale)
    inner = np.s_[:, :-24]  # what has come in from the right no keyframe shows
    for t in (4, 8):
        want = full[t][inner] * gain
        got = frames[t].picture_HWC[inner]
        np.testing.assert_allclose(got.mean((0, 1)), want.mean((0, 1)), atol=0.02)


def test_a_keyframe_of_something_else_is_not_believed() -> None:
    source = [shrink(picture) for picture in scene(9)]
    other = np.flip(scene(1)[0], (0, 1)).copy()
    elsewhere = [*source[:8], shrink(other)]
    frames = restore(elsewhere, {8: other})
    assert max(frame.trust for frame in frames[:8]) < 0.2


@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 33), (3, 200)])
def test_odd_sizes_work(height: int, width: int) -> None:
    source = [np.full((height, width, 3), t / 10, np.float32) for t in range(9)]
    keyframe = np.full((height * UPSCALE, width * UPSCALE, 3), 0.5, np.float32)
    for frame in restore(source, {0: keyframe}):
        assert frame.picture_HWC.shape == keyframe.shape
        assert np.isfinite(frame.picture_HWC).all()


def test_values_beyond_the_display_range_are_kept() -> None:
    full = [picture * 6 - 1 for picture in scene(5, step=0)]
    frames = restore([shrink(picture) for picture in full], {0: full[0]})
    assert frames[3].picture_HWC.max() > 4
    assert frames[3].picture_HWC.min() < -0.5


def test_cancelling_stops_between_frames() -> None:
    source = [shrink(picture) for picture in scene(9)]
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    window = replace(window_of(source[:9], upscale=UPSCALE), cancelled=cancelled)
    with pytest.raises(CancelledError):
        list(FlowEngine().restore(window))
    assert len(asked) == 4


def test_a_far_keyframe_gives_way_to_a_restored_neighbour() -> None:
    full = scene(60, step=0.5)
    source = [shrink(picture) for picture in full]
    near = reference(0, full[40], source[40], trust=0.6)
    far = reference(-40, full[0], source[0])
    window = window_of(source[40:49], [near], [far], upscale=UPSCALE)
    frames = list(FlowEngine().restore(window))
    assert psnr(frames[4].picture_HWC, full[44]) > psnr(bicubic(source[44]), full[44]) + 2
    assert max(frame.trust for frame in frames) <= 0.6
