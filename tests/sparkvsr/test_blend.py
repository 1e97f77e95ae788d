"""The blender: weights that sum to 1, frames in order, and pixels that pass untouched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Hashable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from plans import plans
from sparkvsr.blend import DiskSpool, MemorySpool, ShotBlender, tile_weights, window_weights
from sparkvsr.errors import DiskFullError
from sparkvsr.planner import Plan, plan_shot
from sparkvsr.tile_planner import plan_tiles

Picture = NDArray[np.float32]


def flat(value: float) -> Picture:
    return np.full((2, 3, 3), value, np.float32)


def same_bits(a: Picture, b: Picture) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


class CountingSpool(MemorySpool):
    """Knows how many pictures wait, how many did at most, and how many ever did."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = self.most = self.ever = 0

    def put(self, key: Hashable, picture: Picture) -> None:
        super().put(key, picture)
        self.waiting += 1
        self.ever += 1
        self.most = max(self.most, self.waiting)

    def take(self, key: Hashable) -> Picture:
        self.waiting -= 1
        return super().take(key)


# Weights


@given(plans())
def test_weights_in_time_sum_to_one_on_every_frame(plan: Plan) -> None:
    total = np.zeros(plan.scenes[-1][1])
    for window, weights in zip(plan.windows, window_weights(plan.windows), strict=True):
        assert weights.shape == (window.stop - window.start,)
        assert (weights > 0).all()
        total[window.start : window.stop] += weights
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)


def test_a_fade_is_a_raised_cosine_and_symmetric() -> None:
    first, second = window_weights(plan_shot(57, []).windows)
    assert (first[:24] == 1).all()
    expected = 0.5 + 0.5 * np.cos(np.pi * (np.arange(9) + 0.5) / 9)
    np.testing.assert_allclose(first[24:], expected, atol=1e-12)
    np.testing.assert_allclose(first, second[::-1], atol=1e-12)


def test_windows_that_share_one_frame_share_it_half_and_half() -> None:
    first, second = window_weights(plan_shot(65, [], overlap=1).windows)
    assert (first[-1], second[0]) == (0.5, 0.5)
    assert (first[:-1] == 1).all()
    assert (second[1:] == 1).all()


def test_nothing_fades_across_a_cut() -> None:
    weights = window_weights(plan_shot(60, [], cuts=[30]).windows)
    assert all((w == 1).all() for w in weights)


