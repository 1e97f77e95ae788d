"""Which files of a repository are needed, and which are refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import Final

from ..errors import CancelledError, InputError

EMBEDDING_FILE: Final = "empty_prompt_embedding.safetensors"

_NEEDED = re.compile(
    r"model_index\.json"
    r"|scheduler/scheduler_config\.json"
    r"|(transformer|vae)/config\.json"
    r"|(transformer|vae)/diffusion_pytorch_model(-\d{5}-of-\d{5})?\.safetensors"
    r"|(transformer|vae)/diffusion_pytorch_model\.safetensors\.index\.json"
    r"|(README|LICENSE|LICENCE|NOTICE)(\.md|\.txt)?" + "|" + re.escape(EMBEDDING_FILE)
)
_INDISPENSABLE = (
    "model_index.json",
    "scheduler/scheduler_config.json",
    "transformer/config.json",
    "vae/config.json",
)
_PICKLES = {".bin", ".ckpt", ".pkl", ".pickle", ".pt", ".pth"}
_BLOCK = 8 << 20


def is_needed(name: str) -> bool:
    """Whether a file is fetched; no text encoder, no tokenizer, no half-precision copies."""
    return _NEEDED.fullmatch(name) is not None


def check_names(names: Collection[str], whose: str) -> None:
    """Raise `InputError` unless these files can be a SparkVSR pipeline with safetensors weights.

    Args:
        names: paths inside the repository or folder, with `/`.
        whose: the repository or folder, for the sentence.
    """
    for file in _INDISPENSABLE:
        if file not in names:
            raise InputError(
                f"{whose} is not a SparkVSR pipeline: it has no {file}.",
                "Give a repository or folder in the layout of JiongzeYu/SparkVSR.",
            )
    for part in ("transformer", "vae"):
        inside = [name for name in names if name.startswith(f"{part}/")]
        if any(is_needed(name) and name.endswith(".safetensors") for name in inside):
            continue
        pickles = [name for name in inside if PurePosixPath(name).suffix in _PICKLES]
        if pickles:
            raise InputError(
                f"{whose} has its weights only as a pickle ({pickles[0]}), which can run code "
                "when it is opened; it is refused.",
                "Ask its author for safetensors files, or use another repository.",
            )
        raise InputError(
            f"{whose} has no weights in {part}.",
            "Give a repository or folder in the layout of JiongzeYu/SparkVSR.",
        )


def sha256_of(file: Path, on_bytes: Callable[[int], None]) -> str:
    """SHA-256 of a file's content, in hexadecimal; `on_bytes` is told of every block read."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise `CancelledError` when somebody asked for it."""
    if cancelled():
        raise CancelledError(
            "Stopped; what has arrived is kept.", "The same command goes on where it stopped."
        )
