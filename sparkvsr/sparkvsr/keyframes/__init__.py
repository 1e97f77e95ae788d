"""Which frames of a shot to make keyframes of, and the pictures to start them from."""

from __future__ import annotations

from ._cuts import find_cuts
from ._export import FrameExport
from ._pick import HOW, How, Picked, pick_keyframes

__all__ = ["HOW", "FrameExport", "How", "Picked", "find_cuts", "pick_keyframes"]
