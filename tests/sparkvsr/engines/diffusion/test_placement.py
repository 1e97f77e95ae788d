"""Where the weights live: what is chosen, what it takes, and that the pictures stay the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from published import on_meta
from sparkvsr.engines.diffusion import SparkVSRPipeline
from sparkvsr.engines.diffusion._int8 import Int8Linear
from sparkvsr.engines.diffusion._memory import MemoryModel
from sparkvsr.engines.diffusion._placement import (
    VARIABLE,
    PlacementName,
    choose,
    place,
    read_models,
    weight_bytes,
)
from sparkvsr.errors import SettingsError
from tiny import make_tiny_pipeline, tiny_picture, tiny_video

PUBLISHED = on_meta("published", 42, torch.bfloat16)
WEIGHTS = weight_bytes(PUBLISHED.vae, PUBLISHED.transformer, 2)
MODEL = MemoryModel(PUBLISHED.vae.config, PUBLISHED.transformer.config, 2)
CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


def restored(pipe: SparkVSRPipeline) -> Tensor:
    references = {0: tiny_picture(0), 8: tiny_picture(8)}
    return pipe(tiny_video(17), references, guidance_scale=1.3).frames


def test_the_published_weights_have_their_true_size() -> None:
    assert WEIGHTS.full == 2 * (5_571_594_880 + 215_583_907)
    assert 6.0e9 < WEIGHTS.int8 < 6.1e9
    assert 0.9e9 < WEIGHTS.offload < 1.1e9


@pytest.mark.parametrize(
    ("card", "name"),
    [(80, "full"), (24, "full"), (20, "int8"), (16, "int8"), (12, "int8"), (10, "offload")],
)
def test_the_choice_by_the_size_of_the_card(card: int, name: str) -> None:
    placement = choose(GPU, card * 2**30 - 800 * 10**6, WEIGHTS, MODEL, environ={})
    assert placement.name == name
    assert "GB of GPU memory are free" in placement.why


def test_the_cpu_keeps_the_weights_as_they_are_unless_asked() -> None:
    assert choose(CPU, 10**9, WEIGHTS, MODEL, environ={}).name == "full"
    asked = choose(CPU, 10**9, WEIGHTS, MODEL, environ={VARIABLE: "int8"})
    assert asked.name == "int8"
    assert VARIABLE in asked.why


@pytest.mark.parametrize("name", ["full", "int8", "offload"])
def test_the_environment_overrides(name: str) -> None:
    assert choose(GPU, 0, WEIGHTS, MODEL, environ={VARIABLE: name}).name == name
    assert choose(GPU, 10**12, WEIGHTS, MODEL, environ={VARIABLE: "auto"}).name == "full"


def test_a_wrong_value_is_an_error() -> None:
    with pytest.raises(SettingsError, match="SPARKVSR_WEIGHTS is 'half'") as error:
        choose(GPU, 10**12, WEIGHTS, MODEL, environ={VARIABLE: "half"})
    assert "int8" in error.value.hint


def test_sizes_are_read_without_loading_anything(folder: Path) -> None:
    vae, transformer = read_models(folder)
    assert {parameter.device.type for parameter in transformer.parameters()} == {"meta"}
    pipe = SparkVSRPipeline.from_pretrained(folder)
    tensors = [*pipe.vae.parameters(), *pipe.transformer.parameters()]
    assert weight_bytes(vae, transformer, 4).full == sum(tensor.nbytes for tensor in tensors)


@pytest.mark.parametrize("name", ["full", "int8"])
def test_what_is_on_the_device_is_what_was_counted(folder: Path, name: PlacementName) -> None:
    pipe = SparkVSRPipeline.from_pretrained(folder)
    counted = weight_bytes(pipe.vae, pipe.transformer, 4)
    report = place(pipe, name, CPU)
    assert report == {
        "weights": name,
        "device": "cpu",
        "weights_on_device": getattr(counted, name),
    }


def test_offloading_gives_the_same_bits(folder: Path) -> None:
    """On the CPU, where blocks are brought and sent back like on a GPU."""
    expected = restored(SparkVSRPipeline.from_pretrained(folder))
    pipe = SparkVSRPipeline.from_pretrained(folder)
    report = place(pipe, "offload", CPU)
    assert report["weights_on_device"] == sum(p.nbytes for p in pipe.vae.parameters())
    assert torch.equal(restored(pipe), expected)
    assert torch.equal(restored(pipe), expected), "and again"


def test_8_bit_weights_give_nearly_the_same_picture(folder: Path) -> None:
    """Measured: 0.0011 on average, of values in 0 to 1; a random model's error is a fair guess."""
    expected = restored(SparkVSRPipeline.from_pretrained(folder))
    pipe = SparkVSRPipeline.from_pretrained(folder)
    place(pipe, "int8", CPU)
    linears = [m for m in pipe.transformer.transformer_blocks.modules() if type(m) is nn.Linear]
    assert not linears
    difference = (restored(pipe) - expected).abs().mean()
    assert 0 < difference < 0.003
    assert expected.std() > 0.1


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_8_bit_layer_is_half_a_step_off_at_most(bias: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(64, 48, bias=bias, dtype=dtype)
    linear.weight.data[3] = 0.0  # a channel without any weight
    linear.weight.data[4] *= 1000.0
    small = Int8Linear(linear, CPU)
    step = linear.weight.float().abs().amax(1) / 127
    weights = small.weight.float() * small.scale[:, None]
    assert ((weights - linear.weight.float()).abs().amax(1) <= 0.5001 * step).all()
    x = torch.randn(5, 64, dtype=dtype)
    offset = 0.0 if linear.bias is None else linear.bias.float()
    expected = x.float() @ weights.T + offset
    assert small(x).dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    torch.testing.assert_close(small(x).float(), expected, rtol=tolerance, atol=tolerance)


def test_8_bit_weights_are_half_of_bfloat16() -> None:
    linear = nn.Linear(1024, 1024, dtype=torch.bfloat16)
    stored = sum(tensor.nbytes for tensor in Int8Linear(linear, CPU).state_dict().values())
    assert stored / (linear.weight.nbytes + 2 * 1024) == pytest.approx(0.5, abs=0.005)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["full", "int8", "offload"])
def test_every_placement_runs_on_a_gpu(folder: Path, name: PlacementName) -> None:
    expected = restored(SparkVSRPipeline.from_pretrained(folder))
    pipe = SparkVSRPipeline.from_pretrained(folder)
    place(pipe, name, GPU)
    tolerance = 0.003 if name == "int8" else 1e-3
    assert (restored(pipe).cpu() - expected).abs().mean() < tolerance
