"""constraints.txt holds exactly what is installed, and what must not be there is not."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {name: version for name, version in pins}


def _needed() -> dict[str, str]:
    """Everything that the project, its demo and its tools need here, with the installed version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    todo = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["demo"],
        *(tool for group in project["dependency-groups"].values() for tool in group),
    ]
    found: dict[str, str] = {}
    while todo:
        wanted = Requirement(todo.pop())
        name = _normal(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        distribution = importlib.metadata.distribution(wanted.name)
        found[name] = distribution.version.partition("+")[0]
        todo += distribution.requires or []
    return found


def test_every_package_that_is_needed_is_pinned_to_what_is_installed() -> None:
    pins = _pins()
    gpu = {name for name in _needed() if name.startswith(("nvidia-", "cuda-", "triton"))}
    assert {name: pins.get(name) for name in _needed().keys() - gpu} == {
        name: version for name, version in _needed().items() if name not in gpu
    }


def test_torch_is_pinned_in_this_one_place() -> None:
    assert _pins()["torch"] == "2.13.0"
    elsewhere = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "2.13" not in elsewhere


def test_torchvision_is_neither_pinned_nor_installed() -> None:
    assert "torchvision" not in _pins()
    assert importlib.util.find_spec("torchvision") is None
