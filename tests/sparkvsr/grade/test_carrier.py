"""The carrier's rules: cuts, ends, order, memory, dust, grain."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkvsr import KeyframeError
from sparkvsr.grade import GradeCarrier

Picture = NDArray[np.float32]
Grade = Callable[[Picture], Picture]
Clip = Callable[[str], list[Picture]]


def test_what_is_not_graded_comes_back_to_the_bit(short: list[Picture]) -> None:
    carrier = GradeCarrier(short.__getitem__, {0: short[0], 24: short[24]}, [(0, 25)])
    for t in (0, 5, 24):
        np.testing.assert_array_equal(carrier.graded(t), short[t])


def test_nothing_crosses_a_cut_and_a_scene_without_keyframes_stays(
    short: list[Picture], primary: Grade
) -> None:
    brighter = short[0] * np.float32(1.3)
    scenes = [(0, 8), (8, 16), (16, 25)]
    carrier = GradeCarrier(short.__getitem__, {0: brighter, 24: primary(short[24])}, scenes)
    assert_close(carrier.graded(7), short[7] * np.float32(1.3))
    np.testing.assert_array_equal(carrier.graded(8), short[8])
    np.testing.assert_array_equal(carrier.graded(15), short[15])
    assert_close(carrier.graded(16), primary(short[16]))


def test_trust_is_one_at_a_keyframe_and_low_where_nothing_is_seen_again(
    short: list[Picture], primary: Grade
) -> None:
    noise = np.random.default_rng(0).random(short[0].shape, np.float32)
    source = [*short[:9], noise, noise]
    carrier = GradeCarrier(source.__getitem__, {0: primary(short[0])}, [(0, 10), (10, 11)])
    trusts = [carrier.trust(t) for t in (0, 4, 9, 10)]
    assert trusts[0] == 1.0
    assert 0.7 < trusts[1] < 1.0
    assert trusts[2] < 0.3
    assert trusts[3] == 0.0


def test_one_keyframe_grades_the_whole_scene(short: list[Picture], primary: Grade) -> None:
    carrier = GradeCarrier(short.__getitem__, {12: primary(short[12])}, [(0, 25)])
    for t in (0, 12, 24):
        assert_close(carrier.graded(t), primary(short[t]))


def test_between_keyframes_one_grade_goes_over_into_the_other(short: list[Picture]) -> None:
    keyframes = {4: short[4], 20: short[20] * np.float32(1.4)}
    carrier = GradeCarrier(short.__getitem__, keyframes, [(0, 25)])
    gains = [carrier.graded(t).mean() / short[t].mean() for t in (0, 4, 8, 12, 16, 20, 24)]
    np.testing.assert_allclose(gains, [1, 1, 1.1, 1.2, 1.3, 1.4, 1.4], atol=0.01)


def test_a_keyframe_gives_its_grade_and_not_its_pixels(clip: Clip, primary: Grade) -> None:
    """One that lost half of its detail is graded, and keeps most of its own."""
    source = clip("bigbuckbunny")[0]
    blurred = np.asarray(cv2.GaussianBlur(primary(source), (0, 0), 0.8), np.float32)
    carrier = GradeCarrier(lambda _: source, {0: blurred}, [(0, 1)])
    truth = sharpness(primary(source))
    assert sharpness(blurred) < 0.5 * truth
    assert sharpness(carrier.graded(0)) > 0.8 * truth
    assert_close(carrier.graded(0), primary(source), mean=0.01)


def test_the_order_of_asking_does_not_matter(short: list[Picture], primary: Grade) -> None:
    keyframes = {0: primary(short[0]), 12: primary(short[12]), 24: primary(short[24])}
    one, other = (GradeCarrier(short.__getitem__, keyframes, [(0, 25)]) for _ in range(2))
    asked = (3, 14, 9)
    forwards = {t: one.graded(t) for t in asked}
    for t in reversed(asked):
        np.testing.assert_array_equal(other.graded(t), forwards[t])


def test_memory_does_not_grow_with_the_frames_asked_for(
    short: list[Picture], primary: Grade
) -> None:
    tiny = [np.asarray(cv2.resize(frame, (160, 90)), np.float32) for frame in short]
    source = [tiny[t % 24] for t in range(60)]
    keyframes = {t: primary(source[t]) for t in range(0, 60, 4)}
    carrier = GradeCarrier(source.__getitem__, keyframes, [(0, 60)])
    held = []
    tracemalloc.start()
    for t in range(1, 60, 2):
        carrier.graded(t)
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(held[20:]) < 1.1 * max(held[12:20])


def test_dust_on_the_source_of_a_cleaned_keyframe_leaves_no_trace_in_the_grade(
    short: list[Picture], primary: Grade
) -> None:
    """Keyframes are dust-busted, the source of no frame is; dust is elsewhere on every frame."""
    specks = [dust(short[0].shape[:2], seed) for seed in range(25)]
    source = [
        np.asarray(np.where(speck[..., None] > 0, 0.95, frame), np.float32)
        for frame, speck in zip(short, specks, strict=True)
    ]
    keyframes = {0: primary(short[0]), 24: primary(short[24])}
    carrier = GradeCarrier(source.__getitem__, keyframes, [(0, 25)])
    under_keyframe_dust = cv2.dilate(specks[0], np.ones((3, 3), np.uint8)) > 0
    for t in (0, 1, 12):
        error = np.abs(carrier.graded(t) - primary(source[t])).max(-1)
        clean = specks[t] == 0
        assert error[clean & under_keyframe_dust].mean() < 0.01  # dust itself is 0.3 and more
        assert error[clean & ~under_keyframe_dust].mean() < 0.01


def dust(shape: tuple[int, ...], seed: int) -> NDArray[np.uint8]:
    """Round specks of 1 to 5 pixels; 255 where they are."""
    random = np.random.default_rng(seed)
    speck = np.zeros(shape, np.uint8)
    for _ in range(40):
        x, y = (int(random.integers(side)) for side in reversed(shape))
        cv2.circle(speck, (x, y), int(random.integers(0, 3)), 255, -1)
    return speck


def test_a_still_flickers_no_more_under_a_carried_grade_than_graded_frame_by_frame(
    short: list[Picture], primary: Grade
) -> None:
    """The change of the channels' means from frame to frame, root mean square."""
    random = np.random.default_rng(0)
    still = 0.25 + 0.5 * short[0]
    source = [
        still + np.float32(0.02) * random.standard_normal(still.shape, np.float32)
        for _ in range(13)
    ]
    truth = [primary(frame) for frame in source]
    carrier = GradeCarrier(source.__getitem__, {0: truth[0], 12: truth[12]}, [(0, 13)])
    assert flicker([carrier.graded(t) for t in range(13)]) < 1.05 * flicker(truth)


