"""Where the weights live: on the device as they are, there in 8 bits, or in main memory.

| name | transformer | needs on the device |
|---|---|---|
| `full` | on the device | all weights |
| `int8` | on the device, linear layers of its blocks in 8 bits | about half |
| `offload` | in main memory; each block is brought when its turn comes | two blocks |

The VAE always stays on the device: it is small, and used for every frame.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from torch import nn

from ...cancel import Cancelled, never, stop_if
from ...errors import SettingsError
from ._checkpoint import empty_model
from ._fit import KEPT_FREE
from ._int8 import quantize_linears
from ._memory import MemoryModel
from ._pipeline import SparkVSRPipeline

PlacementName = Literal["full", "int8", "offload"]
VARIABLE: Final = "SPARKVSR_WEIGHTS"
FULL_TILE: Final = 512
"""Side of a tile that must fit beside the full weights; smaller ones waste much on overlap."""
INT8_TILE: Final = 320
"""The same for 8-bit weights."""
BLOCKS_AT_ONCE: Final = 2
"""Blocks on the device when offloading: the one that runs, and the next one on its way."""


@dataclass(frozen=True)
class WeightBytes:
    """Of the models on the device, by placement."""

    full: int
    int8: int
    offload: int


@dataclass(frozen=True)
class Placement:
    """What was chosen, and a sentence for the person that says so and why."""

    name: PlacementName
    why: str


def read_models(folder: Path) -> tuple[AutoencoderKLCogVideoX, CogVideoXTransformer3DModel]:
    """The models of a checkpoint without their weights, on the meta device; takes no memory.

    Raises:
        EngineError: a configuration is missing or describes another model.
    """
    vae = empty_model(AutoencoderKLCogVideoX, folder / "vae")
    return vae, empty_model(CogVideoXTransformer3DModel, folder / "transformer")


def weight_bytes(
    vae: nn.Module, transformer: CogVideoXTransformer3DModel, element: int
) -> WeightBytes:
    """What the weights take; counted, so models on the meta device will do.

    Args:
        element: bytes of one weight that stays as it is.
    """
    total = element * (_parameters(vae) + _parameters(transformer))
    blocks = transformer.transformer_blocks
    linears = [module for module in blocks.modules() if isinstance(module, nn.Linear)]
    weights = sum(linear.weight.numel() for linear in linears)
    scales = 4 * sum(linear.out_features for linear in linears)
    largest = max(_parameters(block) for block in blocks)
    return WeightBytes(
        full=total,
        int8=total - (element - 1) * weights + scales,
        offload=total - element * (_parameters(blocks) - BLOCKS_AT_ONCE * largest),
    )


def choose(
    device: torch.device,
    free: int,
    weights: WeightBytes,
    model: MemoryModel,
    window: int = 33,
    environ: Mapping[str, str] = os.environ,
) -> Placement:
    """Pick a placement by the memory that is free before anything is loaded.

    Args:
        free: bytes, from `free_bytes`.
        window: frames of a window.
        environ: `SPARKVSR_WEIGHTS` in it overrides.

    Raises:
        SettingsError: that variable has a value that is none of auto, full, int8, offload.
    """
    asked = environ.get(VARIABLE, "auto")
    for name in get_args(PlacementName):
        if asked == name:
            return Placement(name, f"{_SENTENCES[name]} ({VARIABLE} asks for it.)")
    if asked != "auto":
        raise SettingsError(
            f"{VARIABLE} is {asked!r}.", "Use auto, full, int8 or offload, or remove it."
        )
    if device.type == "cpu":
        return Placement("full", "The model runs on the CPU with its weights as they are.")
    gigabytes = f"{free / 1e9:.1f} GB of GPU memory are free"

    def fits(weights_there: int, side: int) -> bool:
        needed = model.stages(side, side, window).most
        return weights_there + needed <= free * (1 - KEPT_FREE)

    def placement(name: PlacementName, because: str) -> Placement:
        return Placement(name, f"{_SENTENCES[name]} {because}")

    size = f"{weights.full / 1e9:.1f} GB of weights"
    if fits(weights.full, FULL_TILE):
        return placement("full", f"{gigabytes}, enough for all {size}.")
    if fits(weights.int8, INT8_TILE):
        return placement("int8", f"{gigabytes}, too little for {size}.")
    return placement("offload", f"Only {gigabytes}.")


def place(
    pipe: SparkVSRPipeline,
    name: PlacementName,
    device: torch.device,
    cancelled: Cancelled = never,
) -> dict[str, Any]:
    """Put the weights of a loaded pipeline in their place.

    For `int8` and `offload` load the pipeline on the CPU: each layer is moved on its own. A
    pipeline can be placed once.

    Returns:
        What was done, for the job's events: `weights`, `device` and `weights_on_device` in bytes
        (for `offload` without the blocks that come and go).

    Raises:
        CancelledError: `cancelled()` answered True; the pipeline is of no use then.
    """
    stop_if(cancelled)
    pipe.vae.to(device)
    stop_if(cancelled)
    transformer = pipe.transformer
    if name == "offload":
        transformer.enable_group_offload(
            onload_device=device,
            offload_device=torch.device("cpu"),
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=device.type == "cuda",
        )
    else:
        if name == "int8":
            quantize_linears(transformer.transformer_blocks, device, cancelled)
        transformer.to(device)
    resident: list[nn.Module] = [pipe.vae] if name == "offload" else [pipe.vae, transformer]
    return {
        "weights": name,
        "device": str(device),
        "weights_on_device": sum(_stored_bytes(module) for module in resident),
    }


_SENTENCES: Final[dict[str, str]] = {
    "full": "The model is kept whole on the GPU.",
    "int8": "The model is kept on the GPU with 8-bit weights, half the size and very nearly equal.",
    "offload": "The model is kept in main memory and brought to the GPU piece by piece: slower.",
}


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _stored_bytes(module: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in module.state_dict().values())
