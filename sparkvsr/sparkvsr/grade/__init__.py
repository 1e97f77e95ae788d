"""Carries the grades of keyframes through a shot by colour maths, whatever engine restores it.

`needs_grade` finds out whether a keyframe carries one, `GradeCarrier` grades any frame like the
keyframes around it, `pinned` puts the artist's own pictures back on their frames afterwards.
docs/grade.md says what is carried and what is not.
"""

from __future__ import annotations

from ._carrier import GradeCarrier
from ._delta_e import delta_e_2000
from ._needs import needs_grade
from ._pin import FEATHER, Pinning, pinned

__all__ = ["FEATHER", "GradeCarrier", "Pinning", "delta_e_2000", "needs_grade", "pinned"]
