"""The embedding of the empty prompt, the only one that the model was trained with.

Published as one safetensors file (226 tokens of 4096 channels, bf16), so that the T5 encoder,
larger than all the rest, is needed by nobody. Axes: N tokens, D channels.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ...errors import EngineError

EMPTY_PROMPT_FILE: Final = "empty_prompt_embedding.safetensors"
"""Stands beside `model_index.json`."""
_KEY: Final = "prompt_embedding"
_ENCODER: Final = "text_encoder"


def read_empty_prompt(folder: Path, tokens: int, channels: int) -> Tensor | None:
    """The embedding beside a checkpoint, 1 N D, or None where there is none.

    Raises:
        EngineError: the file cannot be read, or holds something else; another number of tokens
            is refused too, because it changes the picture.
    """
    file = folder / EMPTY_PROMPT_FILE
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="pt") as tensors:
            shape = list(tensors.get_slice(_KEY).get_shape())
            embedding: Tensor = tensors.get_tensor(_KEY).clone()
    except (OSError, SafetensorError) as error:
        raise EngineError(f"{file} holds no {_KEY}: {error}", "Fetch it again.") from error
    if shape not in ([tokens, channels], [1, tokens, channels]):
        raise EngineError(
            f"{file}: {_KEY} has the shape {shape} where the model takes {[1, tokens, channels]}.",
            "Fetch the embedding that belongs to this model.",
        )
    return embedding.reshape(1, tokens, channels)


def write_empty_prompt(folder: Path, embedding_1ND: Tensor) -> None:
    """Save the embedding beside a checkpoint."""
    save_file({_KEY: embedding_1ND.contiguous()}, folder / EMPTY_PROMPT_FILE)


def load_text_encoder(folder: Path, dtype: torch.dtype, device: torch.device) -> Any:
    """The T5 encoder of a checkpoint that came whole.

    Raises:
        EngineError: the checkpoint has none, or the package that runs it is not installed.
    """
    lacks = (
        f"The model has no embedding of the empty prompt: {folder / EMPTY_PROMPT_FILE} is not there"
    )
    get = f"Fetch the model again: {EMPTY_PROMPT_FILE} belongs to it."
    if not (folder / _ENCODER / "config.json").exists():
        raise EngineError(f"{lacks}, and there is no text encoder.", get)
    try:
        transformers = import_module("transformers")
    except ImportError as error:
        raise EngineError(
            f"{lacks}, and the package transformers, which computes it, is not installed.", get
        ) from error
    try:
        encoder = transformers.T5EncoderModel.from_pretrained(
            folder / _ENCODER, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(f"{folder / _ENCODER} cannot be loaded: {error}", get) from error
    return encoder.to(device)


@torch.no_grad()
def encode_empty_prompt(text_encoder: Any, tokens: int) -> Tensor:
    """The embedding, 1 N D, from a T5 encoder.

    The tokens of an empty text are one end mark and padding; attention is not masked.
    """
    config = text_encoder.config
    ids_1N = torch.full((1, tokens), config.pad_token_id, device=text_encoder.device)
    ids_1N[:, 0] = config.eos_token_id
    embedding: Tensor = text_encoder(ids_1N)[0]
    return embedding
