"""The fixtures of the emulator, for its own tests."""

from nuke_emulator.fixture import nuke, nuke_host, nuke_profile

__all__ = ["nuke", "nuke_host", "nuke_profile"]
