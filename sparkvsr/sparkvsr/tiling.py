"""Runs a window tile by tile and joins the tiles with a cross-fade.

Axes: T frames, H W pixels, C channels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .blend import tile_weights
from .cancel import stop_if
from .engines import Engine, EngineFrame, Picture, Reference, Window
from .tile_planner import Tile


def restore_tiled(engine: Engine, window: Window, tiles: Sequence[Tile]) -> Iterator[EngineFrame]:
    """Restore each tile of a window, then yield the joined frames, T of them.

    The frames wait on the disk, not in memory, until the last tile is done.
    """
    height, width = (side * window.upscale for side in window.source(0).shape[:2])
    weights = tile_weights(tiles, width, height)
    trust_T = np.zeros(window.frames)
    with tempfile.TemporaryFile(prefix="sparkvsr-tiles-") as file:
        joined_THWC = np.memmap(file, np.float32, "w+", shape=(window.frames, height, width, 3))
        for tile, weight_HW in zip(tiles, weights, strict=True):
            for t, frame in enumerate(engine.restore(_cropped(window, tile))):
                trust_T[t] += _lay(joined_THWC[t], tile, weight_HW, frame)
        for t in range(window.frames):
            stop_if(window.cancelled)
            yield EngineFrame(np.array(joined_THWC[t]), float(trust_T[t]))


def preview_tiled(
    frame_of: Callable[[Window, int], EngineFrame],
    window: Window,
    tiles: Sequence[Tile],
    index: int,
) -> EngineFrame:
    """One frame of a window, from that frame of each tile.

    Args:
        frame_of: `Engine.frame` or `Engine.preview`.
    """
    height, width = (side * window.upscale for side in window.source(0).shape[:2])
    joined_HWC, trust = np.zeros((height, width, 3), np.float32), 0.0
    for tile, weight_HW in zip(tiles, tile_weights(tiles, width, height), strict=True):
        frame = frame_of(_cropped(window, tile), index)
        trust += _lay(joined_HWC, tile, weight_HW, frame)
    return EngineFrame(joined_HWC, trust)


def _lay(
    joined_HWC: NDArray[np.float32], tile: Tile, weight_HW: NDArray[np.float32], frame: EngineFrame
) -> float:
    """Add a tile's share to a picture, cut at its border; returns its share of the trust."""
    height, width = joined_HWC.shape[:2]
    bottom, right = min(tile.y + tile.height, height), min(tile.x + tile.width, width)
    kept_HW1 = weight_HW[: bottom - tile.y, : right - tile.x, None]
    picture_HWC = frame.picture_HWC[: bottom - tile.y, : right - tile.x]
    joined_HWC[tile.y : bottom, tile.x : right] += picture_HWC * kept_HW1
    share = float(kept_HW1.sum()) / float(height * width)
    return frame.trust * share


def _cropped(window: Window, tile: Tile) -> Window:
    """The same window, seen through one tile."""
    source_tile = Tile(*(side // window.upscale for side in tile))

    def reference(whole: Reference) -> Reference:
        return replace(
            whole,
            picture_HWC=_crop(whole.picture_HWC, tile),
            source_HWC=_crop(whole.source_HWC, source_tile),
            digest=f"{whole.digest} {tuple(tile)}",
        )

    return replace(
        window,
        source=lambda i: _crop(window.source(i), source_tile),
        digest=lambda i: f"{window.digest(i)} {tuple(tile)}",
        inside=tuple(map(reference, window.inside)),
        outside=tuple(map(reference, window.outside)),
    )


def _crop(picture_HWC: Picture, tile: Tile) -> Picture:
    """The tile's rectangle; beyond the picture its border is repeated, never black."""
    height, width = picture_HWC.shape[:2]
    below, right = max(0, tile.y + tile.height - height), max(0, tile.x + tile.width - width)
    crop_HWC = picture_HWC[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
    if not (below or right):
        return crop_HWC
    return np.pad(crop_HWC, ((0, below), (0, right), (0, 0)), mode="edge")
