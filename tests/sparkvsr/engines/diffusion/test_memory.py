"""The model of memory, against what the real stages allocate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from live_memory import EfficientAttention, LiveMemory
from published import on_meta
from sparkvsr.engines.diffusion import (
    SparkVSRPipeline,
    StageCounts,
    decode,
    encode_references,
    encode_source,
    frame_batches,
    predict_velocity,
)
from sparkvsr.engines.diffusion._memory import MemoryModel

STAGES = ("encode", "encode_reference", "transformer", "decode")


def stage(
    pipe: SparkVSRPipeline, name: str, width: int, height: int, frames: int, device: str
) -> Callable[[], object]:
    """One stage as the engine runs it, on inputs that hold nothing but their shape."""
    counts, dtype = StageCounts(), pipe.transformer.dtype

    def zeros(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
        return torch.zeros(shape, device=device, dtype=dtype)

    def batches() -> Iterator[Tensor]:
        for start, stop in frame_batches(pipe.vae, frames):
            yield zeros(1, 3, stop - start, height, width, dtype=torch.float32)

    def decoded() -> None:
        for frames_BCTHW in decode(pipe.vae, z.float(), counts):
            assert frames_BCTHW.shape[3:] == (height, width)

    config = pipe.transformer.config
    z = zeros(1, 16, frames // 4 + 1, height // 8, width // 8)
    prompt = zeros(1, config["max_text_seq_length"], config["text_embed_dim"])
    picture = zeros(3, height, width, dtype=torch.float32)
    return {
        "encode": lambda: encode_source(pipe.vae, batches(), counts),
        "encode_reference": lambda: encode_references(pipe.vae, [picture], counts),
        "transformer": lambda: predict_velocity(pipe.transformer, z, z, prompt, counts),
        "decode": decoded,
    }[name]


def model_of(pipe: SparkVSRPipeline, *, workspace: bool) -> MemoryModel:
    element = pipe.transformer.dtype.itemsize
    return MemoryModel(pipe.vae.config, pipe.transformer.config, element, workspace=workspace)


def check(pipe: SparkVSRPipeline, width: int, height: int, frames: int, tolerance: float) -> None:
    alone = asdict(model_of(pipe, workspace=False).stages(width, height, frames))
    with_workspace = asdict(model_of(pipe, workspace=True).stages(width, height, frames))
    for name in STAGES:
        run = stage(pipe, name, width, height, frames, "meta")
        live = LiveMemory(pipe.vae, pipe.transformer)
        with torch.no_grad(), EfficientAttention(), live:
            run()
        assert live.peak > 0
        assert alone[name] == pytest.approx(live.peak, rel=tolerance), name
        assert with_workspace[name] == pytest.approx(live.peak_with_workspace, rel=tolerance), name


@pytest.mark.parametrize(
    ("width", "height", "frames"),
    [(512, 512, 33), (640, 320, 9), (1280, 720, 33), (1920, 1088, 17), (3840, 2160, 33)],
)
def test_the_model_is_within_15_percent_of_a_trace_of_the_published_size(
    width: int, height: int, frames: int
) -> None:
    check(on_meta("published", 2, torch.bfloat16), width, height, frames, 0.15)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize(("width", "height", "frames"), [(64, 48, 9), (512, 256, 33)])
def test_the_model_is_within_a_sixth_of_a_trace_of_a_tiny_one(
    width: int, height: int, frames: int, dtype: torch.dtype
) -> None:
    check(on_meta("tiny", 2, dtype), width, height, frames, 1 / 6)


def test_the_trace_sees_what_is_alive_and_not_what_is_gone() -> None:
    live = LiveMemory()
    with live:
        kept = torch.empty(1000, device="meta", dtype=torch.uint8)
        for _ in range(3):
            torch.empty(500, device="meta", dtype=torch.uint8)
        view = kept[10:]
    assert live.peak == 1500
    assert view.shape == (990,)


def test_more_pixels_or_frames_never_take_less() -> None:
    model = model_of(on_meta("published", 1, torch.bfloat16), workspace=True)
    sizes = [(width, frames) for width in range(64, 2048, 64) for frames in (9, 17, 33, 65)]
    for width, frames in sizes:
        least = asdict(model.stages(width, 512, frames))
        wider = asdict(model.stages(width + 64, 512, frames))
        longer = asdict(model.stages(width, 512, frames + 8))
        for name in STAGES:
            assert wider[name] >= 0.97 * least[name]  # pieces of a convolution change with size
            assert longer[name] >= least[name]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", STAGES)
def test_a_gpu_takes_what_the_model_says(name: str) -> None:
    """Most: the model. Least: the same without any workspace, less a tenth."""
    pipe = on_meta("published", 2, torch.bfloat16)
    for part in (pipe.vae, pipe.transformer):
        part.to_empty(device="cuda")
        for parameter in part.parameters():
            parameter.data.zero_()
    run = stage(pipe, name, 1280, 720, 33, "cuda")
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        run()
    taken = torch.cuda.max_memory_allocated() - before
    most = asdict(model_of(pipe, workspace=True).stages(1280, 720, 33))[name]
    least = asdict(model_of(pipe, workspace=False).stages(1280, 720, 33))[name]
    assert 0.9 * least <= taken <= 1.1 * most
