"""The empty-prompt embedding: 226 tokens x 4096, bf16, the only text the model ever saw.

It is what the T5 encoder of the base model gives for an empty prompt that is padded to 226
tokens without an attention mask. With this 1.9 MB file the 19 GB encoder is never needed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from ..errors import InputError, SparkVSRError
from ..events import Notified
from ._events import OnWeightsEvent
from ._files import EMBEDDING_FILE, ListedFile, sha256_of
from ._folders import PARTIAL
from ._hub import fetch, plain_errors
from ._licence import BASE_MODEL
from ._manifest import FileRecord

EMBEDDING_VARIABLE: Final = "SPARKVSR_EMBEDDING"
SHA256: Final = "49738b5f634bc7c7ebad8e0ba01bf8c4eb5930b84c38d00f78dc0d5bc0a417cc"
SIZE: Final = 1_851_488
# DOVE, the parent project, publishes it in its git repository and on no hub. The file's name is
# the SHA-256 of the empty string.
PUBLISHED: Final = (
    "https://raw.githubusercontent.com/zhengchen1999/DOVE/"
    "721670f43cad7508931f07eb79bd194ca2bece2d/pretrained_models/prompt_embeddings/"
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.safetensors"
)


def published_embedding() -> ListedFile:
    """The embedding as DOVE publishes it."""
    return ListedFile(EMBEDDING_FILE, SIZE, sha256=SHA256, url=PUBLISHED)


def add_embedding(folder: Path, on_event: OnWeightsEvent) -> FileRecord | None:
    """Put the embedding into a model's folder, from where `SPARKVSR_EMBEDDING` says or from DOVE.

    A model without it is kept, since the embedding can come later: the failure is a warning
    event and gives `None`.
    """
    source = os.environ.get(EMBEDDING_VARIABLE) or PUBLISHED
    try:
        _obtain(source, folder)
    except SparkVSRError as error:
        on_event(
            Notified(
                "warning",
                f"The model is here, but not its empty-prompt embedding. {error.message} "
                f"The T5 text encoder of {BASE_MODEL} makes it from an empty prompt, padded to "
                "226 tokens without a mask, in bf16. Pull again to try again, or set "
                f"{EMBEDDING_VARIABLE} to a file or an address first.",
                {"file": EMBEDDING_FILE, "sha256": SHA256, "source": source},
            )
        )
        return None
    return FileRecord(EMBEDDING_FILE, SIZE, SHA256)


def _obtain(source: str, folder: Path) -> None:
    file, part = folder / EMBEDDING_FILE, folder / PARTIAL / SHA256
    if file.is_file() and _sha256(file) == SHA256:
        return
    if source.startswith(("https://", "http://")):
        with plain_errors(source):
            fetch(source, part, SIZE, lambda count: None)
    elif Path(source).is_file():
        part.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, part)
    else:
        raise InputError(f"{EMBEDDING_VARIABLE} names {source}, and there is no such file.")
    if _sha256(part) != SHA256:
        part.unlink()
        raise InputError(f"{source} is another file: its SHA-256 is not {SHA256[:12]}….")
    part.replace(file)


def _sha256(file: Path) -> str:
    return sha256_of(file, lambda count: None)
