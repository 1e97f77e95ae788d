"""What `sparkvsr doctor` finds out about engine, GPUs and driver."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sparkvsr_daemon import _doctor_gpu
from sparkvsr_daemon._doctor_engine import EngineReport, Gpu
from sparkvsr_daemon._doctor_gpu import judge_driver, look_at_engine
from sparkvsr_daemon._finding import Finding
from sparkvsr_installer import gpu as nvidia
from sparkvsr_installer.gpu import NvidiaGpu, find_gpu


def by_area(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.area: finding for finding in findings}


def nvidia_smi(folder: Path, script: str) -> None:
    """The driver's tool, as the only one in `PATH`."""
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "nvidia-smi").chmod(0o755)


def interpreter(folder: Path, script: str) -> str:
    """An executable to stand for Python, where PyTorch may be anything."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def test_a_pytorch_that_crashes_or_hangs_is_a_fault_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = "echo 'ImportError: libcudart.so: no such file' >&2; exit 1"
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, crash))
    found, driver = look_at_engine()
    assert (driver.area, driver.level) == ("driver", "ok")
    assert found.level == "fault"
    assert "ImportError: libcudart.so" in found.text
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, "exec sleep 60"))
    monkeypatch.setattr(_doctor_gpu, "_ENGINE_S", 0.2)
    found, driver = look_at_engine()
    assert "did not load" in found.text


REPORTS = {
    "used": EngineReport("sparkvsr", "Auto took it.", "", "13.0", (Gpu("H200", 8 << 30, 9 << 30),)),
    "unused": EngineReport("flow", "No GPU.", "", "", ()),
    "no use": EngineReport("flow", "No GPU.", "", "13.0", ()),
    "wrong": EngineReport("", "SPARKVSR_MODEL names nothing.", "Unset it.", "", ()),
}


@pytest.mark.parametrize(
    ("report", "driver", "engine", "gpu", "says"),
    [
        ("used", True, "ok", "ok", "H200, 8.6 GB free of 9.7 GB; CUDA 13.0"),
        ("unused", True, "ok", "warning", "built for no GPU, has no use of it"),
        ("no use", True, "ok", "warning", "built for CUDA 13.0, has no use of it"),
        ("unused", False, "ok", "ok", "none that PyTorch can use"),
        ("wrong", False, "fault", "ok", "none"),
    ],
)
def test_a_gpu_that_is_there_and_not_used_is_a_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    report: str,
    driver: bool,
    engine: str,
    gpu: str,
    says: str,
) -> None:
    printed = msgspec.json.encode(REPORTS[report]).decode()
    monkeypatch.setattr(sys, "executable", interpreter(tmp_path, f"echo '{printed}'"))
    monkeypatch.setenv("PATH", f"{tmp_path}")
    if driver:
        nvidia_smi(tmp_path, "echo NVIDIA H200, 580.95.05")
    found = by_area(look_at_engine())
    assert (found["engine"].level, found["gpu"].level) == (engine, gpu)
    assert says in found["gpu"].text


@pytest.mark.parametrize(
    ("version", "cuda", "system", "level", "says"),
    [
        ("525.60.13", "12.8", "linux", "ok", "CUDA 12.8 needs 525.60.13 or newer"),
        ("525.60.11", "12.8", "linux", "warning", "older than 525.60.13, which CUDA 12.8"),
        ("570.211.01", "12.8", "linux", "ok", "570.211.01"),
        ("580.65.06", "13.0", "linux", "ok", "580.65.06"),
        ("570.211.01", "13.0", "linux", "warning", "older than 580.65.06"),
        ("528.33", "12.6", "win32", "ok", "528.33"),
        ("527.41", "12.6", "win32", "warning", "older than 528.33"),
        ("581.15", "13.0", "win32", "ok", "needs 580"),
        ("999.1", "14.0", "linux", "ok", "what CUDA 14.0 needs is not known"),
        ("999.1", "", "linux", "ok", "built without CUDA"),
        ("", "13.0", "linux", "ok", "no nvidia-smi"),
        ("", "", "darwin", "ok", "part of macOS"),
    ],
)
def test_a_driver_too_old_for_the_cuda_of_pytorch_is_a_warning(
    version: str, cuda: str, system: str, level: str, says: str
) -> None:
    found = judge_driver(
        NvidiaGpu("A", version) if version else None, EngineReport(cuda=cuda), system
    )
    assert (found.level, found.hint.startswith("Update the driver")) == (level, level != "ok")
    assert says in found.text


def test_an_old_driver_that_works_all_the_same_is_said_to() -> None:
    report = EngineReport(cuda="13.0", gpus=(Gpu("H200", 1, 2),))
    found = judge_driver(NvidiaGpu("A", "570.1"), report, "linux")
    assert found.level == "warning"
    assert found.text.endswith("PyTorch uses the GPU all the same.")


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", "mismatch"),
        ("echo 'cannot communicate with the driver' >&2; exit 9", "cannot communicate"),
        ("exit 9", "status 9"),
        ("echo 'No devices were found'", "No devices"),
        ("exec /bin/sleep 60", "no answer within"),
    ],
)
def test_a_driver_that_does_not_answer_is_a_warning_with_what_its_tool_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, trouble: str
) -> None:
    nvidia_smi(tmp_path, script)
    monkeypatch.setattr(nvidia, "_ANSWER_S", 0.5)
    found = judge_driver(find_gpu({"PATH": str(tmp_path)}), EngineReport(), "linux")
    assert found.level == "warning"
    assert trouble in found.text
    assert "Restart the computer" in found.hint
