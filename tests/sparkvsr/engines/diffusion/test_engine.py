"""The engine `sparkvsr`: what it computes, what it keeps, and what a person gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

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
)
from sparkvsr.depth import Frame
from sparkvsr.engines import Picture, Reference, Window, resolve_engine
from sparkvsr.engines.diffusion import DiffusionEngine
from tiny import make_tiny_pipeline

HEIGHT, WIDTH, UPSCALE = 24, 20, 2  # 48x40: not a whole number of tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    make_tiny_pipeline(folder)
    return folder


@pytest.fixture
def engine(folder: Path) -> DiffusionEngine:
    return DiffusionEngine(folder, "test")


def pictures(count: int, seed: int = 0, scale: int = 1) -> list[Picture]:
    shape = (count, HEIGHT * scale, WIDTH * scale, 3)
    return list(np.random.default_rng(seed).random(shape, np.float32))


def window(keyframes: dict[int, Picture], guidance: float = 1.0, frames: int = 9) -> Window:
    source = pictures(frames)
    references = tuple(Reference(i, i, p, source[i]) for i, p in keyframes.items())
    return Window(frames, source.__getitem__, references, (), UPSCALE, guidance)


def spent(engine: DiffusionEngine, window: Window) -> dict[str, int]:
    """What one restoration of a window makes the models do."""
    before = asdict(engine.counts)
    assert len(list(engine.restore(window))) == window.frames
    return {name: count - before[name] for name, count in asdict(engine.counts).items()}


def work(source: int, references: int, passes: int) -> dict[str, int]:
    return {
        "source_encodes": source,
        "reference_encodes": references,
        "transformer_passes": passes,
        "decodes": 1,
    }


@pytest.mark.parametrize(("guidance", "passes"), [(0.0, 1), (1.0, 1), (1.2, 2)])
def test_one_pass_at_guidance_0_and_1_and_two_otherwise(
    engine: DiffusionEngine, guidance: float, passes: int
) -> None:
    keyframes = dict(zip((0, 8), pictures(2, 1, UPSCALE), strict=True))
    encodes = 2 if guidance else 0
    assert spent(engine, window(keyframes, guidance)) == work(1, encodes, passes)


def test_a_new_guidance_costs_a_decode_only(engine: DiffusionEngine) -> None:
    keyframes = {4: pictures(1, 1, UPSCALE)[0]}
    assert spent(engine, window(keyframes, 1.2)) == work(1, 1, 2)
    for guidance in (0.0, 0.7, 1.0, 1.5):
        assert spent(engine, window(keyframes, guidance)) == work(0, 0, 0)


def test_a_changed_keyframe_costs_its_encode_and_one_pass(engine: DiffusionEngine) -> None:
    one, two, other = pictures(3, 1, UPSCALE)
    spent(engine, window({0: one, 8: two}, 1.2))
    assert spent(engine, window({0: one, 8: other}, 1.2)) == work(0, 1, 1)
    assert spent(engine, window({0: one, 4: two}, 1.2)) == work(0, 0, 1)  # only moved


def test_without_keyframes_one_pass_and_no_trust(engine: DiffusionEngine) -> None:
    assert spent(engine, window({}, 1.2)) == work(1, 0, 1)
    assert [frame.trust for frame in engine.restore(window({}))] == [0.0] * 9


def test_pictures_have_the_size_asked_for_and_the_same_bits_every_time(folder: Path) -> None:
    keyframes = {0: pictures(1, 1, UPSCALE)[0]}
    runs = [list(DiffusionEngine(folder, "test").restore(window(keyframes))) for _ in range(2)]
    for a, b in zip(*runs, strict=True):
        assert a.picture_HWC.shape == (HEIGHT * UPSCALE, WIDTH * UPSCALE, 3)
        assert 0.0 <= a.picture_HWC.min() <= a.picture_HWC.max() <= 1.0
        assert 0.0 < a.trust <= 1.0
        np.testing.assert_array_equal(a.picture_HWC, b.picture_HWC)


def test_cancelling_stops_before_any_stage(engine: DiffusionEngine) -> None:
    whole = window({0: pictures(1, 1, UPSCALE)[0]}, 1.2, frames=17)
    asked = 0

    def at(stop: int) -> Window:
        nonlocal asked
        asked = 0

        def cancelled() -> bool:
            nonlocal asked
            asked += 1
            return asked > stop

        return replace(whole, cancelled=cancelled)

    for stop in range(4):
        with pytest.raises(CancelledError):
            list(engine.restore(at(stop)))
    assert len(list(engine.restore(whole))) == 17


class Frames:
    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        return iter(self._frames)


def restore(guidance: float, notices: list[Notice]) -> list[RestoredFrame]:
    shot = Shot(width=WIDTH, height=HEIGHT, frames=40)
    key = KeyframePicture(4, pictures(1, 1, UPSCALE)[0])
    settings = Settings(engine="sparkvsr", upscale=UPSCALE, window=17, overlap=9, guidance=guidance)
    request = Request(shot, (key,), settings)
    return list(
        InProcess().restore(
            request, Frames(pictures(40)), on_notice=notices.append, cancelled=lambda: False
        )
    )


def test_guidance_is_live_over_a_whole_shot_also_where_no_keyframe_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(folder))
    notices: list[Notice] = []
    frames = restore(1.3, notices)
    assert [frame.index for frame in frames] == list(range(40))
    started = next(notice for notice in notices if notice.kind == "started")
    windows = started.data["windows"]
    assert windows == 4  # one with the keyframe, three with an anchor
    assert notices[-1].data == {
        "source_encodes": windows,
        "reference_encodes": windows,
        "transformer_passes": 2 * windows,
        "decodes": windows + 3,  # anchors are made at guidance 1
    }
    restore(0.7, notices)
    assert notices[-1].data == {**work(0, 0, 0), "decodes": windows}
    again = restore(1.3, notices)
    for a, b in zip(frames, again, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)


def test_without_weights_the_command_that_fetches_them_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARKVSR_MODEL", raising=False)
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    with pytest.raises(EngineError) as caught:
        resolve_engine("sparkvsr")
    assert "sparkvsr model pull" in caught.value.hint
    auto = resolve_engine("auto")
    assert auto.name == "flow"
    assert "sparkvsr model pull" in auto.why


def test_another_checkpoint_is_another_version(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(folder))
    first = resolve_engine("sparkvsr").version
    assert resolve_engine("sparkvsr").version == first
    make_tiny_pipeline(tmp_path)
    monkeypatch.setenv("SPARKVSR_MODEL", str(tmp_path))
    assert resolve_engine("sparkvsr").version != first
