"""The engine that would be used, the GPUs, and whether the driver is new enough for PyTorch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import msgspec
from rich.filesize import decimal

from sparkvsr_installer.gpu import NvidiaGpu, find_gpu

from ._doctor_engine import EngineReport
from ._doctor_software import REINSTALL
from ._finding import Finding

_ENGINE_S: Final = 120.0
OLDEST_DRIVERS: Final[dict[tuple[str, int], str]] = {
    ("linux", 11): "450.80.02",
    ("linux", 12): "525.60.13",
    ("linux", 13): "580.65.06",
    ("win32", 11): "452.39",
    ("win32", 12): "528.33",
    ("win32", 13): "580",
}
"""The oldest driver for what is built for a major version of CUDA.

NVIDIA, CUDA Toolkit Release Notes: minimum required driver versions for CUDA minor version
compatibility. For CUDA 13 on Windows, where these name none, CUDA Compatibility says 580.
"""


def look_at_engine() -> Iterator[Finding]:
    """What `auto` would take, the GPUs, the driver; PyTorch in a process that may hang or crash."""
    gpu = find_gpu(os.environ)
    command = [sys.executable, "-I", "-B", "-m", "sparkvsr_daemon._doctor_engine"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ENGINE_S, check=False)
    except subprocess.TimeoutExpired:
        text = f"PyTorch did not load within {_ENGINE_S:.0f} s."
        yield Finding("engine", "fault", text, REINSTALL)
        yield judge_driver(gpu, EngineReport())
        return
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        text = f"PyTorch cannot be used: {''.join(last) or f'status {done.returncode}'}"
        yield Finding("engine", "fault", text, REINSTALL)
        yield judge_driver(gpu, EngineReport())
        return
    report = msgspec.json.decode(done.stdout, type=EngineReport)
    if report.engine:
        yield Finding("engine", "ok", f"auto takes {report.engine}. {report.why}")
    else:
        yield Finding("engine", "fault", report.why, report.hint)
    yield _gpus(report, gpu)
    yield judge_driver(gpu, report)


def judge_driver(
    gpu: NvidiaGpu | None, report: EngineReport, system: str = sys.platform
) -> Finding:
    """Whether it is there, answers, and is new enough for the CUDA that PyTorch is built for."""
    if gpu and gpu.trouble:
        return Finding(
            "driver",
            "warning",
            f"NVIDIA's driver does not answer. nvidia-smi: {gpu.trouble}",
            "Restart the computer, as is needed after an update of the driver; if that does not "
            "help, install the driver again.",
        )
    if gpu is None:
        own = "part of macOS" if system == "darwin" else "none of NVIDIA's (no nvidia-smi)"
        return Finding("driver", "ok", own)
    if not report.cuda:
        return Finding("driver", "ok", f"NVIDIA {gpu.driver}; PyTorch is built without CUDA")
    oldest = OLDEST_DRIVERS.get((system, int(report.cuda.partition(".")[0])))
    if oldest is None:
        text = f"NVIDIA {gpu.driver}; what CUDA {report.cuda} needs is not known here"
        return Finding("driver", "ok", text)
    if _numbers(gpu.driver) >= _numbers(oldest):
        text = f"NVIDIA {gpu.driver}; CUDA {report.cuda} needs {oldest} or newer"
        return Finding("driver", "ok", text)
    uses = " PyTorch uses the GPU all the same." if report.gpus else ""
    return Finding(
        "driver",
        "warning",
        f"NVIDIA {gpu.driver} is older than {oldest}, which CUDA {report.cuda} of PyTorch "
        f"needs.{uses}",
        "Update the driver: nvidia.com/drivers, or as your system does it.",
    )


def _gpus(report: EngineReport, gpu: NvidiaGpu | None) -> Finding:
    if report.gpus:
        cards = "; ".join(
            f"{card.name}, {decimal(card.free)} free of {decimal(card.total)}"
            for card in report.gpus
        )
        return Finding("gpu", "ok", f"{cards}; CUDA {report.cuda}")
    if gpu and not gpu.trouble:
        built = f"CUDA {report.cuda}" if report.cuda else "no GPU"
        hint = "python3 installer --torch-index ADDRESS: pytorch.org shows the address for CUDA."
        if report.cuda:
            hint = "Update the driver, or install a PyTorch for an older CUDA so: " + hint
        text = f"{gpu.name} is there, but PyTorch, built for {built}, has no use of it."
        return Finding("gpu", "warning", text, hint)
    return Finding("gpu", "ok", "none that PyTorch can use; flow runs without one")


def _numbers(version: str) -> list[int]:
    """580.65.06 as numbers to compare; what is not a number ends it."""
    found = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        found.append(int(part))
    return found
