"""Cuts a picture into tiles of one size. Arithmetic only: no pixels."""

from __future__ import annotations

from math import isqrt, lcm
from typing import Final, NamedTuple

from .errors import SettingsError

TILE_GRID: Final = 16
"""Output pixels in one token: sides and origins of tiles are multiples of it."""

TILE_STEP: Final = 64
"""Between the sides that are tried: a little more free memory is the same plan, and same pixels."""
SMALLEST_TILE: Final = 256
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


def smaller(
    tile: int | None, window: int, width: int, height: int
) -> tuple[int | None, int] | None:
    """What to try when a window ran out of memory: tiles of about half the area, then fewer frames.

    The VAE works 8 frames at a time whatever the window, so tiles come first.

    Args:
        tile: side of the tiles that failed, None for whole pictures.
        window: frames, 8k+1.
        width, height: of the output.

    Returns:
        Tile and window, with less to hold at once; None when there is nothing less. A window of
        `SHORTEST_WINDOW` leaves room for an overlap of 1 only.
    """
    side = max(width, height) if tile is None else min(tile, max(width, height))
    halved = max(isqrt(side * side // 2) // TILE_STEP * TILE_STEP, SMALLEST_TILE)
    if halved < side:
        return halved, window
    if window > SHORTEST_WINDOW:
        return tile, window // 2 // 8 * 8 + 1
    return None


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
