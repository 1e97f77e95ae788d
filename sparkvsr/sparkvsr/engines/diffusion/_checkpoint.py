"""Reads a published checkpoint: checked before any weight is read, cast tensor by tensor.

The folder has the layout of diffusers: `transformer/`, `vae/` and `scheduler/`, each with its
configuration, the models with safetensors (one file, or shards with an index). Weights are built
nowhere first: models start on the meta device, files are memory-mapped, and each tensor is cast
(and moved) on its own. At no time does more than the finished model and one tensor take memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler
from diffusers.utils.constants import SAFE_WEIGHTS_INDEX_NAME, SAFETENSORS_WEIGHTS_NAME
from safetensors import SafetensorError, safe_open

from ...cancel import Cancelled, never, stop_if
from ...errors import EngineError

_SCHEDULERS: Final = (CogVideoXDDIMScheduler, CogVideoXDPMScheduler)
_OTHER_MODEL: Final = "This is not a SparkVSR checkpoint; fetch that and give its folder."
_DAMAGED: Final = "The checkpoint is damaged or incomplete; fetch it again."

Scheduler = CogVideoXDDIMScheduler | CogVideoXDPMScheduler
Model = TypeVar("Model", AutoencoderKLCogVideoX, CogVideoXTransformer3DModel)


@dataclass(frozen=True)
class Components:
    """What a checkpoint holds."""

    vae: AutoencoderKLCogVideoX
    transformer: CogVideoXTransformer3DModel
    scheduler: Scheduler


def load_components(
    folder: Path,
    dtype: torch.dtype | None,
    device: torch.device | str,
    cancelled: Cancelled = never,
) -> Components:
    """Load the models and the scheduler of a checkpoint.

    Args:
        dtype: what all weights are cast to; None keeps the type of the files.
        device: where they go, without a copy in main memory.
        cancelled: asked before every tensor.

    Raises:
        EngineError: a file is missing or damaged, or a setting, a tensor or a shape is not that
            of the model; names file and key. Nothing large has been read by then.
        CancelledError: `cancelled()` answered True.
    """
    vae = empty_model(AutoencoderKLCogVideoX, folder / "vae")
    transformer = empty_model(CogVideoXTransformer3DModel, folder / "transformer")
    scheduler = _scheduler(folder / "scheduler" / "scheduler_config.json")
    _check_settings(folder, vae, transformer, scheduler)
    files = {
        model: _checked_files(model, folder / name)
        for name, model in (("vae", vae), ("transformer", transformer))
    }
    for model, model_files in files.items():
        for file in model_files:
            _fill(model, file, dtype, device, cancelled)
        model.eval()
    return Components(vae, transformer, scheduler)


def empty_model(model_class: type[Model], folder: Path) -> Model:
    """The model of a folder's configuration, without memory for its weights."""
    file = folder / "config.json"
    config = _json(file)
    try:
        with torch.device("meta"):
            model = model_class.from_config(config)
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise EngineError(
            f"{file} describes no {model_class.__name__}: {error}", _OTHER_MODEL
        ) from error
    return cast(Model, model)


def _scheduler(file: Path) -> Scheduler:
    config = _json(file)
    named = config.get("_class_name")
    for scheduler_class in _SCHEDULERS:
        if scheduler_class.__name__ == named:
            return cast(Scheduler, scheduler_class.from_config(config))
    wanted = " or ".join(known.__name__ for known in _SCHEDULERS)
    raise EngineError(f"{file}: _class_name is {named!r}, not {wanted}.", _OTHER_MODEL)


def _check_settings(
    folder: Path,
    vae: AutoencoderKLCogVideoX,
    transformer: CogVideoXTransformer3DModel,
    scheduler: Scheduler,
) -> None:
    """What the stages rely on. (Tensor shapes follow from the configuration and come after.)"""
    channels = vae.config["latent_channels"]
    needed: list[tuple[str, Mapping[str, Any], dict[str, object]]] = [
        (
            "vae/config.json",
            vae.config,
            {
                "temporal_compression_ratio": 4,
                "use_quant_conv": False,
                "use_post_quant_conv": False,
            },
        ),
        (
            "transformer/config.json",
            transformer.config,
            {
                "in_channels": 2 * channels,  # source and reference latent
                "out_channels": channels,
                "patch_size": 2,
                "patch_size_t": 2,
                "use_rotary_positional_embeddings": True,
            },
        ),
        (
            "scheduler/scheduler_config.json",
            scheduler.config,
            {
                "prediction_type": "v_prediction",
                "snr_shift_scale": 1.0,  # 3.0 where it is not written down, and ᾱ half as large
                "rescale_betas_zero_snr": True,
            },
        ),
    ]
    for file, config, wanted in needed:
        for key, value in wanted.items():
            if config[key] != value:
                raise EngineError(
                    f"{folder / file}: {key} is {config[key]!r} where SparkVSR has {value!r}.",
                    _OTHER_MODEL,
                )


def _checked_files(model: torch.nn.Module, folder: Path) -> list[Path]:
    """The weight files of a model, when together they hold exactly its tensors.

    Only headers are read.
    """
    wanted = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    files = _weight_files(folder)
    found: set[str] = set()
    for file in files:
        for key, shape in _shapes(file).items():
            if key not in wanted:
                raise EngineError(f"{file} holds {key}, which the model has not.", _OTHER_MODEL)
            if shape != wanted[key]:
                raise EngineError(
                    f"{file}: {key} has the shape {shape} where its config.json asks for"
                    f" {wanted[key]}.",
                    _OTHER_MODEL,
                )
            found.add(key)
    missing = sorted(wanted.keys() - found)
    if missing:
        raise EngineError(f"{folder} lacks {missing[0]} ({len(missing)} missing in all).", _DAMAGED)
    return files


def _weight_files(folder: Path) -> list[Path]:
    """One file, or the shards that an index names. Nothing but safetensors is ever looked at."""
    index = folder / SAFE_WEIGHTS_INDEX_NAME
    if not index.exists():
        return [folder / SAFETENSORS_WEIGHTS_NAME]
    names = _json(index).get("weight_map", {}).values()
    return [folder / name for name in sorted(set(names))]


def _shapes(file: Path) -> dict[str, list[int]]:
    try:
        with safe_open(file, framework="pt") as tensors:
            names = tensors.keys()
            return {name: list(tensors.get_slice(name).get_shape()) for name in names}
    except FileNotFoundError as error:
        raise EngineError(
            f"{file} does not exist.", "Only safetensors are read. " + _DAMAGED
        ) from error
    except (OSError, SafetensorError) as error:
        raise EngineError(f"{file} cannot be read: {error}", _DAMAGED) from error


def _fill(
    model: torch.nn.Module,
    file: Path,
    dtype: torch.dtype | None,
    device: torch.device | str,
    cancelled: Cancelled,
) -> None:
    """Give a model the tensors of one file; what is mapped is let go after each cast."""
    weights = {}
    with safe_open(file, framework="pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 - it is no dictionary
            stop_if(cancelled)
            weights[name] = tensors.get_tensor(name).to(device=device, dtype=dtype)
    model.load_state_dict(weights, strict=False, assign=True)


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EngineError(f"{file} does not exist.", _DAMAGED) from error
    except (OSError, ValueError) as error:
        raise EngineError(f"{file} cannot be read: {error}", _DAMAGED) from error
    if not isinstance(content, dict):
        raise EngineError(f"{file} is no configuration.", _DAMAGED)
    return content
