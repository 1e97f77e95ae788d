"""From windows to a shot: cross-faded in pixels, or in latents and decoded as one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ._look import JoinedFrame
from ._windows import ShotWindows
from .blend import Covering, DiskSpool, ShotBlender, mixed, window_weights
from .engines import EngineFrame, LatentEngine, Picture
from .latents import Latent, LatentBlender, Run, plan_runs
from .planner import Plan


def join_pixels(shot: ShotWindows, first: int) -> Iterator[JoinedFrame]:
    """Restore window by window and cross-fade pixels; frames from `first` on, in order."""
    plan, guidance = shot.plan, shot.request.settings.guidance
    windows = plan.windows
    wanted = [window.position for window in windows if window.stop > first]
    anchors_first = shot.anchor_guidance != guidance
    with DiskSpool() as spool:
        blender = ShotBlender(windows, spool, first)
        for planned, window, shelf in shot.prepared(
            needed_windows(plan, wanted), anchors_first=anchors_first
        ):
            owed = () if anchors_first else shelf.owed(planned.position)
            indices = (planned.shot_index(i) for i in range(planned.stop - planned.start))
            for index, frame in zip(indices, shot.restored(planned, window), strict=False):
                if index in owed:
                    shelf.put(planned.position, index, frame)
                if index >= first:
                    blender.add(planned.position, index, frame.picture_HWC, frame.trust)
                    yield from blender.ready()


def join_latents(shot: ShotWindows, engine: LatentEngine, first: int) -> Iterator[JoinedFrame]:
    """Cross-fade the latents of each run and decode it as one stream; frames from `first` on."""
    runs = plan_runs(shot.plan)
    with DiskSpool() as spool:
        blender = ShotBlender(runs, spool, first)
        for position, run in enumerate(runs):
            if run.stop <= first:
                continue
            whole = shot.bare(run.whole)
            with shot.telling(run.whole):
                for i, frame in enumerate(engine.decode(whole, _latents(shot, engine, run))):
                    index = run.whole.shot_index(i)
                    if first <= index and i < run.stop - run.start:
                        blender.add(position, index, frame.picture_HWC, frame.trust)
                        yield from blender.ready()


def _latents(shot: ShotWindows, engine: LatentEngine, run: Run) -> Iterator[Latent]:
    blender = LatentBlender(run)
    members = {window.position for window in run.windows}
    order = [position for position in shot.plan.order if position in members]
    for planned, window, _ in shot.prepared(order, anchors_first=True):
        with shot.telling(planned):
            blender.add(planned.position, engine.latents(window))
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
