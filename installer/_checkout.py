"""The `.venv` of a checkout, for the demo, the tests and those who work on SparkVSR."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sparkvsr_installer.environment import Contents, Environment
from sparkvsr_installer.steps import StepError


def checkout_environment(root: Path, *, tests: bool) -> Environment:
    """Make `.venv` hold SparkVSR from this very checkout, and with `tests` what tests need.

    Raises:
        StepError: with one sentence; also where there is no checkout.
        OSError: a file of `.venv` cannot be written or removed.
    """
    if not (root / "pyproject.toml").is_file():
        raise StepError(f"{root} is no checkout: run this in the one that SparkVSR came in.")
    environment = Environment(root / ".venv", root)
    inputs = (root / "pyproject.toml", root / "constraints.txt")
    project = ("-c", "constraints.txt", "-e", ".[demo]")
    if tests:
        environment.ensure(Contents("tests", inputs, ((*project, *_test_tools(root)),)))
    else:
        environment.ensure(Contents("project", inputs, (project,), enough=("tests",)))
    return environment


def _test_tools(root: Path) -> list[str]:
    # pip learnt `--group` in 25.1, later than the pip of the Pythons we support.
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return [tool for group in project["dependency-groups"].values() for tool in group]
