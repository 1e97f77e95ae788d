"""Joins windows before they are decoded: their latents are cross-faded, the decoder never restarts.

A latent frame holds four frames: latent 0 of a window its first frame alone, latent l the frames
4l-3 … 4l. Windows of a run start on multiples of 8, so from latent 1 on those of a window are
latents of the run, too. Its latent 0 is not: there the run has one that holds four frames. So a
window gives the run all its latents but the first, and only the first window gives that one.

Axes: C channels, h w latent cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .blend import cross_fades
from .planner import SLOT, Plan, PlannedWindow


@dataclass(frozen=True)
class Latent:
    """One latent frame of a restored picture: C h w, float32.

    Attributes:
        carried: trust of the best reference that it follows, 0 without one.
    """

    values_Chw: NDArray[np.float32]
    carried: float


def latent_of(index: int) -> int:
    """The latent that holds a frame, both counted from the first of their run."""
    return -(-index // SLOT)


@dataclass(frozen=True)
class Run:
    """Windows that follow each other in one direction, within one scene.

    Attributes:
        whole: the run as one long window, in no need of references.
        windows: in the order in which they follow each other in the run.
    """

    whole: PlannedWindow
    windows: tuple[PlannedWindow, ...]

    @property
    def start(self) -> int:
        """First frame of the shot that it covers."""
        return self.whole.start

    @property
    def stop(self) -> int:
        """The frame behind the last that it covers."""
        return self.whole.stop


def plan_runs(plan: Plan) -> list[Run]:
    """The runs of a plan, in shot order; together they hold every window once."""
    groups: dict[tuple[int, bool], list[PlannedWindow]] = {}
    for window in plan.windows:
        groups.setdefault((window.scene, window.reversed), []).append(window)
    return [_run(group) for group in groups.values()]


def _run(group: Sequence[PlannedWindow]) -> Run:
    windows = tuple(group[::-1] if group[0].reversed else group)
    whole = PlannedWindow(
        position=-1,
        scene=group[0].scene,
        start=group[0].start,
        stop=group[-1].stop,
        length=0,
        reversed=group[0].reversed,
        keyframes=(),
        anchors=(),
        before=None,
        after=None,
    )
    length = _offset(whole, windows[-1]) + windows[-1].length
    return Run(replace(whole, length=length), windows)


class LatentBlender:
    """Collects the latents of a run's windows, in any order, and gives the run's.

    What neighbours share fades over as a raised cosine; the weights sum to 1 everywhere. Windows
    that overlap by one frame share none, and are joined without a fade.
    """

    def __init__(self, run: Run) -> None:
        self._spans: dict[int, tuple[int, int]] = {}
        for window in run.windows:
            begin = latent_of(_offset(run.whole, window))
            stop = begin + latent_of(window.length - 1) + 1
            self._spans[window.position] = (begin + (begin > 0), stop)
        fades = cross_fades(list(self._spans.values()))
        self._weights = dict(zip(self._spans, fades, strict=True))
        self._given: dict[int, Sequence[Latent]] = {}
        self._next = 0

    @property
    def latents(self) -> int:
        """How many the run has."""
        return max(stop for _, stop in self._spans.values())

    def add(self, position: int, latents: Sequence[Latent]) -> None:
        """Take all latents of the window at `position` of the plan."""
        begin, stop = self._spans[position]
        self._given[position] = latents[-(stop - begin) :]

    def ready(self) -> Iterator[Latent]:
        """The latents that are finished and next in order."""
        while self._next < self.latents and self.covering(self._next) <= self._given.keys():
            yield self.at(self._next)
            self._next += 1
            for position, (_, stop) in self._spans.items():
                if stop <= self._next:
                    self._given.pop(position, None)

    def covering(self, latent: int) -> set[int]:
        """Positions of the windows that a latent is made of."""
        return {p for p, (begin, stop) in self._spans.items() if begin <= latent < stop}

    def at(self, latent: int) -> Latent:
        """One latent of the run, of whose windows all were added."""
        parts = []
        for position in sorted(self.covering(latent)):
            local = latent - self._spans[position][0]
            parts.append((self._given[position][local], self._weights[position][local]))
        if len(parts) == 1:
            return parts[0][0]
        values_Chw = sum(part.values_Chw * np.float32(weight) for part, weight in parts)
        carried = sum(part.carried * float(weight) for part, weight in parts)
        return Latent(np.asarray(values_Chw), carried)


def _offset(whole: PlannedWindow, window: PlannedWindow) -> int:
    """Where a window begins in its run, in frames."""
    return whole.stop - window.stop if whole.reversed else window.start - whole.start
