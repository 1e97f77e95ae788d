"""The errors of this package."""

from __future__ import annotations


class BridgeError(Exception):
    """Something that a person in Nuke should read.

    Attributes:
        message: what happened, to which node, file or frame; may hold several sentences.
        hint: what to do now; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RenderError(BridgeError):
    """Nuke could not render the plate or a keyframe."""
