"""Cuts a picture into tiles of one size. Arithmetic only: no pixels."""

from __future__ import annotations

from math import lcm, sqrt
from typing import Final, NamedTuple

from .errors import SettingsError

TILE_GRID: Final = 16
"""Output pixels in one token: sides and origins of tiles are multiples of it."""

SMALLEST_TILE: Final = 128
SHORTEST_WINDOW: Final = 9


class Tile(NamedTuple):
    """A rectangle of the output, in pixels; it may reach beyond the picture by its padding."""

    y: int
    x: int
    height: int
    width: int


def plan_tiles(
    width: int, height: int, tile: int | None, overlap: int = 32, *, upscale: int = 1
) -> tuple[Tile, ...]:
    """Cover a picture with tiles of one size, row by row.

    Sides and origins are multiples of 16 and of `upscale`, so that each tile is a whole number of
    source pixels. Together they cover the picture padded up to that grid, exactly.

    Args:
        width, height: of the output, in pixels.
        tile: largest side in output pixels; None means one tile.
        overlap: pixels that neighbours share at least.
        upscale: output size over source size.

    Raises:
        SettingsError: the tile is too small for the overlap.
    """
    grid = lcm(TILE_GRID, upscale)
    columns, side_x = _axis_tiles(width, tile, overlap, grid)
    rows, side_y = _axis_tiles(height, tile, overlap, grid)
    return tuple(Tile(y, x, side_y, side_x) for y in rows for x in columns)


def smaller(tile: int | None, window: int, width: int, height: int) -> tuple[int, int] | None:
    """What to try when memory ran out: tiles of half the area, then windows of half the length.

    Args:
        tile: largest side in output pixels; None means whole pictures.
        window: frames seen at once, 8k+1.
        width, height: of the output, in pixels.

    Returns:
        Tile and window; None when there is nothing less.
    """
    side = min(tile or max(width, height), max(width, height))
    less = int(side / sqrt(2)) // TILE_GRID * TILE_GRID
    if less >= SMALLEST_TILE:
        return less, window
    shorter = window // 2 // 8 * 8 + 1
    return (min(side, SMALLEST_TILE), shorter) if shorter >= SHORTEST_WINDOW else None


def _axis_tiles(size: int, tile: int | None, overlap: int, grid: int) -> tuple[list[int], int]:
    """Origins and side of the tiles along one axis, spread evenly."""
    padded = _up(size, grid)
    side = padded if tile is None else min(padded, tile // grid * grid)
    if side == padded:
        return [0], side
    step = (side - overlap) // grid * grid
    if step <= 0:
        raise SettingsError(
            f"tile {tile} is too small for an overlap of {overlap} pixels.",
            f"Use {_up(overlap + grid, grid)} or more.",
        )
    gaps = -(-(padded - side) // step)
    return [i * (padded - side) // grid // gaps * grid for i in range(gaps + 1)], side


def _up(value: int, grid: int) -> int:
    return -(-value // grid) * grid
