"""The diffusion engine stops in the middle of anything, and is as good as new afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    CogVideoXDecoder3D,
    CogVideoXResnetBlock3D,
)
from diffusers.models.transformers.cogvideox_transformer_3d import (
    CogVideoXBlock,
    CogVideoXTransformer3DModel,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from torch import nn

from asking import Question, StepCounter, cancelled_at
from sparkvsr.engines import Picture, Window
from sparkvsr.engines.diffusion import (
    DiffusionEngine,
    StageCache,
    _checkpoint,
    _engine,
    load_engine,
)
from sparkvsr.engines.diffusion._acceleration import COMPILE_VARIABLE, compile_models
from sparkvsr.engines.diffusion._int8 import Int8Linear
from sparkvsr.engines.diffusion._placement import VARIABLE
from tiny import make_tiny_pipeline
from windows import reference, window_of

FRAMES, HEIGHT, WIDTH, UPSCALE = 9, 16, 16, 2
PLACEMENTS = ("full", "int8", "offload")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


def pictures(count: int, seed: int, scale: int = 1) -> list[Picture]:
    shape = (count, HEIGHT * scale, WIDTH * scale, 3)
    return list(np.random.default_rng(seed).random(shape, np.float32))


def window(cancelled: Callable[[], bool] | None = None) -> Window:
    """One that needs both passes of the transformer, with two references."""
    source = pictures(FRAMES, 0)
    first, last = pictures(2, 1, UPSCALE)
    references = [reference(0, first, source[0]), reference(8, last, source[8])]
    whole = window_of(source, references, upscale=UPSCALE, guidance=1.3)
    return replace(whole, cancelled=cancelled) if cancelled else whole


def job(engine: DiffusionEngine, window: Window) -> list[Picture]:
    """Everything that an engine can be asked for: a window, an anchor, a preview."""
    frames = list(engine.restore(window))
    frames.append(engine.frame(replace(window, guidance=1.0), 4))
    frames.append(engine.preview(window, 6))
    return [frame.picture_HWC for frame in frames]


def made(folder: Path, keep: Path, **options: Any) -> DiffusionEngine:
    """An engine that keeps no stage, so that every model really runs."""
    return DiffusionEngine(folder, "test", StageCache(keep, 0), **options)


def assert_equal(one: list[Picture], other: list[Picture]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def count_steps(engine: DiffusionEngine, counter: StepCounter, is_step: Any) -> None:
    for model in (engine._pipe.vae, engine._pipe.transformer):
        for module in model.modules():
            if is_step(module):
                module.register_forward_hook(counter.count)


def is_layer(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def is_block(module: nn.Module) -> bool:
    return isinstance(module, CogVideoXBlock | CogVideoXResnetBlock3D)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_one_layer_at_most_runs_between_two_questions(
    folder: Path, tmp_path: Path, placement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, placement)
    engine = made(folder, tmp_path)
    layers, blocks = StepCounter(), StepCounter()
    count_steps(engine, layers, is_layer)
    count_steps(engine, blocks, is_block)

    def both() -> bool:
        return layers() or blocks()

    job(engine, window(both))
    passes = 2 + 1 + 2  # of the window, of the anchor at guidance 1, of the preview
    assert blocks.steps > passes * len(engine._pipe.transformer.transformer_blocks)
    assert layers.steps > blocks.steps
    assert (layers.most, blocks.most) == (1, 1)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("mode", ["1", "graphs"])
def test_one_compiled_call_at_most_runs_between_two_questions(
    folder: Path, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restored(engine: DiffusionEngine, window: Window) -> list[Picture]:
        return [frame.picture_HWC for frame in engine.restore(window)]

    def assert_close(pictures: list[Picture]) -> None:
        for picture, want in zip(pictures, expected, strict=True):
            np.testing.assert_allclose(picture, want, atol=1e-5)

    expected = restored(made(folder, tmp_path), window())
    monkeypatch.setenv(COMPILE_VARIABLE, mode)
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    monkeypatch.setattr(_engine, "compile_models", partial(compile_models, backend=backend))
    engine, calls = made(folder, tmp_path), StepCounter()
    compiled_now = CogVideoXBlock if mode == "1" else CogVideoXTransformer3DModel
    count_steps(engine, calls, lambda module: isinstance(module, compiled_now | CogVideoXDecoder3D))
    assert_close(restored(engine, window(calls)))
    assert (calls.steps > 0, calls.most) == (True, 1)
    compiled, question = len(graphs), Question()
    restored(engine, window(question))
    for stop in range(1, question.asked, question.asked // 4):
        with cancelled_at(stop) as question:
            restored(engine, window(question))
    assert_close(restored(engine, window()))
    assert len(graphs) == compiled, "nothing is compiled twice"


@pytest.fixture(scope="module", params=PLACEMENTS)
def undisturbed(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DiffusionEngine, list[Picture], int]]:
    """An engine, what it gives, and how often it asks meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, request.param)
        engine, question = made(folder, tmp_path_factory.mktemp("none")), Question()
        yield engine, job(engine, window(question)), question.asked


