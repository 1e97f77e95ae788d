"""Host code against the emulated Nuke; each session imports it anew, as each start of Nuke does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from nuke_emulator import Session
from nuke_emulator.fixture import nuke as nuke
from nuke_emulator.fixture import nuke_host as nuke_host
from nuke_emulator.fixture import nuke_profile as nuke_profile

Load = Callable[[str], Any]


@pytest.fixture
def load(nuke_host: Session) -> Iterator[Load]:
    """Imports a module of `sparkvsr_nuke.host` by its last name."""

    def forget() -> None:
        for name in [name for name in sys.modules if name.startswith("sparkvsr_nuke.host")]:
            del sys.modules[name]

    forget()
    yield lambda name: import_module(f"sparkvsr_nuke.host.{name}")
    forget()
