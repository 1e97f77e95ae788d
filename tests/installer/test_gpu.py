"""The machine's GPU as nvidia-smi tells it, and whether PyTorch fits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from installing import LEFT_TO_DO, Home, Installer
from sparkvsr_installer.gpu import NvidiaGpu, Torch, find_gpu, look_at_torch, torch_note

SMI = 'echo "NVIDIA RTX A5000, 550.54.14"; echo "NVIDIA RTX A5000, 550.54.14"'


def test_the_first_gpu_of_several_is_told(home: Home) -> None:
    home.add_tool("nvidia-smi", SMI)
    assert find_gpu(home.environ) == NvidiaGpu("NVIDIA RTX A5000", "550.54.14")


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ("exit 0", "status 0"),
        ('echo "No devices were found"', "No devices"),
        ('echo "NVIDIA-SMI has failed, as there is no driver"; exit 9', "no driver"),
        (r"printf '\377\376'", "\ufffd"),
        ("kill -9 $$", "status -9"),
    ],
)
def test_an_nvidia_smi_that_fails_is_told_and_nothing_is_left_to_do(
    home: Home, installer: Installer, script: str, trouble: str
) -> None:
    home.add_tool("nvidia-smi", script)
    found = find_gpu(home.environ)
    assert found is not None and trouble in found.trouble and not found.driver
    done = installer("--yes")
    assert done.status == 0, done.said
    assert f"nvidia-smi fails ({found.trouble}): what the package index gives" in done.stdout


def test_without_the_drivers_tool_there_is_no_gpu(home: Home) -> None:
    assert find_gpu(home.environ) is None
    (home.tools / "nvidia-smi").mkdir()
    assert find_gpu(home.environ) is None


@pytest.mark.skipif(not os.access("/bin/sh", os.X_OK), reason="needs a shell")
def test_a_pytorch_for_the_cpu_on_a_machine_with_a_gpu_is_left_to_do(
    home: Home, installer: Installer
) -> None:
    home.add_tool("nvidia-smi", SMI)
    done = installer.install()
    assert "for CUDA, from the package index: NVIDIA RTX A5000, driver 550.54.14" in done.stdout
    assert "about 7 GB" in done.stdout
    assert done.status == LEFT_TO_DO
    assert "PyTorch for the CPU (2.13.0)" in done.stdout
    assert "--torch-index ADDRESS" in done.stdout


@pytest.mark.parametrize(
    ("gpu", "torch", "words"),
    [
        (None, Torch("2.13.0+cpu", None, False), ""),
        (None, Torch("2.13.0", "13.0", False), ""),
        (NvidiaGpu("A", "1"), Torch("2.13.0", "13.0", True), ""),
        (NvidiaGpu("A", "1"), Torch("2.13.0+cpu", None, False), "for the CPU"),
        (NvidiaGpu("A", "470.1"), Torch("2.13.0", "13.0", False), "driver 470.1: update NVIDIA's"),
        (NvidiaGpu(trouble="?"), Torch("2.13.0", "13.0", False), ""),
        (None, None, "cannot be imported"),
    ],
)
def test_what_is_said_of_pytorch(gpu: NvidiaGpu | None, torch: Torch | None, words: str) -> None:
    note = torch_note(gpu, torch)
    assert bool(note) == bool(words)
    assert words in note


def test_the_pytorch_of_an_environment_is_looked_at(tmp_path: Path) -> None:
    import torch  # what it must say

    found = look_at_torch(Path(sys.executable))
    assert found == Torch(torch.__version__, torch.version.cuda, torch.cuda.is_available())
    assert look_at_torch(tmp_path / "nothing") is None
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no torch here\n")
    broken.chmod(0o755)
    assert look_at_torch(broken) is None
