"""Which files are needed, which are refused, and whether one is what was listed."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import msgspec
from safetensors import SafetensorError, safe_open

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
_PARTS = ("transformer", "vae")
_PICKLES = {".bin", ".ckpt", ".pkl", ".pickle", ".pt", ".pth"}
_BLOCK = 8 << 20

Size = Annotated[int, msgspec.Meta(ge=0)]
# Checked when read from a file: digests become names of files.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
GitSha1 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]


class ListedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as the hub, or somebody's list, says that it must be.

    Attributes:
        path: inside the repository, with `/`.
        bytes: its size.
        sha256: of the content, in hexadecimal; `None` for files that git itself holds.
        git_sha1: git's hash of the content, for the files that git itself holds.
        url: where it can be fetched; empty if nobody says so.
    """

    path: str
    bytes: Size
    sha256: Sha256 | None = None
    git_sha1: GitSha1 | None = None
    url: str = ""

    def __post_init__(self) -> None:
        if self.sha256 is None and self.git_sha1 is None:
            raise ValueError(f"{self.path} has no digest")

    @property
    def digest(self) -> str:
        """What identifies the content."""
        return self.sha256 or self.git_sha1 or ""


class Hashing:
    """Takes the content of a file block by block, and says whether it is the listed one."""

    def __init__(self, listed: ListedFile) -> None:
        self._listed = listed
        self._sha256 = hashlib.sha256()
        self._git_sha1 = hashlib.sha1(b"blob %d\0" % listed.bytes, usedforsecurity=False)

    def update(self, block: bytes) -> None:
        """Take the next block."""
        self._sha256.update(block)
        if self._listed.sha256 is None:
            self._git_sha1.update(block)

    @property
    def sha256(self) -> str:
        """SHA-256 of what was taken, in hexadecimal."""
        return self._sha256.hexdigest()

    def difference(self) -> str | None:
        """What goes on after the file's name; `None` when all that was taken is as listed."""
        kind, found = "SHA-256", self.sha256
        if self._listed.sha256 is None:
            kind, found = "git's SHA-1", self._git_sha1.hexdigest()
        if found == self._listed.digest:
            return None
        return f"has {kind} {found[:12]}… instead of {self._listed.digest[:12]}…"


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
    refuse_pickles(names, whose)
    for part in _PARTS:
        if not _weights_in(part, names):
            raise InputError(
                f"{whose} has no weights in {part}.",
                "Give a repository or folder in the layout of JiongzeYu/SparkVSR.",
            )


def refuse_pickles(names: Collection[str], whose: str) -> None:
    """Raise `InputError` if a part of the pipeline has pickles and no safetensors weights."""
    for part in _PARTS:
        pickles = [
            name
            for name in names
            if name.startswith(f"{part}/") and PurePosixPath(name).suffix in _PICKLES
        ]
        if pickles and not _weights_in(part, names):
            raise InputError(
                f"{whose} has its weights only as a pickle ({min(pickles)}), which can run code "
                "when it is opened; it is refused.",
                "Ask its author for safetensors files, or use another repository.",
            )


def check_safetensors(file: Path, name: str, whose: str) -> None:
    """Raise `InputError` if a file that is called safetensors is something else."""
    if not name.endswith(".safetensors"):
        return
    try:
        with safe_open(file, framework="np"):
            pass
    except SafetensorError:
        raise InputError(
            f"{name} of {whose} is not a safetensors file, whatever its name says.",
            "Use another repository or revision.",
        ) from None


def unlike(file: Path, size: int) -> str | None:
    """What is wrong with a file without reading it; goes on after its name. `None` if nothing."""
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "is a link that leads nowhere" if file.is_symlink() else "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if status.st_size != size:
        return f"has {status.st_size} bytes instead of {size}"
    return None


def blocks_of(file: Path) -> Iterator[bytes]:
    """The content of a file, block by block."""
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


def sha256_of(file: Path, on_bytes: Callable[[int], None]) -> str:
    """SHA-256 of a file's content, in hexadecimal; `on_bytes` is told of every block read."""
    digest = hashlib.sha256()
    for block in blocks_of(file):
        digest.update(block)
        on_bytes(len(block))
    return digest.hexdigest()


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise `CancelledError` when somebody asked for it."""
    if cancelled():
        raise CancelledError(
            "Stopped; what has arrived is kept.", "The same command goes on where it stopped."
        )


def _weights_in(part: str, names: Collection[str]) -> bool:
    return any(
        name.startswith(f"{part}/") and is_needed(name) and name.endswith(".safetensors")
        for name in names
    )