@given(
    width=st.integers(1, 500),
    height=st.integers(1, 500),
    tile=st.sampled_from([64, 96, 160, 256]),
    overlap=st.sampled_from([0, 16, 32]),
)
def test_weights_in_space_sum_to_one_on_every_pixel(
    width: int, height: int, tile: int, overlap: int
) -> None:
    tiles = plan_tiles(width, height, tile, overlap)
    total = np.zeros((-(-height // 16) * 16, -(-width // 16) * 16))
    for t, weights in zip(tiles, tile_weights(tiles, width, height), strict=True):
        assert weights.dtype == np.float32
        assert weights.shape == (t.height, t.width)
        assert (weights > 0).all()
        total[t.y : t.y + t.height, t.x : t.x + t.width] += weights
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-6)


def test_tiles_of_another_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="320x320 tiled pixels for 640x320"):
        tile_weights(plan_tiles(320, 320, 256), 640, 320)


# Streaming


@given(plans())
def test_frames_leave_in_order_and_as_soon_as_they_are_finished(plan: Plan) -> None:
    blender = ShotBlender(plan.windows)
    owed = [0] * plan.scenes[-1][1]
    for window in plan.windows:
        for index in range(window.start, window.stop):
            owed[index] += 1
    left = 0
    for position in plan.order:
        window = plan.windows[position]
        for i in range(window.stop - window.start):
            index = window.shot_index(i)
            blender.add(position, index, flat(index), index / 1000)
            owed[index] -= 1
            for done, picture, trust in blender.ready():
                assert done == left
                assert same_bits(picture, flat(done))
                assert trust == done / 1000
                left += 1
            assert left == len(owed) or owed[left] > 0
    assert left == len(owed)


@given(plans(), st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order_of_delivery(plan: Plan, random: Any) -> None:
    def picture(position: int, index: int) -> Picture:
        return np.random.default_rng((position, index)).normal(size=(2, 2, 3)).astype(np.float32)

    def blended(pairs: list[tuple[int, int]]) -> list[bytes]:
        blender = ShotBlender(plan.windows)
        for position, index in pairs:
            blender.add(position, index, picture(position, index), position / 100)
        return [p.tobytes() + str((i, t)).encode() for i, p, t in blender.ready()]

    pairs = [(w.position, i) for w in plan.windows for i in range(w.start, w.stop)]
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    assert blended(pairs) == blended(shuffled)


def test_a_frame_of_several_windows_is_their_weighted_mean() -> None:
    plan = plan_shot(65, [])  # frame 32 lies in three windows
    weights = window_weights(plan.windows)
    blender = ShotBlender(plan.windows)
    for window in plan.windows:
        for index in range(window.start, window.stop):
            value = 10.0**window.position
            blender.add(window.position, index, flat(value), window.position / 2)
    for index, picture, trust in blender.ready():
        mine = [
            (w.position, weights[w.position][index - w.start])
            for w in plan.windows
            if w.start <= index < w.stop
        ]
        np.testing.assert_allclose(picture, sum(10.0**p * w for p, w in mine), rtol=1e-6)
        assert trust == pytest.approx(sum(p / 2 * w for p, w in mine))


NASTY = np.array(
    [[np.nan, np.inf, -np.inf], [-0.0, 0.0, -3.5], [1e-45, 3.4e38, 1 / 3]], np.float32
)[:, None]
NASTY.view(np.uint32)[2, 0, 2] = 0x7F800001  # a signalling NaN: any arithmetic changes its bits


def test_a_frame_of_one_window_passes_bit_for_bit() -> None:
    blender = ShotBlender(plan_shot(1, []).windows)
    blender.add(0, 0, NASTY, 0.3)
    ((_, picture, trust),) = blender.ready()
    assert same_bits(picture, NASTY)
    assert trust == 0.3


def test_a_frame_on_which_all_windows_agree_passes_bit_for_bit() -> None:
    plan = plan_shot(65, [])
    blender = ShotBlender(plan.windows)
    for window in plan.windows:
        for index in range(window.start, window.stop):
            blender.add(window.position, index, NASTY.copy(), 0.3)
    finished = list(blender.ready())
    assert len(finished) == 65
    assert all(same_bits(picture, NASTY) and trust == 0.3 for _, picture, trust in finished)


def test_samples_on_which_windows_agree_pass_bit_for_bit_beside_others() -> None:
    plan = plan_shot(65, [], overlap=1)
    a, b = NASTY.copy(), NASTY.copy()
    a[0, 0, 0], b[0, 0, 0] = 1, 3
    blender = ShotBlender(plan.windows)
    for window, given_ in zip(plan.windows, (a, b), strict=True):
        for index in range(window.start, window.stop):
            blender.add(window.position, index, given_, 1.0)
    mixed = {index: picture for index, picture, _ in blender.ready()}[32]
    expected = NASTY.copy()
    expected[0, 0, 0] = 2
    assert same_bits(mixed, expected)


def test_only_what_a_frame_still_needs_waits() -> None:
    spool = CountingSpool()
    plan = plan_shot(145, [0])
    blender = ShotBlender(plan.windows, spool)
    count = 0
    for position in plan.order:
        window = plan.windows[position]
        for index in range(window.start, window.stop):
            blender.add(position, index, flat(index), 1.0)
            count += len(list(blender.ready()))
    assert count == 145
    assert spool.waiting == 0
    shared = [a.stop - b.start for a, b in pairwise(plan.windows)]
    assert spool.most == max(shared)
    assert spool.ever == sum(shared)


@pytest.mark.parametrize(
    ("position", "index"),
    [(0, 33), (1, 0), (0, 0), (0, 30)],
    ids=["late", "early", "left", "twice"],
)
def test_a_frame_that_is_not_owed_is_refused(position: int, index: int) -> None:
    blender = ShotBlender(plan_shot(57, []).windows)
    blender.add(0, 0, flat(0), 1.0)
    blender.add(0, 30, flat(0), 1.0)
    assert len(list(blender.ready())) == 1
    with pytest.raises(ValueError, match=f"window {position} owes no frame {index}"):
        blender.add(position, index, flat(0), 1.0)


# The spool on disk


def test_the_disk_spool_gives_the_same_frames_as_memory(tmp_path: Path) -> None:
    plan = plan_shot(97, [60])
    with DiskSpool(tmp_path) as spool:
        results = []
        for blender in (ShotBlender(plan.windows), ShotBlender(plan.windows, spool)):
            rng = np.random.default_rng(5)
            out = []
            for position in plan.order:
                window = plan.windows[position]
                for index in range(window.start, window.stop):
                    picture = rng.normal(size=(4, 5, 3)).astype(np.float32)
                    blender.add(position, index, picture, 1.0)
                    out += [(i, p.tobytes(), t) for i, p, t in blender.ready()]
            results.append(out)
    assert len(results[0]) == 97
    assert results[0] == results[1]


@given(st.lists(st.integers(0, 5), max_size=40))
def test_the_disk_spool_keeps_every_bit_and_reuses_its_room(keys: list[int]) -> None:
    waiting: dict[int, Picture] = {}
    most = 0
    rng = np.random.default_rng(1)
    with DiskSpool() as spool:
        for key in keys:
            if key in waiting:
                assert same_bits(spool.take(key), waiting.pop(key))
            else:
                bits = rng.integers(0, 2**32, (3, 4, 3), np.uint32)
                waiting[key] = bits.view(np.float32)
                spool.put(key, waiting[key])
            most = max(most, len(waiting))
            assert os.fstat(spool._file.fileno()).st_size == most * 3 * 4 * 3 * 4
        for key, picture in waiting.items():
            assert same_bits(spool.take(key), picture)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the file has a name until it is closed")
def test_the_disk_spool_is_not_seen_in_its_folder(tmp_path: Path) -> None:
    with DiskSpool(tmp_path) as spool:
        spool.put("a", flat(1))
        assert list(tmp_path.iterdir()) == []


def test_the_disk_spool_takes_pictures_that_are_not_contiguous() -> None:
    picture = np.arange(24, dtype=np.float32).reshape(4, 2, 3)[::2]
    with DiskSpool() as spool:
        spool.put("a", picture)
        np.testing.assert_array_equal(spool.take("a"), picture)


def test_the_disk_spool_refuses_another_shape() -> None:
    with DiskSpool() as spool:
        spool.put("a", flat(1))
        with pytest.raises(ValueError, match="a picture of"):
            spool.put("b", np.zeros((1, 1, 3), np.float32))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk at hand")
def test_a_full_disk_is_told_and_the_spool_still_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> Any:
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DiskFullError) as caught, DiskSpool() as spool:
        spool.put("a", flat(1))
    assert tempfile.gettempdir() in caught.value.hint
