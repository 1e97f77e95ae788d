"""A daemon of a test's own, with SparkVSR installed for hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from artist import write_install
from daemons import Daemon


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A home with SparkVSR installed; whatever is started in it is stopped."""
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    write_install(tmp_path / "home")
    handle = Daemon(tmp_path / "home")
    try:
        yield handle
    finally:
        handle.close()
