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
    OutOfMemoryError,
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
    preview: int | None = None,
    **settings: Any,
) -> list[RestoredFrame]:
    height, width = source[0].shape[:2]
    shot = Shot(width=width, height=height, frames=frames or len(source), cuts=cuts)
    pictures = tuple(KeyframePicture(i, p) for i, p in (keyframes or {}).items())
    chosen: dict[str, Any] = {"engine": "identity", "upscale": 1} | settings
    request = Request(shot, pictures, Settings(**chosen), preview=preview)
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
    plain: dict[str, Any] = {"engine": "flow", "grade": "off", "pin_keyframes": "off"}
    out = run([still] * 120, {60: still + 0.25}, guidance=guidance, **plain)
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
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: engine())
    with pytest.raises(EngineError, match=rf"identity engine failed in frames 0 to 8: .*{says}"):
        run(noise(9))


class Tight(IdentityEngine):
    """Fits tiles of at most `side` and windows of at most `frames`, from its n-th window on."""

    side, frames, good, seen = 64, 33, 0, 0

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        Tight.seen += 1
        large = max(window.source(0).shape[:2]) * window.upscale > self.side
        if Tight.seen > self.good and (large or window.frames > self.frames):
            raise OutOfMemoryError("It does not fit.", "Try less.")
        return super().restore(window)


@pytest.mark.parametrize(("side", "frames", "good"), [(600, 33, 0), (256, 17, 0), (400, 33, 2)])
def test_where_memory_runs_out_tiles_shrink_and_then_windows_and_every_frame_comes(
    side: int, frames: int, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: Tight())
    for name, value in {"side": side, "frames": frames, "good": good, "seen": 0}.items():
        monkeypatch.setattr(Tight, name, value)
    source = [np.random.default_rng(i).random((200, 450, 3), np.float32) for i in range(70)]
    notices: list[Notice] = []
    keyframe = source[40].repeat(2, 0).repeat(2, 1)
    out = run(source, {40: keyframe}, upscale=2, notices=notices)
    assert [frame.index for frame in out] == list(range(70))
    for frame, want in zip(out, source, strict=True):
        np.testing.assert_allclose(frame.picture[::2, ::2], want, atol=1e-3)
    steps = [n.data for n in notices if n.kind == "warning" and "Going on with" in n.text]
    assert steps[-1]["tile"] <= side
    assert steps[-1]["window"] <= frames
    assert steps == sorted(steps, key=lambda step: (-step["window"], -step["tile"]))


def test_memory_that_never_suffices_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: Tight())
    monkeypatch.setattr(Tight, "side", 1)
    with pytest.raises(OutOfMemoryError):
        run(noise(9))


class Foresighted(IdentityEngine):
    def largest_tile(self, width: int, height: int, frames: int, upscale: int) -> int | None:
        return 128


def test_tiles_follow_the_free_memory_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: Foresighted())
    source = [np.random.default_rng(1).random((100, 150, 3), np.float32) for _ in range(3)]
    notices: list[Notice] = []
    run(source, upscale=2, notices=notices)
    assert {"tile": 128} in [notice.data for notice in notices]
    notices.clear()
    run(source, upscale=2, notices=notices, tile=96)  # what a person asked for is taken
    assert not any("tile" in notice.data for notice in notices)


@pytest.mark.parametrize(
    "settings",
    [
        {"engine": "identity", "upscale": 2},
        {"engine": "identity", "upscale": 2, "tile": 64},
        {"engine": "flow", "upscale": 2},
        {"engine": "flow", "upscale": 2, "tile": 64, "guidance": 1.5},
        {"engine": "identity", "upscale": 2, "direction": "outward"},
    ],
)
def test_a_preview_is_the_frame_of_the_shot(settings: dict[str, Any]) -> None:
    source = [np.random.default_rng(i).random((40, 60, 3), np.float32) for i in range(50)]
    keyframes: dict[int, Frame] = {20: source[20].repeat(2, 0).repeat(2, 1)}
    whole = run(source, keyframes, **settings)
    for index in (0, 19, 20, 28, 49):
        (frame,) = run(source, keyframes, preview=index, **settings)
        assert frame.index == index
        np.testing.assert_allclose(frame.picture, whole[index].picture, atol=1e-3)
        assert frame.trust == pytest.approx(whole[index].trust, abs=1e-6)