def switches() -> list[object]:
    """What a thread has set in PyTorch."""
    cuda = torch.backends.cuda
    return [
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_rng_state().tolist(),
        cuda.flash_sdp_enabled(),  # type: ignore[no-untyped-call]
        cuda.mem_efficient_sdp_enabled(),  # type: ignore[no-untyped-call]
        cuda.math_sdp_enabled(),  # type: ignore[no-untyped-call]
        cuda.cudnn_sdp_enabled(),  # type: ignore[no-untyped-call]
    ]


@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_wherever_it_is_stopped_the_next_window_has_the_same_pixels(
    undisturbed: tuple[DiffusionEngine, list[Picture], int], data: st.DataObject
) -> None:
    engine, expected, questions = undisturbed
    before = switches()
    for stop in data.draw(st.lists(st.integers(1, questions), min_size=1, max_size=2)):
        with cancelled_at(stop) as question:
            job(engine, window(question))
        assert switches() == before
    assert_equal(job(engine, window()), expected)


@settings(max_examples=4, deadline=None)
@given(share=st.floats(0.0, 1.0))
def test_what_was_kept_of_a_stopped_window_is_whole(
    undisturbed: tuple[DiffusionEngine, list[Picture], int],
    tmp_path_factory: pytest.TempPathFactory,
    share: float,
) -> None:
    engine, expected, _ = undisturbed
    with pytest.MonkeyPatch.context() as patch:
        for name in ("undisturbed", "stopped"):
            patch.setattr(engine, "_cache", StageCache(tmp_path_factory.mktemp(name), 1 << 30))
            if name == "undisturbed":
                question = Question()
                job(engine, window(question))
        with cancelled_at(1 + int(share * (question.asked - 1))) as question:
            job(engine, window(question))
        assert_equal(job(engine, window()), expected)


class CountedFile:
    """A checkpoint's file whose tensors are counted as they are read."""

    def __init__(self, counter: StepCounter, file: Path, framework: str) -> None:
        self._counter = counter
        self._file: Any = safe_open(file, framework=framework)

    def __enter__(self) -> CountedFile:
        self._tensors = self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.__exit__(*error)

    def get_tensor(self, name: str) -> Any:
        self._counter.count()
        return self._tensors.get_tensor(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tensors, name)


def test_one_tensor_at_most_is_read_or_rounded_between_two_questions(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = StepCounter()
    monkeypatch.setenv(VARIABLE, "int8")
    monkeypatch.setattr(_checkpoint, "safe_open", partial(CountedFile, counter))
    monkeypatch.setattr(Int8Linear, "__init__", counter.counting(Int8Linear.__init__))
    engine = made(folder, tmp_path, cancelled=counter)
    modules = list(engine._pipe.transformer.modules())
    rounded = sum(isinstance(module, Int8Linear) for module in modules)
    assert counter.steps > rounded > 0
    assert counter.most == 1


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_model_that_was_loaded_in_part_is_let_go(
    folder: Path, tmp_path: Path, placement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, placement)
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    expected, question = job(made(folder, tmp_path), window()), Question()
    load_engine.cache_clear()
    load_engine(folder, "test", question)
    for stop in range(1, question.asked + 1, question.asked // 4):
        load_engine.cache_clear()
        with cancelled_at(stop) as question:
            load_engine(folder, "test", question)
    engine = load_engine(folder, "test")
    assert engine is load_engine(folder, "test", Question(1)), "it is loaded: nobody need ask"
    assert_equal(job(engine, window()), expected)
    load_engine.cache_clear()
