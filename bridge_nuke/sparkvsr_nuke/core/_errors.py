"""The errors of this package."""

from __future__ import annotations

from sparkvsr_link import BridgeError


class RenderError(BridgeError):
    """Nuke could not render the plate or a keyframe."""
