"""Keyframes in their places after the engine: exact, and nothing pops."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sparkvsr.grade import FEATHER, Pinning, pinned

Picture = NDArray[np.float32]
SCENES = [(0, 25)]
PINNINGS: tuple[Pinning, ...] = ("exact", "blend")


def test_exact_gives_the_artists_array_itself(short: list[Picture]) -> None:
    keyframe = short[10] * np.float32(1.2)
    found = list(pinned(short, {10: keyframe}, short.__getitem__, SCENES, "exact"))
    assert len(found) == 25
    assert found[10] is keyframe


def test_frames_out_of_reach_are_not_touched(short: list[Picture]) -> None:
    keyframe = short[10] * np.float32(1.2)
    for pinning in PINNINGS:
        found = list(pinned(short, {10: keyframe}, short.__getitem__, SCENES, pinning))
        changed = [t for t in range(25) if not np.array_equal(found[t], short[t])]
        assert changed == list(range(10 - FEATHER, 10 + FEATHER + 1))


def test_off_changes_nothing(short: list[Picture]) -> None:
    keyframes = {10: short[10] * np.float32(1.2)}
    found = pinned(short, keyframes, short.__getitem__, SCENES, "off")
    assert all(a is b for a, b in zip(found, short, strict=True))


def test_the_lead_over_falls_smoothly_on_both_sides(short: list[Picture]) -> None:
    """A keyframe by 0.1 brighter than what the engine made of it."""
    still = [short[0]] * 25
    for pinning, most in zip(PINNINGS, (0.1, 0.05), strict=True):
        keyframes = {10: short[0] + np.float32(0.1)}
        found = list(pinned(still, keyframes, still.__getitem__, SCENES, pinning))
        added = np.array([float((picture - short[0]).mean()) for picture in found])
        np.testing.assert_allclose(added[10], most, rtol=0.06)
        np.testing.assert_allclose(added[10:16], added[10:4:-1], atol=1e-4)
        steps = -np.diff(added[10:16])
        assert np.all(steps > 0)
        assert steps.max() < 0.4 * most


def test_what_is_lacking_follows_the_picture() -> None:
    random = np.random.default_rng(3)
    noise = cv2.GaussianBlur(random.random((140, 300, 3), np.float32), (0, 0), 2)
    texture: Picture = np.asarray((noise - 0.5) * 4 + 0.5, np.float32)
    frames = [texture[:, 3 * t : 3 * t + 200] for t in range(9)]
    keyframe = frames[4].copy()
    keyframe[50:90, 80:120] += 0.3
    found = list(pinned(frames, {4: keyframe}, frames.__getitem__, [(0, 9)], "exact"))
    added = (found[6] - frames[6]).mean(-1)
    centre = np.array(
        [np.average(i, weights=np.maximum(added, 0)) for i in np.indices(added.shape)]
    )
    np.testing.assert_allclose(centre, [69.5, 99.5 - 6], atol=1.0)


def test_nothing_crosses_a_cut(short: list[Picture]) -> None:
    keyframe = short[10] * np.float32(1.2)
    found = list(
        pinned(short, {10: keyframe}, short.__getitem__, [(0, 9), (9, 12), (12, 25)], "exact")
    )
    changed = [t for t in range(25) if not np.array_equal(found[t], short[t])]
    assert changed == [9, 10, 11]


def test_two_keyframes_close_together_do_not_add_up(short: list[Picture]) -> None:
    still = [short[0]] * 25
    keyframes = {t: short[0] + np.float32(0.1) for t in (10, 14)}
    found = list(pinned(still, keyframes, still.__getitem__, SCENES, "exact"))
    added = [float((picture - short[0]).mean()) for picture in found[10:15]]
    assert max(added) < 0.102


def test_dust_of_a_cleaned_keyframe_makes_no_hole_beside_it(short: list[Picture]) -> None:
    """The engine left the dust; the keyframe has none; the next frames have none at that place."""
    source = [frame.copy() for frame in short]
    cv2.circle(source[10], (160, 90), 3, (1.0, 1.0, 1.0), -1)
    found = list(pinned(source, {10: short[10]}, source.__getitem__, SCENES, "exact"))
    np.testing.assert_array_equal(found[10], short[10])
    for t in (8, 9, 11, 12):
        assert np.abs(found[t] - short[t]).max() < 0.02


@pytest.mark.parametrize("upscale", [1.5, 2])
def test_the_output_may_be_larger_than_the_source(short: list[Picture], upscale: float) -> None:
    size = (int(320 * upscale), int(180 * upscale))
    restored = [np.asarray(cv2.resize(frame, size), np.float32) for frame in short]
    keyframe = restored[10] * np.float32(1.2)
    found = list(pinned(restored, {10: keyframe}, short.__getitem__, SCENES, "exact"))
    gains = [found[t].mean() / restored[t].mean() for t in (10, 11, 12, 15)]
    assert gains[0] > gains[1] > gains[2] > gains[3] == 1


def test_scene_linear_highlights_stay_positive(short: list[Picture]) -> None:
    light = [np.asarray(0.02 + 60 * frame**4, np.float32) for frame in short]
    found = list(
        pinned(light, {10: light[10] * np.float32(0.5)}, light.__getitem__, SCENES, "exact")
    )
    assert all(picture.min() > 0 for picture in found)


@pytest.mark.parametrize("pinning", [*PINNINGS, "off"])
def test_whoever_begins_later_gets_the_same_frames(short: list[Picture], pinning: Pinning) -> None:
    keyframes = {t: short[t] * np.float32(1.2) for t in (3, 10, 13)}
    scenes = [(0, 12), (12, 25)]
    whole = list(pinned(short, keyframes, short.__getitem__, scenes, pinning))
    for first in (1, 6, 7, 10, 11, 14, 17, 24):
        later = short[max(first - FEATHER, 0) :]
        rest = list(pinned(later, keyframes, short.__getitem__, scenes, pinning, first))
        assert len(rest) == 25 - first
        assert all(map(np.array_equal, rest, whole[first:]))


def test_at_most_the_reach_waits(short: list[Picture]) -> None:
    taken = 0

    def restored() -> Iterator[Picture]:
        nonlocal taken
        for frame in short:
            taken += 1
            yield frame

    found = pinned(restored(), {10: short[10]}, short.__getitem__, SCENES, "exact")
    for given, _ in enumerate(found, start=1):
        assert taken <= min(given + FEATHER, 25)
