"""The fixtures: import both names in a conftest.py.

A module that needs another kind of session says so with
`@pytest.mark.parametrize("nuke_profile", [Profile(gui=False)])`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .host import Profile
from .session import Session


@pytest.fixture
def nuke_profile() -> Profile:
    return Profile()


@pytest.fixture
def nuke_host(nuke_profile: Profile) -> Iterator[Session]:
    """An open session; the test fails at its end when a rule was broken, even if it was caught."""
    session = Session(nuke_profile).open()
    try:
        yield session
    finally:
        wrong = session.close()
    assert not wrong, wrong


@pytest.fixture
def nuke(nuke_host: Session) -> Any:
    """The module, as `import nuke` gives it."""
    return nuke_host.module
