"""The report: whether to trust a result, and where another keyframe would help.

`ReportRecorder` sees every frame as it passes and writes one self-contained page. `comparison`
enlarges one place of one frame, for when a page is too much.
"""

from __future__ import annotations

from ._comparison import comparison, comparison_png
from ._recorder import ReportRecorder
from ._trust import LOW_TRUST, low_trust_ranges

__all__ = ["LOW_TRUST", "ReportRecorder", "comparison", "comparison_png", "low_trust_ranges"]
