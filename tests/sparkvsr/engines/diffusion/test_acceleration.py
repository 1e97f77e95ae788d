"""What makes it faster keeps the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparkvsr.engines.diffusion import SparkVSRPipeline
from sparkvsr.engines.diffusion._acceleration import (
    CompileMode,
    best_attention,
    compile_mode,
    compile_models,
    uploaded,
    use_channels_last,
)
from sparkvsr.errors import SettingsError
from tiny import make_tiny_pipeline, tiny_picture, tiny_video

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


def restored(pipe: SparkVSRPipeline) -> Tensor:
    return pipe(tiny_video(17), {0: tiny_picture(0)}, guidance_scale=1.3).frames


def test_the_choice_of_attention_kernels_keeps_the_numbers(folder: Path) -> None:
    pipe = SparkVSRPipeline.from_pretrained(folder)
    expected = restored(pipe)
    with best_attention():
        assert (restored(pipe) - expected).abs().max() <= 1e-5


def test_channels_last_keeps_the_numbers_and_the_names(folder: Path) -> None:
    pipe = SparkVSRPipeline.from_pretrained(folder)
    names, expected = list(pipe.vae.state_dict()), restored(pipe)
    use_channels_last(pipe.vae)
    convolution = pipe.vae.decoder.conv_in.conv.weight
    assert convolution.is_contiguous(memory_format=torch.channels_last_3d)
    assert list(pipe.vae.state_dict()) == names
    assert (restored(pipe) - expected).abs().max() <= 1e-4


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("mode", ["1", "graphs"])
def test_compiling_keeps_the_numbers(folder: Path, mode: CompileMode) -> None:
    """With a backend that traces the models and generates no code: seconds, not minutes."""
    expected = restored(SparkVSRPipeline.from_pretrained(folder))
    pipe = SparkVSRPipeline.from_pretrained(folder)
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    assert "compiled" in compile_models(pipe.vae, pipe.transformer, mode, backend).why
    assert (restored(pipe) - expected).abs().max() <= 1e-5
    once = len(graphs)
    assert once > 0
    assert (restored(pipe) - expected).abs().max() <= 1e-5
    assert len(graphs) == once, "nothing is compiled twice"


def test_results_of_recorded_graphs_are_copies(folder: Path) -> None:
    """A graph writes into the same memory each time it is replayed."""
    pipe = SparkVSRPipeline.from_pretrained(folder)
    replayed = torch.zeros(4)
    pipe.transformer.forward = lambda: (replayed,)
    compile_models(pipe.vae, pipe.transformer, "graphs", "eager")
    (first,) = pipe.transformer()
    replayed.fill_(1.0)
    assert first.sum() == 0


def test_nothing_is_compiled_unless_asked(folder: Path) -> None:
    pipe = SparkVSRPipeline.from_pretrained(folder)
    assert compile_models(pipe.vae, pipe.transformer, compile_mode({})) == ((), "")
    for module in (pipe.transformer, *pipe.transformer.transformer_blocks, pipe.vae.decoder):
        assert "forward" not in vars(module)
    assert compile_mode({"SPARKVSR_COMPILE": "graphs"}) == "graphs"
    with pytest.raises(SettingsError, match="SPARKVSR_COMPILE is 'yes'"):
        compile_mode({"SPARKVSR_COMPILE": "yes"})


def test_on_the_cpu_batches_pass_one_by_one_and_unchanged() -> None:
    given = [torch.randn(2, 3) for _ in range(3)]
    asked: list[int] = []

    def batches() -> Iterator[Tensor]:
        for i, batch in enumerate(given):
            asked.append(i)
            yield batch

    for i, batch in enumerate(uploaded(batches(), CPU)):
        assert batch is given[i]
        assert asked == list(range(i + 1))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_uploads_beside_the_computation_arrive_whole() -> None:
    given = [torch.randn(1, 3, 8, 512, 512) for _ in range(6)]
    weight = torch.randn(4096, 4096, device="cuda")
    for expected, there in zip(given, uploaded(iter(given), torch.device("cuda")), strict=True):
        for _ in range(10):
            weight = (weight @ weight).clamp(-1, 1)  # keeps the GPU busy while the next one comes
        assert torch.equal(there.cpu(), expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("mode", ["1", "graphs"])
def test_compiled_models_run_on_a_gpu(folder: Path, mode: CompileMode) -> None:
    expected = restored(SparkVSRPipeline.from_pretrained(folder, device="cuda"))
    pipe = SparkVSRPipeline.from_pretrained(folder, device="cuda")
    compile_models(pipe.vae, pipe.transformer, mode)
    for _ in range(3):  # warm up, record, replay
        assert (restored(pipe) - expected).abs().max() <= 1e-2
