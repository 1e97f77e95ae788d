"""Tiles: examples worked by hand, and what must hold for every picture."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.errors import SettingsError
from sparkvsr.job import Settings
from sparkvsr.tile_planner import Tile, plan_tiles, smaller


def test_without_a_tile_size_one_tile_covers_the_padded_picture() -> None:
    assert plan_tiles(1920, 1080, None) == (Tile(0, 0, 1088, 1920),)


def test_a_picture_smaller_than_the_tile_is_one_tile() -> None:
    assert plan_tiles(17, 33, 512) == (Tile(0, 0, 48, 32),)
    assert plan_tiles(9, 9, 512, upscale=3) == (Tile(0, 0, 48, 48),)


def test_full_hd_in_tiles_of_512() -> None:
    tiles = plan_tiles(1920, 1080, 512)
    assert sorted({tile.x for tile in tiles}) == [0, 464, 928, 1408]
    assert sorted({tile.y for tile in tiles}) == [0, 288, 576]
    assert {(tile.height, tile.width) for tile in tiles} == {(512, 512)}


def test_a_tile_too_small_for_its_overlap_is_refused_with_the_smallest_that_works() -> None:
    with pytest.raises(SettingsError) as caught:
        plan_tiles(600, 600, 64, upscale=3)
    assert "96" in caught.value.hint
    assert len(plan_tiles(600, 600, 96, upscale=3)) == 12 * 12


@given(
    width=st.integers(1, 1500),
    height=st.integers(1, 1500),
    tile=st.integers(6, 40).map(lambda k: 16 * k),
    overlap=st.integers(0, 48),
    upscale=st.integers(1, 4),
)
def test_tiles_cover_the_padded_picture_and_share_the_overlap(
    width: int, height: int, tile: int, overlap: int, upscale: int
) -> None:
    tiles = plan_tiles(width, height, tile, overlap, upscale=upscale)
    grid = lcm(16, upscale)
    assert all(number % grid == 0 for t in tiles for number in t)
    assert len({(t.height, t.width) for t in tiles}) == 1
    side_y, side_x = tiles[0].height, tiles[0].width
    assert side_y <= tile
    assert side_x <= tile
    rows, columns = sorted({t.y for t in tiles}), sorted({t.x for t in tiles})
    assert [(t.y, t.x) for t in tiles] == [(y, x) for y in rows for x in columns]
    for origins, side, size in ((rows, side_y, height), (columns, side_x, width)):
        assert origins[0] == 0
        assert origins[-1] + side == ceil(size / grid) * grid
        assert all(0 < b - a <= side - overlap for a, b in pairwise(origins))


@given(
    st.none() | st.integers(4, 512).map(lambda n: 16 * n),
    st.integers(1, 12).map(lambda k: 8 * k + 1),
)
def test_the_ladder_ends_and_every_rung_is_valid_and_less(tile: int | None, window: int) -> None:
    width, height = 1920, 1088
    rung: tuple[int | None, int] | None = (tile, window)
    rungs = 0
    while rung is not None:
        Settings(tile=rung[0], window=rung[1], overlap=1)
        shorter = smaller(*rung, width, height)
        if shorter is not None:
            assert volume(shorter, width, height) < volume(rung, width, height)
            assert shorter[1] == rung[1] or shorter[0] == rung[0], "one thing at a time"
        rung, rungs = shorter, rungs + 1
    assert rungs < 20


def volume(rung: tuple[int | None, int], width: int, height: int) -> int:
    tile = plan_tiles(width, height, rung[0])[0]
    return tile.width * tile.height * rung[1]


def test_the_ladder_of_full_hd() -> None:
    rungs, rung = [], smaller(None, 33, 1920, 1088)
    while rung is not None:
        rungs.append(rung)
        rung = smaller(*rung, 1920, 1088)
    tiles = [(1344, 33), (896, 33), (576, 33), (384, 33), (256, 33)]
    assert rungs == [*tiles, (256, 17), (256, 9)]
