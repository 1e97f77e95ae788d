"""Tests run side by side: one thread of torch each, here and in every process that they start."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live",
        action="store_true",
        help="run tests/bridge_resolve/contract against the Resolve Studio that runs here",
    )
