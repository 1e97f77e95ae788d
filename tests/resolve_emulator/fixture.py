"""The fixtures: import both names in a conftest.py.

A module that needs another Resolve says so with
`@pytest.mark.parametrize("resolve_profile", [Profile(studio=False)])`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .profile import Profile
from .session import Session


@pytest.fixture
def resolve_profile() -> Profile:
    return Profile()


@pytest.fixture
def session(resolve_profile: Profile, tmp_path: Path) -> Iterator[Session]:
    """An open session; the test fails at its end when a rule was broken, even if it was caught."""
    with Session(resolve_profile, tmp_path / "resolve") as found:
        yield found
