"""A daemon of its own for every test that asks for `daemon`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemons import Daemon


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A home without a daemon; whatever is started in it is stopped, and nothing may remain."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    handle = Daemon(tmp_path / "home")
    try:
        yield handle
    finally:
        handle.close()
