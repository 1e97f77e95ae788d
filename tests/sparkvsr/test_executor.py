"""The executor: plan, engine and blender together give every frame once, in order, as one shot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkvsr import (
    CancelledError,
    EngineError,
    InProcess,
    KeyframePicture,
    Notice,
    Request,
    RestoredFrame,
    Settings,
    Shot,
    SourceError,
)
from sparkvsr.depth import Frame
from sparkvsr.engines import EngineFrame, Window
from sparkvsr.engines.identity import IdentityEngine

HEIGHT, WIDTH = 24, 32


class Frames:
    """A source that lies in memory and counts how often it is read."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames
        self.given = 0

    def frames(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.given += 1
            yield frame


def noise(frames: int, dtype: str = "f2") -> list[Frame]:
    rng = np.random.default_rng(frames)
    if dtype == "u1":
        return list(rng.integers(0, 256, (frames, HEIGHT, WIDTH, 3), np.uint8))
    wild = rng.normal(0, 3, (frames, HEIGHT, WIDTH, 3))
    return list(wild.astype(dtype))


def run(
    source: list[Frame],
    keyframes: dict[int, Frame] | None = None,
    *,
    frames: int | None = None,
    cuts: tuple[int, ...] = (),
    cancel_after: int | None = None,
    notices: list[Notice] | None = None,
    **settings: Any,
) -> list[RestoredFrame]:
    height, width = source[0].shape[:2]
    shot = Shot(width=width, height=height, frames=frames or len(source), cuts=cuts)
    pictures = tuple(KeyframePicture(i, p) for i, p in (keyframes or {}).items())
    chosen: dict[str, Any] = {"engine": "identity", "upscale": 1} | settings
    request = Request(shot, pictures, Settings(**chosen))
    out: list[RestoredFrame] = []
    for frame in InProcess().restore(
        request,
        Frames(source),
        on_notice=(notices if notices is not None else []).append,
        cancelled=lambda: cancel_after is not None and len(out) >= cancel_after,
    ):
        out.append(frame)
    return out


@pytest.mark.parametrize("frames", [1, 2, 9, 33, 34, 72, 97])
@pytest.mark.parametrize("direction", ["forward", "outward"])
@pytest.mark.parametrize("anchors", ["none", "missing", "always"])
def test_identity_is_exact_through_every_plan(frames: int, direction: str, anchors: str) -> None:
    source = noise(frames)
    keyframes = {frames // 2: source[frames // 2]}
    out = run(source, keyframes, direction=direction, anchors=anchors)
    assert [frame.index for frame in out] == list(range(frames))
    for frame, want in zip(out, source, strict=True):
        assert frame.picture.dtype == np.float16
        np.testing.assert_array_equal(frame.picture, want)


def test_eight_bit_values_survive_half_floats() -> None:
    source = noise(5, "u1")
    for frame, want in zip(run(source), source, strict=True):
        np.testing.assert_array_equal(np.rint(frame.picture.astype(np.float32) * 255), want)


def test_tiles_are_joined_without_a_trace() -> None:
    source = [np.random.default_rng(1).random((100, 150, 3), np.float32) for _ in range(3)]
    for frame, want in zip(run(source, upscale=2, tile=128), source, strict=True):
        large = want.repeat(2, 0).repeat(2, 1)
        np.testing.assert_allclose(frame.picture, large, atol=1e-3)


def test_the_source_is_read_once() -> None:
    source = Frames(noise(50))
    shot = Shot(width=WIDTH, height=HEIGHT, frames=50)
    request = Request(shot, (), Settings(engine="identity", upscale=1))
    frames = InProcess().restore(
        request, source, on_notice=lambda notice: None, cancelled=lambda: False
    )
    assert len(list(frames)) == 50
    assert source.given == 50


def test_a_source_that_ends_early_is_told_with_the_frame() -> None:
    with pytest.raises(SourceError, match="before frame 7"):
        run(noise(7), frames=9)


def test_cancelling_raises() -> None:
    with pytest.raises(CancelledError):
        run(noise(40), cancel_after=5)


def test_nothing_is_carried_across_a_cut() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random((2, HEIGHT, WIDTH, 3)).astype(np.float32)
    source = [first] * 20 + [second] * 20
    out = run(source, {10: first + 0.25}, cuts=(20,), engine="flow")
    assert all(frame.trust > 0.9 for frame in out[:20])
    for frame in out[20:]:
        assert frame.trust == 0.0
        np.testing.assert_allclose(frame.picture, second, atol=1e-3)


def test_auto_is_resolved_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARKVSR_MODEL", raising=False)
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    notices: list[Notice] = []
    run(noise(3), engine="auto", notices=notices)
    why, started = notices[:2]
    assert "sparkvsr model pull" in why.text
    assert (started.kind, started.data["engine"]) == ("started", "flow")


def test_far_frames_are_reached_from_window_to_window() -> None:
    still = np.random.default_rng(5).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    out = run([still] * 120, {60: still + 0.25}, engine="flow")
    for frame in (out[0], out[119]):
        np.testing.assert_allclose(frame.picture, still + 0.25, atol=5e-3)


@pytest.mark.parametrize("guidance", [0.0, 0.5, 1.5])
def test_guidance_counts_once_however_far_it_is_carried(guidance: float) -> None:
    still = np.random.default_rng(5).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    out = run([still] * 120, {60: still + 0.25}, engine="flow", guidance=guidance)
    for frame in (out[0], out[59], out[119]):
        np.testing.assert_allclose(frame.picture, still + 0.25 * guidance, atol=8e-3)


class Short(IdentityEngine):
    def restore(self, window: Window) -> Iterator[EngineFrame]:
        yield from list(super().restore(window))[:-3]


class Broken(IdentityEngine):
    def restore(self, window: Window) -> Iterator[EngineFrame]:
        raise RuntimeError("no luck")


@pytest.mark.parametrize(("engine", "says"), [(Short, "6 of 9 frames"), (Broken, "no luck")])
def test_an_engine_that_fails_is_told_with_its_frames(
    engine: type[IdentityEngine], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda name: engine())
    with pytest.raises(EngineError, match=rf"identity engine failed in frames 0 to 8: .*{says}"):
        run(noise(9))
