"""The engine `sparkvsr`: what it computes, what it keeps, and what a person gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

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
from sparkvsr.engines import Picture, Window, make_engine, resolve_engine
from sparkvsr.engines.diffusion import (
    DiffusionEngine,
    SparkVSRPipeline,
    StageCache,
    StageCounts,
    decode,
    decode_preview,
    load_engine,
)
from tiny import make_tiny_pipeline
from windows import reference, window_of

HEIGHT, WIDTH, UPSCALE = 24, 20, 2  # 48x40: not a whole number of tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    make_tiny_pipeline(folder)
    return folder


@pytest.fixture
def engine(folder: Path, tmp_path: Path) -> DiffusionEngine:
    return DiffusionEngine(folder, "test", StageCache(tmp_path, 1 << 30))


def pictures(count: int, seed: int = 0, scale: int = 1) -> list[Picture]:
    shape = (count, HEIGHT * scale, WIDTH * scale, 3)
    return list(np.random.default_rng(seed).random(shape, np.float32))


def window(keyframes: dict[int, Picture], guidance: float = 1.0, frames: int = 9) -> Window:
    source = pictures(frames)
    references = [reference(i, picture, source[i]) for i, picture in keyframes.items()]
    return window_of(source, references, upscale=UPSCALE, guidance=guidance)


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
        "previews": 0,
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


def test_pictures_have_the_size_asked_for_and_the_same_bits_every_time(
    folder: Path, tmp_path: Path
) -> None:
    keyframes = {0: pictures(1, 1, UPSCALE)[0]}
    caches = [StageCache(tmp_path / name, 1 << 30) for name in ("one", "two")]
    runs = [
        list(DiffusionEngine(folder, "test", cache).restore(window(keyframes))) for cache in caches
    ]
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


@pytest.fixture
def model(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model is installed, and nothing is kept yet."""
    monkeypatch.setenv("SPARKVSR_MODEL", str(folder))
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    load_engine.cache_clear()


class Frames:
    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        return iter(self._frames)


def restoring(
    guidance: float, notices: list[Notice], preview: int | None = None, **settings: Any
) -> Iterator[RestoredFrame]:
    """Frames of a shot of 40 with a keyframe on the fifth: four windows, three of them anchored."""
    shot = Shot(width=WIDTH, height=HEIGHT, frames=40)
    key = KeyframePicture(4, pictures(1, 1, UPSCALE)[0])
    chosen: dict[str, Any] = {"window": 17, "overlap": 9} | settings
    request = Request(
        shot,
        (key,),
        Settings(engine="sparkvsr", upscale=UPSCALE, guidance=guidance, **chosen),
        preview=preview,
    )
    return InProcess().restore(
        request, Frames(pictures(40)), on_notice=notices.append, cancelled=lambda: False
    )


def restore(guidance: float, notices: list[Notice], **options: Any) -> list[RestoredFrame]:
    return list(restoring(guidance, notices, **options))


def test_guidance_is_live_over_a_whole_shot_also_where_no_keyframe_is(model: None) -> None:
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
        "decodes": 1 + 3,  # the shot in one stream, and each anchor at guidance 1
        "previews": 0,
    }
    restore(0.7, notices)
    assert notices[-1].data == work(0, 0, 0)
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


@pytest.mark.parametrize("cross_fade", ["latents", "pixels"])
@pytest.mark.parametrize("direction", ["forward", "outward"])
def test_every_frame_comes_once_whichever_way_windows_are_joined(
    model: None, cross_fade: str, direction: str
) -> None:
    frames = restore(1.2, [], cross_fade=cross_fade, direction=direction)
    assert [frame.index for frame in frames] == list(range(40))
    assert all(frame.trust > 0 for frame in frames)


def test_the_joined_shot_is_decoded_once_as_one_stream(model: None) -> None:
    notices: list[Notice] = []
    one = restore(1.0, notices, window=41)
    assert notices[-1].data["decodes"] == 1
    many = restore(1.0, notices, cross_fade="latents", anchors="none")
    assert notices[-1].data["decodes"] == 1
    for a, b in zip(one[:5], many[:5], strict=True):  # the same run, seen through other windows
        assert a.picture.shape == b.picture.shape


def test_the_first_frames_leave_before_the_last_window_is_encoded(model: None) -> None:
    engine = make_engine("sparkvsr")
    before = engine.work()
    next(restoring(1.0, []))
    spent = {model: count - before[model] for model, count in engine.work().items()}
    assert (spent["source_encodes"], spent["transformer_passes"]) == (1, 1)  # of four windows


def test_anchors_follow_the_guidance_of_the_job_where_that_is_asked_for(model: None) -> None:
    notices: list[Notice] = []
    restore(1.3, notices, anchor_guidance="job")
    restore(0.7, notices, anchor_guidance="job")
    assert notices[-1].data["transformer_passes"] == 3  # v_cond of the three with an anchor
    fixed, follows = restore(0.7, []), restore(0.7, [], anchor_guidance="job")
    assert any((a.picture != b.picture).any() for a, b in zip(fixed, follows, strict=True))


@pytest.mark.parametrize("settings", [{}, {"cross_fade": "pixels"}, {"tile": 64}])
def test_a_preview_at_a_new_guidance_runs_no_transformer(
    model: None, settings: dict[str, Any]
) -> None:
    restore(1.4, [], **settings)
    notices: list[Notice] = []
    for index in (0, 3, 20, 39):
        (frame,) = restore(0.6, notices, preview=index, **settings)
        assert (frame.index, frame.picture.shape) == (index, (48, 40, 3))
        spent = notices[-1].data
        assert (spent["source_encodes"], spent["transformer_passes"], spent["decodes"]) == (0, 0, 0)
        assert spent["previews"] >= 1


def test_a_preview_costs_less_than_a_fifth_of_decoding_a_window(folder: Path) -> None:
    vae = SparkVSRPipeline.from_pretrained(folder).vae
    latents = torch.randn(1, 16, 9, 6, 5)
    counts = StageCounts()
    with FlopCounterMode(display=False) as whole:
        list(decode(vae, latents, counts))
    with FlopCounterMode(display=False) as near:
        decode_preview(vae, latents[:, :, 4:7], 0, counts)
    assert near.get_total_flops() < whole.get_total_flops() / 6
    assert (counts.decodes, counts.previews) == (1, 1)


def test_a_stage_that_was_kept_is_found_by_the_next_process(folder: Path, tmp_path: Path) -> None:
    keyframes = {0: pictures(1, 1, UPSCALE)[0]}
    first = DiffusionEngine(folder, "test", StageCache(tmp_path, 1 << 30))
    frames = list(first.restore(window(keyframes, 1.2)))
    second = DiffusionEngine(folder, "test", StageCache(tmp_path, 1 << 30))
    assert spent(second, window(keyframes, 1.2)) == work(0, 0, 0)
    for a, b in zip(frames, second.restore(window(keyframes, 1.2)), strict=True):
        np.testing.assert_array_equal(a.picture_HWC, b.picture_HWC)
    other = DiffusionEngine(folder, "another version", StageCache(tmp_path, 1 << 30))
    assert spent(other, window(keyframes, 1.2)) == work(1, 1, 2)
