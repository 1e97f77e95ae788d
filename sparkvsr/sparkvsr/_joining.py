"""From windows to a shot: cross-faded in pixels, or in latents and decoded as one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ._look import JoinedFrame
from ._windows import ShotWindows
from .blend import Covering, DiskSpool, ShotBlender, mixed, window_weights
from .engines import EngineFrame, LatentEngine, Picture
from .latents import Latent, LatentBlender, Run, plan_runs
from .planner import Plan


class RestoredWindows(Protocol):
    """What the windows of a shot give, to be joined."""

    def frames(self, first: int) -> Iterator[tuple[int, int, EngineFrame]]:
        """Position of the window, index in the shot and frame.

        Of every window that covers a frame from `first` on, all such frames at least.
        """
        ...

    def latents(self, run: Run) -> Iterator[tuple[int, Sequence[Latent]]]:
        """Position and latents of every window of a run."""
        ...


class PassingWindows:
    """Windows that are restored here, one after the other, and kept nowhere."""

    def __init__(self, shot: ShotWindows) -> None:
        self._shot = shot

    def frames(self, first: int) -> Iterator[tuple[int, int, EngineFrame]]:
        """See `RestoredWindows.frames`."""
        plan, anchors_first = self._shot.plan, self._shot.has_anchors_apart
        order = needed_windows(plan, [w.position for w in plan.windows if w.stop > first])
        for planned, window, shelf in self._shot.prepared(order, anchors_first=anchors_first):
            owed = set() if anchors_first else set(shelf.owed(planned.position))
            needed = owed | set(range(max(first, planned.start), planned.stop))
            frames = self._shot.restored(planned, window)
            while needed:
                index, frame = next(frames)
                if index in owed:
                    shelf.put(planned.position, index, frame)
                needed.discard(index)
                yield planned.position, index, frame

    def latents(self, run: Run) -> Iterator[tuple[int, Sequence[Latent]]]:
        """See `RestoredWindows.latents`."""
        members = {window.position for window in run.windows}
        order = [position for position in self._shot.plan.order if position in members]
        for planned, window, _ in self._shot.prepared(order, anchors_first=True):
            yield planned.position, self._shot.latents(planned, window)


def join_pixels(
    windows: Sequence[Covering], restored: RestoredWindows, first: int
) -> Iterator[JoinedFrame]:
    """Cross-fade the pixels of windows; frames from `first` on, in order."""
    with DiskSpool() as spool:
        blender = ShotBlender(windows, spool, first)
        for position, index, frame in restored.frames(first):
            if index >= first:
                blender.add(position, index, frame.picture_HWC, frame.trust)
                yield from blender.ready()


def join_latents(
    shot: ShotWindows, engine: LatentEngine, restored: RestoredWindows, first: int
) -> Iterator[JoinedFrame]:
    """Cross-fade the latents of each run and decode it as one stream; frames from `first` on.

    A run that holds `first` is decoded from its own first frame: the decoder has no other way in.
    Where its windows are kept that costs no transformer pass.
    """
    runs = plan_runs(shot.plan)
    with DiskSpool() as spool:
        blender = ShotBlender(runs, spool, first)
        for position, run in enumerate(runs):
            if run.stop <= first:
                continue
            whole = shot.bare(run.whole)
            with shot.telling(run.whole):
                for i, frame in enumerate(engine.decode(whole, _blended(restored, run))):
                    index = run.whole.shot_index(i)
                    if first <= index and i < run.stop - run.start:
                        blender.add(position, index, frame.picture_HWC, frame.trust)
                        yield from blender.ready()


def _blended(restored: RestoredWindows, run: Run) -> Iterator[Latent]:
    blender = LatentBlender(run)
    for position, latents in restored.latents(run):
        blender.add(position, latents)
        yield from blender.ready()


def preview_pixels(shot: ShotWindows, index: int) -> tuple[Picture, float]:
    """One frame of `join_pixels`, from the windows that cover it alone."""
    wanted = _covering(shot.plan.windows, index)
    frames: dict[int, EngineFrame] = {}
    for planned, window, _ in shot.prepared(needed_windows(shot.plan, wanted), anchors_first=True):
        if planned.position in wanted:
            frames[planned.position] = shot.previewed(planned, window, index)
    return _mixed(shot.plan.windows, frames, index)


def preview_latents(shot: ShotWindows, engine: LatentEngine, index: int) -> tuple[Picture, float]:
    """One frame close to that of `join_latents`, from the windows that it is made of alone."""
    runs = plan_runs(shot.plan)
    frames: dict[int, EngineFrame] = {}
    for position in _covering(runs, index):
        run = runs[position]
        latents = _LatentsOnDemand(shot, engine, run)
        with shot.telling(run.whole):
            frames[position] = engine.decode_frame(
                shot.bare(run.whole), run.whole.local(index), latents.at
            )
    return _mixed(runs, frames, index)


class _LatentsOnDemand:
    """Latents of a run; only windows that an asked for latent depends on are restored."""

    def __init__(self, shot: ShotWindows, engine: LatentEngine, run: Run) -> None:
        self._shot = shot
        self._engine = engine
        self._blender = LatentBlender(run)
        self._there: set[int] = set()

    def at(self, latent: int) -> Latent:
        missing = self._blender.covering(latent) - self._there
        order = needed_windows(self._shot.plan, missing)
        for planned, window, _ in self._shot.prepared(order, anchors_first=True):
            if planned.position in missing:
                self._blender.add(planned.position, self._engine.latents(window))
        self._there |= missing
        return self._blender.at(latent)


def needed_windows(plan: Plan, wanted: Iterable[int]) -> list[int]:
    """Positions of the wanted windows and of those that their anchors lead to, in plan order."""
    needed = set(wanted)
    for position in reversed(plan.order):
        if position in needed:
            needed.update(anchor.window for anchor in plan.windows[position].anchors)
    return [position for position in plan.order if position in needed]


def _covering(parts: Sequence[Covering], index: int) -> list[int]:
    return [i for i, part in enumerate(parts) if part.start <= index < part.stop]


def _mixed(
    parts: Sequence[Covering], frames: dict[int, EngineFrame], index: int
) -> tuple[Picture, float]:
    weights = window_weights(parts)
    return mixed(
        [
            (frame.picture_HWC, frame.trust, float(weights[i][index - parts[i].start]))
            for i, frame in frames.items()
        ]
    )
