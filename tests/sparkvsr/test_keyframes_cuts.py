"""Hard cuts: found exactly on real footage, not where something moves, flashes or fades."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from footage import read_frames, real_clip
from sparkvsr.keyframes import find_cuts

Clip = list[NDArray[Any]]
BIKES_CUTS = (30, 76, 137, 187, 242)  # seen by eye
WIDTH, HEIGHT = 320, 144


@cache
def clip(name: str) -> Clip:
    """A real clip, shrunk to one size so that clips can be joined."""
    return [
        cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        for frame in read_frames(real_clip(name))
    ]


def scenes() -> list[Clip]:
    """Eight scenes of real footage, each without a cut."""
    bikes = clip("bikes.mp4")
    borders = (0, *BIKES_CUTS, len(bikes))
    pieces = [bikes[a:b] for a, b in pairwise(borders)]
    return [clip("bigbuckbunny.mp4"), *pieces, clip("carphone_pristine.mp4")]


def still_scenes() -> list[Clip]:
    """Scenes long enough to be treated, one of each clip."""
    return [clip("bigbuckbunny.mp4")[:50], clip("bikes.mp4")[137:187], scenes()[-1][:50]]


def faded(frames: Sequence[NDArray[Any]], length: int) -> Clip:
    """The last `length` frames go down to black in equal steps."""
    last = len(frames) - 1
    return [
        (frame * min(1.0, (last - i) / length)).astype(np.uint8) for i, frame in enumerate(frames)
    ]


def test_exactly_the_cuts_of_an_edited_film_are_found() -> None:
    assert find_cuts(clip("bikes.mp4")) == BIKES_CUTS


@pytest.mark.parametrize("name", ["bigbuckbunny.mp4", "carphone_pristine.mp4"])
def test_a_single_take_has_no_cut(name: str) -> None:
    assert find_cuts(clip(name)) == ()


@pytest.mark.parametrize("seed", range(12))
def test_exactly_the_made_cuts_are_found_between_pieces_of_real_footage(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = scenes()
    film: Clip = []
    cuts = []
    order = [int(i) for i in rng.permutation(len(pieces))]
    for i in order:
        length = int(rng.integers(7, min(30, len(pieces[i])) + 1))
        start = int(rng.integers(0, len(pieces[i]) - length + 1))
        cuts.append(len(film))
        film += pieces[i][start : start + length]
    assert find_cuts(film) == tuple(cuts[1:])


def test_a_cut_to_a_scene_of_four_frames_counts_and_so_does_one_at_either_end() -> None:
    bunny, bikes, car = still_scenes()
    assert find_cuts(bunny[:20] + bikes[:4] + car[:20]) == (20, 24)
    assert find_cuts(bunny[:1] + bikes[:20] + car[:1]) == (1, 21)


@pytest.mark.parametrize("factor", [2, 4])
def test_cuts_are_found_in_the_dark(factor: int) -> None:
    assert find_cuts(frame // factor for frame in clip("bikes.mp4")) == BIKES_CUTS


def test_cuts_are_found_under_heavy_grain() -> None:
    rng = np.random.default_rng(0)
    film = [frame + rng.normal(0, 30, frame.shape) for frame in clip("bikes.mp4")[20:100]]
    assert find_cuts(np.clip(frame, 0, 255).astype(np.uint8) for frame in film) == (10, 56)


@pytest.mark.parametrize("dtype", ["uint16", "float16", "float32"])
def test_the_depth_of_the_frames_makes_no_difference(dtype: str) -> None:
    def in_depth(frame: NDArray[Any]) -> NDArray[Any]:
        return frame * np.uint16(257) if dtype == "uint16" else (frame / 255).astype(dtype)

    assert find_cuts(map(in_depth, clip("bikes.mp4"))) == BIKES_CUTS


@pytest.mark.parametrize("speed", [2, 5, 10, 20, 40, 80])
def test_a_pan_is_no_cut_even_when_it_starts_and_stops_at_once(speed: int) -> None:
    wide = 640  # a still twice as wide as the view, mirrored so that the pan can go on
    for scene in still_scenes():
        still = cv2.resize(scene[0], (wide, HEIGHT))
        still = np.hstack([still, still[:, ::-1]] * 4)
        ends = [0] * 10 + [speed] * 24 + [0] * 10
        lefts = np.cumsum(ends) % (2 * wide)
        film = [still[:, left : left + WIDTH] for left in lefts]
        assert find_cuts(film) == ()


@pytest.mark.parametrize("length", [1, 2, 3, 6])
@pytest.mark.parametrize("light", ["white", "overexposed", "black"])
def test_a_flash_is_no_cut(light: str, length: int) -> None:
    for scene in still_scenes():
        film = list(scene)
        for i in range(20, 20 + length):
            match light:
                case "white":
                    film[i] = np.full_like(film[i], 255)
                case "black":
                    film[i] = np.zeros_like(film[i])
                case _:
                    film[i] = np.minimum(film[i] * 3.0 + 60, 255).astype(np.uint8)
        assert find_cuts(film) == ()


def test_a_flash_right_after_a_cut_does_not_hide_it() -> None:
    bunny, bikes, _ = still_scenes()
    flash = np.full_like(bikes[0], 255)
    assert find_cuts([*bunny[:20], *bikes[:2], flash, *bikes[3:20]]) == (20,)


@pytest.mark.parametrize("length", [6, 8, 12, 24])
def test_fades_and_dissolves_are_no_cuts(length: int) -> None:
    bunny, bikes, car = still_scenes()
    for scene in (bunny, bikes, car):
        down = [*faded(scene, length), *[np.zeros_like(scene[0])] * 12]
        assert find_cuts(down) == ()
        assert find_cuts(down[::-1]) == ()
    assert find_cuts([*faded(bunny, length), *faded(bikes, length)[::-1]]) == ()
    weights = np.linspace(1, 0, length + 2)[1:-1]
    mixed = [
        cv2.addWeighted(a, w, b, 1 - w, 0) for a, b, w in zip(bunny, car, weights, strict=False)
    ]
    assert find_cuts([*bunny[:20], *mixed, *car[length:40]]) == ()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_very_short_dissolve_is_one_cut_at_most(length: int) -> None:
    bunny, bikes, _ = still_scenes()
    mixed = [
        cv2.addWeighted(bunny[20 + i], 1 - w, bikes[i], w, 0)
        for i, w in enumerate(np.linspace(0, 1, length + 2)[1:-1])
    ]
    assert len(find_cuts([*bunny[:20], *mixed, *bikes[length:30]])) <= 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 1, 3), (3, 200, 3)])
def test_tiny_and_odd_pictures_are_taken(shape: tuple[int, int, int]) -> None:
    dark, light = np.full(shape, 20, np.uint8), np.full(shape, 220, np.uint8)
    assert find_cuts([dark] * 10 + [light] * 10) == (10,)
    assert find_cuts([dark]) == ()
    assert find_cuts([]) == ()


def test_what_is_no_number_does_not_stop_the_search() -> None:
    film = [frame.astype(np.float32) / 255 for frame in clip("bikes.mp4")[:60]]
    for frame in film:
        frame[:8, :8] = np.nan
        frame[8:16, :8] = np.inf
        frame[16:24, :8] = -1.0
    assert find_cuts(film) == (30,)


def peak_of(frames: int) -> int:
    """Most memory taken, in bytes, while the cuts of a clip of random pictures are searched."""

    def film() -> Iterator[NDArray[Any]]:
        rng = np.random.default_rng(0)
        for _ in range(frames):
            yield rng.integers(0, 256, (72, 128, 3), np.uint8)

    tracemalloc.start()
    try:
        find_cuts(film())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_clip() -> None:
    peak_of(20)
    assert peak_of(1000) < peak_of(100) + 50_000
