"""Where keyframes go, once it is known what there is to choose from.

Arithmetic only, on 0-based indices; every answer ascends and keeps `gap` frames from one to the
next. Where there is freedom, keyframes lie on multiples of 4 from the start of their scene: there
the model's latent slot holds exactly the keyframe and the three frames before it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from ..planner import SLOT


def even(start: int, stop: int, count: int, gap: int) -> list[int]:
    """Up to `count` of the frames `start` … `stop - 1`: `start`, and evenly from it to the end."""
    last = (stop - 1 - start) // SLOT
    count = min(count, _room(stop - start, gap))
    return [start + SLOT * (k * last // max(1, count - 1)) for k in range(count)]


def over_scenes(frames: int, cuts: Sequence[int], count: int, gap: int) -> list[int]:
    """The first frame of each scene, then evenly inside of the scenes.

    Every further keyframe goes to the scene in which a frame is farthest from one. With fewer
    keyframes than scenes the longest scenes get them. A scene that ends less than `gap` frames
    after it began gets none, unless it is the last: it would be too close to the next scene's.
    """
    scenes = [
        (start, stop if stop == frames else stop - gap + 1)
        for start, stop in pairwise((0, *cuts, frames))
    ]
    shares = {(start, stop): 0 for start, stop in scenes if start < stop}
    for _ in range(count):
        roomy = [
            (start, stop)
            for (start, stop), share in shares.items()
            if share < _room(stop - start, gap)
        ]
        if not roomy:
            break
        shares[max(roomy, key=lambda scene: _need(scene[1] - scene[0], shares[scene]))] += 1
    return [index for (start, stop), n in shares.items() for index in even(start, stop, n, gap)]


def at_random(frames: int, count: int, gap: int, seed: int) -> list[int]:
    """Up to `count` frames; every choice that keeps the gap is equally likely.

    Taking `gap - 1` frames out between neighbours maps those choices one to one onto choices of
    distinct frames from a shorter shot.
    """
    count = min(count, (frames - 1) // gap + 1)
    shorter = frames - (count - 1) * (gap - 1)
    drawn = random.Random(seed).sample(range(shorter), count)  # noqa: S311 - no secret
    return [index + k * (gap - 1) for k, index in enumerate(sorted(drawn))]


def kept_apart(indices: Sequence[int], gap: int) -> list[int]:
    """The ascending indices without those that follow a kept one too closely."""
    kept: list[int] = []
    for index in indices:
        if not kept or index - kept[-1] >= gap:
            kept.append(index)
    return kept


def thinned(indices: Sequence[int], count: int) -> list[int]:
    """`count` of the ascending indices (all, if there are fewer), spread as evenly as they allow.

    The k-th is the one closest to the k-th of evenly spread times from first to last, among those
    that leave enough for the rest.
    """
    count = min(count, len(indices))
    span = indices[-1] - indices[0]
    kept: list[int] = []
    lowest = 0
    for k in range(count):
        wanted = indices[0] + span * k / max(1, count - 1)
        free = range(lowest, len(indices) - (count - 1 - k))
        nearest = min(free, key=lambda position: abs(indices[position] - wanted))
        kept.append(indices[nearest])
        lowest = nearest + 1
    return kept


def _room(frames: int, gap: int) -> int:
    """How many multiples of 4, `gap` apart, a scene has, 0 among them."""
    slots = -(-gap // SLOT)
    return (frames - 1) // SLOT // slots + 1


def _need(frames: int, count: int) -> tuple[bool, float]:
    """Sort key: no keyframe at all is worst; else how far a frame is from the nearest of `count`.

    One keyframe stands at the scene's start; more stand at both ends and evenly between.
    """
    return count == 0, frames / (1 if count < 2 else 2 * (count - 1))
