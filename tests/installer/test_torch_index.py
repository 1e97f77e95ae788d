"""PyTorch from an index of its own: a real pip, two real indexes on loopback."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from installing import Home, Installer, set_version
from sparkvsr_installer.environment import Environment
from sparkvsr_installer.source import Source
from wheels import write_wheel

_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "sparkvsr"
version = "0.1.0"
"""
_BACKEND = """
import shutil
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "sparkvsr-0.1.0-py3-none-any.whl"
    shutil.copy(name, folder)
    return name
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """A package index: a folder for each package, listed as folders are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [True, False])
def test_only_pytorch_is_taken_from_it_in_the_version_that_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    usual, other, root = tmp_path / "usual", tmp_path / "other", tmp_path / "checkout"
    write_wheel(usual / "torch", "torch", "2.13.0", "helper")
    write_wheel(usual / "torch", "torch", "2.14.0", "helper")
    write_wheel(usual / "helper", "helper", "1.0")
    write_wheel(other / "torch", "torch", "2.13.0+cu130", "helper")
    write_wheel(other / "torch", "torch", "2.14.0+cu130", "helper")
    write_wheel(other / "helper", "helper", "9.9")  # such an index has other versions of the rest
    write_wheel(root, "sparkvsr", "0.1.0", "torch>=2.8")
    (root / "pyproject.toml").write_text(_PROJECT)
    (root / "backend.py").write_text(_BACKEND)
    (root / "constraints.txt").write_text("torch==2.13.0\nhelper==1.0\n")
    environment = Environment(tmp_path / "env", root)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with index(usual) as usually, index(other) as elsewhere:
        monkeypatch.setenv("PIP_INDEX_URL", usually)
        environment.ensure(Source.at(root).contents(elsewhere if chosen else ""))
    program = "from importlib.metadata import version as v; print(v('torch'), v('helper'))"
    done = subprocess.run(
        [environment.python, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ("2.13.0+cu130 1.0\n" if chosen else "2.13.0 1.0\n")


def test_the_torch_index_is_for_pytorch_alone(home: Home, installer: Installer) -> None:
    done = installer.install("--torch-index", "https://index.example/cu130")
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("ensures"))
    torch, project = line.split(") (")
    assert "'--index-url', 'https://index.example/cu130'" in torch
    assert torch.endswith("'torch'")
    assert "index.example" not in project
    assert project.endswith(f"'{installer.source}')")
    assert "what https://index.example/cu130 gives works on the CPU" in done.stdout
    assert (
        installer.install("--torch-index=").stdout.count("ensures") == 1
    )  # another choice, another version
    assert len(home.versions) == 2


def test_the_torch_index_is_that_of_the_version_in_use_until_somebody_says_otherwise(
    home: Home, installer: Installer
) -> None:
    address = "https://index.example/cu130"
    installer.install("--torch-index", address)
    assert home.record["torch_index"] == address
    for version, more, index in (
        ("0.2.0", (), address),
        ("0.3.0", ("--torch-index=",), ""),
        ("0.4.0", (), ""),
    ):
        set_version(installer.source, version)
        done = installer.install(*more)
        assert (address in done.stdout) == bool(index)
        assert home.record["torch_index"] == index
        assert "Using" in installer.install().stdout  # the same again
