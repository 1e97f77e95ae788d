"""The user wants to stop: asked for between steps, and while something is waited for."""

from __future__ import annotations

from sparkvsr_link import BridgeError

from .desk import Desk


class CancelledError(BridgeError):
    """The user wants to stop."""


def check_cancelled(desk: Desk) -> None:
    """Raises CancelledError when the user wants to stop."""
    if desk.cancelled():
        raise CancelledError("It was cancelled.", "Start it again when you like.")
