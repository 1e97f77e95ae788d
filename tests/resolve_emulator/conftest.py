"""The fixtures of the emulator, for its own tests."""

import pytest

from resolve_emulator.fixture import resolve_profile, session
from resolve_emulator.model import Item
from resolve_emulator.session import Session

__all__ = ["plain_shot", "resolve_profile", "session"]


@pytest.fixture
def plain_shot(session: Session) -> Item:
    """Eight frames of a movie from its third on, alone on a timeline at 24."""
    clip = session.import_clip(session.movie(frames=12))
    session.timeline()
    return session.place(clip, first=2, frames=8)
