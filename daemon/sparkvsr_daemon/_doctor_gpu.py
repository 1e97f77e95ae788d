"""The engine that would be used, the GPUs, and whether the driver is new enough for PyTorch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from rich.filesize import decimal

from ._doctor_engine import EngineReport
from ._doctor_software import REINSTALL
from ._finding import Finding

_ENGINE_S: Final = 120.0
_DRIVER_S: Final = 10.0
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


@dataclass(frozen=True)
class Driver:
    """NVIDIA's driver.

    Attributes:
        version: empty if there is none, or it does not say.
        trouble: what its tool said when it failed; empty for nothing.
    """

    version: str = ""
    trouble: str = ""


def look_at_engine() -> Iterator[Finding]:
    """What `auto` would take, the GPUs, the driver; PyTorch in a process that may hang or crash."""
    driver = find_driver()
    command = [sys.executable, "-I", "-B", "-m", "sparkvsr_daemon._doctor_engine"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ENGINE_S, check=False)
    except subprocess.TimeoutExpired:
        text = f"PyTorch did not load within {_ENGINE_S:.0f} s."
        yield Finding("engine", "fault", text, REINSTALL)
        yield judge_driver(driver, EngineReport())
        return
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        text = f"PyTorch cannot be used: {''.join(last) or f'status {done.returncode}'}"
        yield Finding("engine", "fault", text, REINSTALL)
        yield judge_driver(driver, EngineReport())
        return
    report = msgspec.json.decode(done.stdout, type=EngineReport)
    if report.engine:
        yield Finding("engine", "ok", f"auto takes {report.engine}. {report.why}")
    else:
        yield Finding("engine", "fault", report.why, report.hint)
    yield _gpus(report, driver)
    yield judge_driver(driver, report)


def judge_driver(driver: Driver, report: EngineReport, system: str = sys.platform) -> Finding:
    """Whether it is there, answers, and is new enough for the CUDA that PyTorch is built for."""
    if driver.trouble:
        return Finding(
            "driver",
            "warning",
            f"NVIDIA's driver does not answer. nvidia-smi: {driver.trouble}",
            "Restart the computer, as is needed after an update of the driver; if that does not "
            "help, install the driver again.",
        )
    if not driver.version:
        own = "part of macOS" if system == "darwin" else "none of NVIDIA's (no nvidia-smi)"
        return Finding("driver", "ok", own)
    if not report.cuda:
        return Finding("driver", "ok", f"NVIDIA {driver.version}; PyTorch is built without CUDA")
    oldest = OLDEST_DRIVERS.get((system, int(report.cuda.partition(".")[0])))
    if oldest is None:
        text = f"NVIDIA {driver.version}; what CUDA {report.cuda} needs is not known here"
        return Finding("driver", "ok", text)
    if _numbers(driver.version) >= _numbers(oldest):
        text = f"NVIDIA {driver.version}; CUDA {report.cuda} needs {oldest} or newer"
        return Finding("driver", "ok", text)
    uses = " PyTorch uses the GPU all the same." if report.gpus else ""
    return Finding(
        "driver",
        "warning",
        f"NVIDIA {driver.version} is older than {oldest}, which CUDA {report.cuda} of PyTorch "
        f"needs.{uses}",
        "Update the driver: nvidia.com/drivers, or as your system does it.",
    )


def find_driver() -> Driver:
    """What `nvidia-smi` says; it comes with the driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Driver()
    asked = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, errors="replace", timeout=_DRIVER_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Driver(trouble=f"no answer within {_DRIVER_S:.0f} s")
    except OSError as error:
        return Driver(trouble=f"{error.strerror}")
    said = (done.stdout.strip() or done.stderr.strip()).partition("\n")[0].strip()
    if done.returncode or not said[:1].isdigit():
        return Driver(trouble=said or f"status {done.returncode}")
    return Driver(said)


def _gpus(report: EngineReport, driver: Driver) -> Finding:
    if report.gpus:
        cards = "; ".join(
            f"{gpu.name}, {decimal(gpu.free)} free of {decimal(gpu.total)}" for gpu in report.gpus
        )
        return Finding("gpu", "ok", f"{cards}; CUDA {report.cuda}")
    if driver.version:
        built = f"CUDA {report.cuda}" if report.cuda else "no GPU"
        hint = "Install a PyTorch that is built for CUDA: pytorch.org says how."
        if report.cuda:
            hint = (
                "Update the driver, or install a PyTorch for an older CUDA: pytorch.org says how."
            )
        text = f"There is an NVIDIA GPU, but PyTorch, built for {built}, has no use of it."
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
