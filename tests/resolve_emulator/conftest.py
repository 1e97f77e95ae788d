"""The fixtures of the emulator, for its own tests."""

from resolve_emulator.fixture import resolve_profile, session

__all__ = ["resolve_profile", "session"]
