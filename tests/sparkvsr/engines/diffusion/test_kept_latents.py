"""Kept windows of the diffusion model: after a crash the same pixels, no pass again."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keepers import StrictKeeper
from sensitive import MemoryShot, same
from sparkvsr import KeyframePicture, Request, Settings, Shot, executor
from sparkvsr.engines.diffusion import DiffusionEngine, StageCache
from tiny import make_tiny_pipeline

FRAMES, HEIGHT, WIDTH = 30, 16, 24
STOP = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


def request(source: MemoryShot, **settings: Any) -> Request:
    chosen: dict[str, Any] = {"engine": "sparkvsr", "upscale": 2.0, "window": 17, "grade": "off"}
    keyframe = source.at(4).repeat(2, 0).repeat(2, 1) * np.float32(0.8)
    return Request(
        Shot(width=WIDTH, height=HEIGHT, frames=FRAMES),
        (KeyframePicture(4, keyframe),),
        Settings(**chosen | settings),
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"guidance": 1.5, "direction": "outward"},
        {"cross_fade": "pixels"},
        {"cross_fade": "pixels", "guidance": 1.5},
    ],
)
def test_a_crashed_run_goes_on_without_a_transformer_pass_that_was_made(
    folder: Path, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its own cache would hide what is done again.
    engine = DiffusionEngine(folder, "test", StageCache(tmp_path / "stages", 0))
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: engine)
    source = MemoryShot(FRAMES, HEIGHT, WIDTH)
    job = request(source, **settings)
    plain: dict[str, Any] = {"on_notice": lambda notice: None, "cancelled": lambda: False}
    whole = list(executor.run(job, source, **plain))
    in_latents = job.settings.cross_fade == "latents"
    keeper = StrictKeeper(tmp_path, random.Random(2), in_latents=in_latents)
    passes = engine.counts.transformer_passes
    for frame in executor.run(job, source, keeper=keeper, **plain):
        same(frame, whole[frame.index])
        keeper.safe = frame.index + 1
        if keeper.safe == STOP:
            break
    assert len(keeper.kept_times) > 0
    rest = executor.run(job, source, keeper=keeper, first=STOP, **plain)
    keeper.restart()
    for frame, want in zip(rest, whole[STOP:], strict=True):
        same(frame, want)
    assert set(keeper.kept_times.values()) == {1}
    if in_latents:  # in pixels the window that was being decoded is begun again
        assert engine.counts.transformer_passes == 2 * passes
