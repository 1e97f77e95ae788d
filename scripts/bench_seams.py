"""How far a shot jumps where windows meet: hard cuts, cross-faded pixels, cross-faded latents.

Two measurements of the mean absolute step from frame to frame, at borders and inside windows:

- with the small random model, whose every frame differs wildly from the next;
- with a stand-in whose decoder is exact, and whose windows disagree by a pattern of their own, as
  windows of a real model do. It shows the joining alone.

Axes: H W pixels, C channels.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from sparkvsr import InProcess, KeyframePicture, Request, Settings, Shot
from sparkvsr.depth import Frame
from sparkvsr.engines import Engine, EngineFrame, Window, make_engine
from sparkvsr.engines.diffusion import load_engine
from sparkvsr.engines.identity import IdentityEngine
from sparkvsr.latents import Latent, latent_of
from tiny import make_tiny_pipeline

FRAMES, WIDTH, HEIGHT = 97, 96, 64
OVERLAPS = ((24, 32), (48, 56), (64, 80))
"""First and last frame that two windows of 33/9 share."""
CUTS = (28, 52, 72)
ENGINE_ALONE = {"engine": "sparkvsr", "upscale": 1, "grade": "off", "pin_keyframes": "off"}
"""Nothing is done to the engine's frames."""
DISAGREEMENT = 0.02
"""Amplitude by which a window of the stand-in differs from the truth."""


class Clip:
    """A smooth moving pattern; satisfies `Source`."""

    def __init__(self) -> None:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / 20.0
        self.pictures: list[Frame] = []
        for t in range(FRAMES):
            waves = [np.sin(x + c + t / 20) * np.cos(y - t / 30) for c in range(3)]
            self.pictures.append((np.stack(waves, -1) * 0.4 + 0.5).astype(np.float32))

    def frames(self) -> Iterator[Frame]:
        return iter(self.pictures)


class Disagreeing(IdentityEngine):
    """Its latents are pictures; between two of them its decoder moves evenly."""

    def latents(self, window: Window) -> Sequence[Latent]:
        pattern = np.random.default_rng(window.seed).normal(0, DISAGREEMENT, (HEIGHT, WIDTH, 3))
        return [
            Latent((window.source(4 * k) + pattern).astype(np.float32), 1.0)
            for k in range(latent_of(window.frames - 1) + 1)
        ]

    def decode(self, window: Window, latents: Iterator[Latent]) -> Iterator[EngineFrame]:
        before = next(latents).values_Chw
        yield EngineFrame(before, 1.0)
        for latent in latents:
            for share in (0.25, 0.5, 0.75, 1.0):
                picture = before + (latent.values_Chw - before) * np.float32(share)
                yield EngineFrame(picture, 1.0)
            before = latent.values_Chw

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        return self.decode(window, iter(self.latents(window)))

    def frame(self, window: Window, index: int) -> EngineFrame:
        return list(self.restore(window))[index]

    def decode_frame(
        self, window: Window, index: int, latent: Callable[[int], Latent]
    ) -> EngineFrame:
        return self.frame(window, index)


def restored(**settings: Any) -> NDArray[np.float32]:
    """T H W C."""
    clip = Clip()
    chosen = msgspec.convert({**ENGINE_ALONE, **settings}, Settings)
    keyframes = tuple(KeyframePicture(k, clip.pictures[k]) for k in (0, 48, 96))
    shot = Shot(width=WIDTH, height=HEIGHT, frames=FRAMES)
    frames = InProcess().restore(
        Request(shot, keyframes, chosen, "float"),
        clip,
        on_notice=lambda notice: None,
        cancelled=lambda: False,
    )
    return np.stack([frame.picture for frame in frames]).astype(np.float32)


def hard_cuts(engine: Engine) -> NDArray[np.float32]:
    """Windows cut in the middle of what they share, as the published script does it; T H W C."""
    parts, ends = [], (0, *CUTS, FRAMES)
    clip = Clip()
    for position, start in enumerate((0, 24, 48, 64)):
        pictures = clip.pictures[start : start + 33]
        window = Window(
            frames=33,
            source=pictures.__getitem__,
            digest=partial("frame {}+{}".format, start),
            inside=(),
            outside=(),
            upscale=1,
            guidance=1.0,
            seed=start,
        )
        frames = [f.picture_HWC for f in engine.restore(window)]
        parts.append(np.stack(frames)[ends[position] - start : ends[position + 1] - start])
    return np.concatenate(parts)


def ratio(shot_THWC: NDArray[np.float32], borders: set[int]) -> float:
    """Mean absolute step across borders, over that inside of windows."""
    steps = np.abs(np.diff(shot_THWC, axis=0)).mean((1, 2, 3))
    shared = {t for first, last in OVERLAPS for t in range(first, last)}
    inside = [t for t in range(FRAMES - 1) if t not in shared]
    return float(steps[sorted(borders)].mean() / steps[inside].mean())


def show_seams(console: Console) -> None:
    """A table of the three ways of joining, with both models."""
    table = Table(title=f"step across a border / step inside a window, {FRAMES} frames")
    for column in ("windows joined by", "random model", "windows that disagree"):
        table.add_column(column, justify="left" if "by" in column else "right")
    fades = {t for first, last in OVERLAPS for t in range(first, last)}
    rows: dict[str, list[float]] = {"hard cuts": [], "pixels": [], "latents": []}
    with tempfile.TemporaryDirectory() as name:
        os.environ["SPARKVSR_MODEL"] = str(make_tiny_pipeline(Path(name) / "model"))
        os.environ["SPARKVSR_HOME"] = name
        load_engine.cache_clear()
        engines: tuple[Engine, ...] = (make_engine("sparkvsr"), Disagreeing())
        for engine in engines:
            rows["hard cuts"].append(ratio(hard_cuts(engine), {cut - 1 for cut in CUTS}))
            with patch("sparkvsr.executor.make_engine", return_value=engine):
                for way in ("pixels", "latents"):
                    rows[way].append(ratio(restored(cross_fade=way), fades))
    for way, ratios in rows.items():
        table.add_row(way, *(f"{value:.2f}" for value in ratios))
    console.print(table)
    console.print("Aimed at: at most 1.10 for the one that is the default (latents).")
