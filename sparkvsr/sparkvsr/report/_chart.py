"""Drawings of time as inline SVG: the trust of each frame, and the X–T slices.

Colours are classes, so that the page's style sheet decides them, on a screen and on paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from ..job import Shot
from ._pictures import Image, png_uri
from ._trust import LOW_TRUST, low_trust_ranges

_WIDTH = 1060.0
_LABEL_ROOM = 44.0


def trust_chart(trust: Sequence[float], shot: Shot, keyframes: Sequence[int]) -> str:
    """Trust (0 to 1, upwards) over frames, low stretches shaded, keyframes and cuts marked."""
    left, top, right, bottom = 40.0, 28.0, _WIDTH - 14.0, 208.0
    step = (right - left) / shot.frames

    def x(index: float) -> float:
        return left + (index + 0.5) * step

    def y(value: float) -> float:
        return bottom - value * (bottom - top)

    parts = [
        f'<rect class="low" x="{x(first - 0.5):.1f}" y="{top}" '
        f'width="{(last - first + 1) * step:.1f}" height="{bottom - top}"/>'
        for first, last in low_trust_ranges(trust, cuts=shot.cuts)
    ]
    for value, kind in ((0.0, "axis"), (LOW_TRUST, "threshold"), (1.0, "grid")):
        parts.append(_line(kind, left, y(value), right, y(value)))
        parts.append(_text(left - 8, y(value) + 4, f"{value:g}", "end"))
    for number in _ticks(shot, 10):
        at = x(number - shot.first_frame)
        parts.append(_line("axis", at, bottom, at, bottom + 5))
        parts.append(_text(at, bottom + 19, str(number)))
    parts.extend(_line("cut", x(cut - 0.5), top, x(cut - 0.5), bottom) for cut in shot.cuts)
    labelled = -math.inf
    for index in keyframes:
        at = x(index)
        parts.append(_line("keyframe", at, top, at, bottom))
        parts.append(_triangle((at, top), (at - 5, top - 9), (at + 5, top - 9)))
        if at - labelled >= _LABEL_ROOM:  # labels do not run into each other
            parts.append(_text(at, top - 14, str(shot.frame_number(index))))
            labelled = at
    points = " ".join(f"{x(index):.1f},{y(value):.1f}" for index, value in _thinned(trust))
    parts.append(f'<polyline class="trust" points="{points}"/>')
    return _svg(bottom + 26, "Trust over time", parts)


def xt_figure(source: Image, result: Image, shot: Shot, keyframes: Sequence[int]) -> str:
    """Two X–T slices (T W 3) side by side, time downwards, with frame numbers between them."""
    rows = len(source)
    repeat = min(24, -(-360 // rows))
    height = float(rows * repeat)
    middle = 76.0
    side = (_WIDTH - middle) / 2

    def y(index: float) -> float:
        return (index + 0.5) * height / shot.frames

    parts = [
        _slice(source, 0.0, side, repeat, "Source over time"),
        _slice(result, side + middle, side, repeat, "Result over time"),
    ]
    for number in _ticks(shot, max(3, int(height / 60))):
        at = y(number - shot.first_frame)
        parts.append(_text(_WIDTH / 2, min(max(at + 4, 11), height - 2), str(number)))
    for cut in shot.cuts:
        parts.append(_line("cut", side, y(cut - 0.5), side + middle, y(cut - 0.5)))
    for index in keyframes:
        at = y(index)
        for edge, base in ((side, side + 9), (side + middle, side + middle - 9)):
            parts.append(_triangle((edge, at), (base, at - 5), (base, at + 5)))
    return _svg(height, "X–T slices", parts)


def _slice(image: Image, x: float, width: float, repeat: int, label: str) -> str:
    # Rows are repeated rather than blended: a jump from one frame to the next has to stay a jump.
    tall = np.repeat(image, repeat, axis=0)
    smooth = cv2.resize(tall, (640, tall.shape[0]), interpolation=cv2.INTER_CUBIC)
    return (
        f'<image x="{x:.1f}" y="0" width="{width:.1f}" height="{tall.shape[0]}" '
        f'preserveAspectRatio="none" aria-label="{label}" '
        f'href="{png_uri(np.asarray(smooth, np.uint8))}"/>'
    )


def _ticks(shot: Shot, most: int) -> range:
    """About `most` round host frame numbers inside the shot."""
    first, last = shot.first_frame, shot.frame_number(shot.frames - 1)
    rough = max(1.0, (last - first) / most)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    return range(-(-first // step) * step, last + 1, step)


def _thinned(trust: Sequence[float]) -> Iterator[tuple[int, float]]:
    """At most 1000 points, each the lowest of its neighbours: a dip must not vanish."""
    step = -(-len(trust) // 1000)
    for start in range(0, len(trust), step):
        index = min(range(start, min(start + step, len(trust))), key=trust.__getitem__)
        yield index, trust[index]
    if len(trust) == 1:  # a line of one point is invisible; two make a dot
        yield 0, trust[0]


def _svg(height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _triangle(*corners: tuple[float, float]) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon class="mark" points="{points}"/>'
