"""Finds the hard cuts of a clip: it is read once, and every frame is shrunk at once.

At a cut every frame shortly before it differs from every frame shortly after it, and by much more
than neighbouring frames on either side differ from each other. So a flash is no cut (what follows
it looks like what came before), nor is a pan, a passing car or a fade (there each step is as large
as its neighbours).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import sqrt
from operator import itemgetter
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..depth import Frame, as_picture, to_codes

NEAR: Final = 7
"""Frames looked at on either side; a flash, or a scene between two alike, is shorter than this."""
LEAST_DIFFERENCE: Final = 0.15
"""Difference across a cut. Measured on film: neighbours at cuts 0.35 and more, fast motion up to
0.13; at a tenth of the exposure 0.18 and 0.08."""
LEAST_RATIO: Final = 2.0
"""How many times the usual change on either side the change across a cut must be."""
OUTLIERS: Final = 2
"""Changes on a side that do not count as usual: a flash makes two, another cut one."""
PEDESTAL: Final = 0.025
"""Added to the mean of a picture, of 1, so that noise in the black is no large relative change."""
SHORTEST_SCENE: Final = 4
"""Of cuts that are closer than this, as in a dissolve of two frames, the strongest counts."""
SIZE: Final = (64, 36)
"""Width and height at which frames are compared; small motion and grain vanish."""
BINS: Final = (8, 4, 8)
"""Of hue, saturation and value."""


@dataclass(frozen=True)
class _Look:
    """What is kept of a frame: a small RGB picture (h w 3), its mean and its HSV histogram.

    The mean is of 1; the histogram sums to 1.
    """

    small_hwC: NDArray[np.uint8]
    mean: float
    histogram: NDArray[np.float32]


def find_cuts(frames: Iterable[Frame]) -> tuple[int, ...]:
    """Indices at which a new scene begins, ascending; 0 is implied and not among them.

    Dissolves and fades of 6 frames or more are no hard cuts; shorter ones may count as one. A
    picture that changes for fewer than 7 frames and comes back is taken for a flash; on the
    clip's first and last frames a flash cannot be told from a cut.

    Args:
        frames: H W 3 each, all of one shape and dtype; at most 14 shrunken ones are kept.
    """
    cuts: list[tuple[int, float]] = []
    for index, (before, after) in enumerate(_around(map(_look, frames))):
        if not _is_cut(before, after):
            continue
        cut = index, _difference(before[-1], after[0])
        if cuts and index - cuts[-1][0] < SHORTEST_SCENE:
            cut = max(cuts.pop(), cut, key=itemgetter(1))
        cuts.append(cut)
    return tuple(index for index, _ in cuts)


def _around(looks: Iterator[_Look]) -> Iterator[tuple[list[_Look], list[_Look]]]:
    """For each frame, up to NEAR frames before it, and up to NEAR from it on."""
    before: deque[_Look] = deque(maxlen=NEAR)
    after = deque(islice(looks, NEAR))
    while after:
        yield list(before), list(after)
        before.append(after.popleft())
        after.extend(islice(looks, 1))


def _is_cut(before: Sequence[_Look], after: Sequence[_Look]) -> bool:
    if not before or _difference(before[-1], after[0]) < LEAST_DIFFERENCE:
        return False
    least_change = LEAST_RATIO * max(_usual_change(before), _usual_change(after))
    return all(
        _difference(a, b) >= LEAST_DIFFERENCE and _change(a, b) >= least_change
        for a in before
        for b in after
    )


def _usual_change(looks: Sequence[_Look]) -> float:
    """The largest change from frame to frame, but for the outliers."""
    changes = sorted((_change(a, b) for a, b in pairwise(looks)), reverse=True)
    return changes[min(OUTLIERS, len(changes) - 1)] if changes else 0.0


def _change(a: _Look, b: _Look) -> float:
    """Mean absolute difference, 0 to 1; the same from step to step of a fade or a pan."""
    return float(cv2.norm(a.small_hwC, b.small_hwC, cv2.NORM_L1)) / (255.0 * a.small_hwC.size)


def _difference(a: _Look, b: _Look) -> float:
    """Geometric mean of the change, relative to brightness, and the distance of the histograms.

    Motion alone changes places but few colours, a flicker alone colours but little in each place;
    a cut changes both. Relative, because a cut in the dark is one, too. 0 to 1.
    """
    places = _change(a, b) / (a.mean + b.mean + 2 * PEDESTAL)
    colours = cv2.norm(a.histogram, b.histogram, cv2.NORM_L1) / 2.0
    return sqrt(places * colours)


def _look(frame: Frame) -> _Look:
    pixels: Any = frame if frame.dtype.kind == "u" else as_picture(frame)
    small = cv2.resize(pixels, SIZE, interpolation=cv2.INTER_AREA)
    small_hwC = to_codes(np.asarray(small), 8)
    hsv = cv2.cvtColor(small_hwC, cv2.COLOR_RGB2HSV)
    ranges = [0, 180, 0, 256, 0, 256]  # OpenCV's hue of 8 bits is in steps of two degrees
    counts = np.asarray(cv2.calcHist([hsv], [0, 1, 2], None, list(BINS), ranges), np.float32)
    mean = float(small_hwC.mean()) / 255.0
    return _Look(small_hwC, mean, counts.ravel() / np.float32(SIZE[0] * SIZE[1]))
