"""Which build of PyTorch a machine needs, and whether it got it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ASKED: Final = ("--query-gpu=name,driver_version", "--format=csv,noheader")
_ANSWER_S: Final = 20.0
_TORCH_S: Final = 180.0
_TORCH: Final = (
    "import json, torch;"
    "print(json.dumps([torch.__version__, torch.version.cuda, torch.cuda.is_available()]))"
)


@dataclass(frozen=True)
class Gpu:
    """What `nvidia-smi` says of the first GPU."""

    name: str
    driver: str


@dataclass(frozen=True)
class Torch:
    """The PyTorch of an environment; `cuda`: what it is built for, None for no GPU."""

    version: str
    cuda: str | None
    usable: bool


def find_gpu(environ: Mapping[str, str]) -> Gpu | None:
    """The machine's NVIDIA GPU, as its driver's own tool tells it; None where it tells none."""
    tool = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if tool is None:
        return None
    try:
        done = subprocess.run(
            [tool, *_ASKED], capture_output=True, text=True, timeout=_ANSWER_S, check=True
        )
        name, driver = done.stdout.splitlines()[0].rsplit(",", 1)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return Gpu(name.strip(), driver.strip())


def look_at_torch(python: Path) -> Torch | None:
    """What an environment got; None when PyTorch cannot be imported."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _TORCH],
            capture_output=True,
            text=True,
            timeout=_TORCH_S,
            check=True,
        )
        return Torch(*json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError, TypeError):
        return None


def torch_note(gpu: Gpu | None, torch: Torch | None) -> str:
    """What a person should do about it; empty when the build fits the machine."""
    if torch is None:
        return "PyTorch cannot be imported from the new environment; `sparkvsr doctor` says why."
    if gpu is None or torch.usable:
        return ""
    if torch.cuda is None:
        return (
            f"There is an NVIDIA GPU ({gpu.name}), but the package index gave a PyTorch for the "
            f"CPU ({torch.version}). Run this again with --torch-index ADDRESS: PyTorch's page "
            "Get Started shows the address for CUDA and this system, after `--index-url`."
        )
    return (
        f"PyTorch {torch.version} is built for CUDA {torch.cuda}, but cannot use {gpu.name} with "
        f"driver {gpu.driver}: update NVIDIA's driver."
    )
