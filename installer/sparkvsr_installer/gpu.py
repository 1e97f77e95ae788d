"""Which build of PyTorch a machine needs, and whether it got it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ASKED: Final = ("--query-gpu=name,driver_version", "--format=csv,noheader")
_ANSWER_S: Final = 10.0
_TORCH_S: Final = 180.0
_TORCH: Final = (
    "import json, torch;"
    "print(json.dumps([torch.__version__, torch.version.cuda, torch.cuda.is_available()]))"
)


@dataclass(frozen=True)
class NvidiaGpu:
    """What NVIDIA's driver says of the first GPU.

    Attributes:
        trouble: what its tool said when it failed, in place of the rest; empty for nothing.
    """

    name: str = ""
    driver: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Torch:
    """The PyTorch of an environment; `cuda`: what it is built for, None for no GPU."""

    version: str
    cuda: str | None
    usable: bool


def find_gpu(environ: Mapping[str, str]) -> NvidiaGpu | None:
    """The machine's NVIDIA GPU, by `nvidia-smi`, which comes with the driver; None without it."""
    tool = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if sys.platform == "win32":  # the current folder comes first there: it may hold a download
        system = Path(environ.get("SYSTEMROOT", "C:/Windows")) / "System32" / "nvidia-smi.exe"
        tool = str(system) if system.is_file() else None
    if tool is None:
        return None
    try:
        done = subprocess.run(
            [tool, *_ASKED], capture_output=True, text=True, errors="replace", timeout=_ANSWER_S
        )
    except subprocess.TimeoutExpired:
        return NvidiaGpu(trouble=f"no answer within {_ANSWER_S:.0f} s")
    except OSError as error:
        return NvidiaGpu(trouble=f"{error.strerror}")
    said = (done.stdout.strip() or done.stderr.strip()).partition("\n")[0].strip()
    name, comma, driver = said.rpartition(",")
    if done.returncode or not comma or not driver.strip()[:1].isdigit():
        return NvidiaGpu(trouble=said or f"status {done.returncode}")
    return NvidiaGpu(name.strip(), driver.strip())


def look_at_torch(python: Path) -> Torch | None:
    """What an environment got; None when PyTorch cannot be imported."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", _TORCH],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TORCH_S,
            check=True,
        )
        return Torch(*json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError, TypeError):
        return None


def torch_note(gpu: NvidiaGpu | None, torch: Torch | None) -> str:
    """What a person should do about it; empty when the build fits the machine."""
    if torch is None:
        return "PyTorch cannot be imported from the new environment; `sparkvsr doctor` says why."
    if gpu is None or gpu.trouble or torch.usable:
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
