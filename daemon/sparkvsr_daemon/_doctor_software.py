"""What this installation is made of: versions, settings, the engine and the GPU it would use."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import msgspec
import psutil  # type: ignore[import-untyped]
import zmq
from msgspec.structs import asdict
from rich.filesize import decimal

from sparkvsr import __version__

from ._doctor_engine import EngineReport
from ._finding import Finding
from ._settings import DaemonSettings, load_settings
from .paths import Paths
from .protocol import VERSION

_LIBRARIES: Final = ("torch", "diffusers", "safetensors", "huggingface_hub")
_PICTURES: Final = ("numpy", "opencv-python-headless", "OpenImageIO", "opencolorio", "OpenEXR")
_MESSAGES: Final = ("msgspec", "msgpack")
_REINSTALL: Final = "Install SparkVSR again: python3 installer demo."
_PREFIX: Final = "SPARKVSR_"
_ENGINE_S: Final = 120.0
_DRIVER_S: Final = 10.0


def look_at_versions() -> Iterator[Finding]:
    """This package, Python, the system, and every library that pixels or messages go through."""
    protocol = ".".join(map(str, VERSION))
    yield Finding("sparkvsr", "ok", f"{__version__}, protocol {protocol}")
    python = f"{platform.python_implementation()} {platform.python_version()}, {sys.prefix}"
    yield Finding("python", "ok", python)
    memory = decimal(psutil.virtual_memory().total)
    yield Finding("system", "ok", f"{platform.platform()}, {os.cpu_count()} cores, {memory}")
    for area, names in (("model", _LIBRARIES), ("pictures", _PICTURES), ("messages", _MESSAGES)):
        yield _versions(area, names)
    yield _movies()
    yield _sockets()


def look_at_settings(paths: Paths) -> Iterator[Finding]:
    """Names of this project's variables, whose values may be anything; settings of the daemon.

    Raises:
        SettingsError: `daemon.toml` is not sound.
    """
    names = sorted(name for name in os.environ if name.startswith(_PREFIX))
    yield Finding("variables", "ok", ", ".join(names) or "none are set")
    defaults, settings = asdict(DaemonSettings()), asdict(load_settings(paths))
    changed = [f"{key} = {value}" for key, value in settings.items() if value != defaults[key]]
    yield Finding("settings", "ok", ", ".join(changed) or "defaults")


def look_at_engine() -> Iterator[Finding]:
    """What `auto` would take, and the GPUs; in another process, which may hang or crash."""
    command = [sys.executable, "-I", "-B", "-m", "sparkvsr_daemon._doctor_engine"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ENGINE_S, check=False)
    except subprocess.TimeoutExpired:
        yield Finding(
            "engine", "problem", f"PyTorch did not load within {_ENGINE_S:.0f} s.", _REINSTALL
        )
        return
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        text = f"PyTorch cannot be used: {''.join(last) or f'status {done.returncode}'}"
        yield Finding("engine", "problem", text, _REINSTALL)
        return
    report = msgspec.json.decode(done.stdout, type=EngineReport)
    if report.engine:
        yield Finding("engine", "ok", f"auto takes {report.engine}. {report.why}")
    else:
        yield Finding("engine", "problem", report.why, report.hint)
    yield _gpus(report)


def _versions(area: str, names: tuple[str, ...]) -> Finding:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(area, "problem", f"{', '.join(missing)} cannot be found.", _REINSTALL)
    return Finding(area, "ok", ", ".join(found))


def _movies() -> Finding:
    try:
        import av
    except ImportError as error:
        return Finding("movies", "problem", f"PyAV cannot be used: {error}", _REINSTALL)
    return Finding("movies", "ok", f"av {av.__version__} with FFmpeg {av.ffmpeg_version_info}")


def _sockets() -> Finding:
    versions = f"pyzmq {zmq.pyzmq_version()} with libzmq {zmq.zmq_version()}"
    if not zmq.has("curve"):
        text = f"{versions} was built without encryption (CURVE), so no daemon can serve."
        return Finding("sockets", "problem", text, _REINSTALL)
    return Finding("sockets", "ok", versions)


def _gpus(report: EngineReport) -> Finding:
    driver = _driver()
    if report.gpus:
        cards = "; ".join(
            f"{gpu.name}, {decimal(gpu.free)} free of {decimal(gpu.total)}" for gpu in report.gpus
        )
        return Finding("gpu", "ok", f"{cards}; CUDA {report.cuda}; driver {driver or 'unknown'}")
    if driver:
        built = f"CUDA {report.cuda}" if report.cuda else "no GPU"
        return Finding(
            "gpu",
            "warn",
            f"There is an NVIDIA GPU (driver {driver}), but PyTorch, built for {built}, has no use "
            "of it.",
            "Update the driver, or install a PyTorch that is built for it: pytorch.org says how.",
        )
    return Finding("gpu", "ok", "None that PyTorch can use.")


def _driver() -> str:
    """Version of NVIDIA's driver; empty if there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    asked = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_DRIVER_S, check=True)
    except (subprocess.SubprocessError, OSError):
        return ""
    return done.stdout.partition("\n")[0].strip()