def flicker(pictures: list[Picture]) -> float:
    means = np.stack([picture.mean((0, 1), dtype=np.float64) for picture in pictures])
    return float(np.sqrt(np.mean(np.square(np.diff(means, axis=0)))))


def test_a_grade_of_one_hue_leaves_the_others_alone(short: list[Picture]) -> None:
    """A secondary: what is green becomes darker and less yellow."""

    def greens_only(picture: Picture) -> Picture:
        green = np.clip(4 * (picture[..., 1:2] - picture[..., ::2].max(-1, keepdims=True)), 0, 1)
        return np.asarray(picture * (1 - green * np.array([0.5, 0.2, 0], np.float32)), np.float32)

    graded = [greens_only(frame) for frame in short]
    carrier = GradeCarrier(short.__getitem__, {0: graded[0], 24: graded[24]}, [(0, 25)])
    before = np.abs(short[12] - graded[12]).mean()
    assert np.abs(carrier.graded(12) - graded[12]).mean() < before / 5


@pytest.mark.parametrize(("height", "width"), [(3, 200), (17, 33), (40, 15)])
def test_odd_sizes_work(height: int, width: int) -> None:
    random = np.random.default_rng(0)
    source = [random.random((height, width, 3), np.float32) for _ in range(9)]
    keyframes = {0: source[0] * np.float32(1.2), 8: source[8] * np.float32(1.2)}
    carrier = GradeCarrier(source.__getitem__, keyframes, [(0, 9)])
    for t in (0, 4, 8):
        assert carrier.graded(t).shape == (height, width, 3)
        assert_close(carrier.graded(t), source[t] * np.float32(1.2), mean=0.05)


def test_a_single_pixel_is_graded() -> None:
    source = [np.full((1, 1, 3), 0.1 * t, np.float32) for t in range(1, 6)]
    carrier = GradeCarrier(source.__getitem__, {2: source[2] * np.float32(1.2)}, [(0, 5)])
    assert_close(carrier.graded(2), source[2] * np.float32(1.2), mean=0.01)
    assert np.isfinite(carrier.graded(4)).all()


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_pictures_of_one_colour_work(level: float) -> None:
    flat = np.full((20, 30, 3), level, np.float32)
    carrier = GradeCarrier(lambda _: flat, {0: flat + np.float32(0.1)}, [(0, 5)])
    assert_close(carrier.graded(3), flat + np.float32(0.1), mean=0.01)


def test_broken_pixels_spoil_only_themselves(short: list[Picture], primary: Grade) -> None:
    source = [frame.copy() for frame in short]
    for frame in source:
        frame[50, 60], frame[70, 80] = np.nan, np.inf
    carrier = GradeCarrier(source.__getitem__, {0: primary(short[0])}, [(0, 25)])
    found = carrier.graded(8)
    sound = np.isfinite(source[8])
    assert np.abs(found - primary(short[8]))[sound].mean() < 0.01


def test_a_keyframe_of_another_size_is_refused(short: list[Picture]) -> None:
    with pytest.raises(KeyframeError, match="index 3 is 320x90, its source frame 320x180"):
        GradeCarrier(short.__getitem__, {3: short[3][:90]}, [(0, 25)])


def test_a_carrier_without_keyframes_is_refused(short: list[Picture]) -> None:
    with pytest.raises(KeyframeError, match="no keyframe"):
        GradeCarrier(short.__getitem__, {}, [(0, 25)])


def assert_close(picture: Picture, truth: Picture, mean: float = 0.004) -> None:
    assert float(np.abs(picture - truth).mean()) < mean


def sharpness(picture: Picture) -> float:
    return float(np.abs(cv2.Laplacian(picture, cv2.CV_32F)).mean())
