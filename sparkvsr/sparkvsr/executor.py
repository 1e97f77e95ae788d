"""Runs a request window by window: plan, restore, blend, deliver in order.

The same code runs in this process and in the daemon's worker, so both give the same pixels.
Axes: T frames, H W pixels, C channels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from .backend import (
    Cancelled,
    Notice,
    OnNotice,
    Request,
    RestoredFrame,
)
from .blend import DiskSpool, ShotBlender
from .depth import Frame, as_picture, in_depth
from .engines import Engine, EngineFrame, Picture, Reference, Window, make_engine
from .errors import EngineError, SparkVSRError
from .planner import KeyframeSlot, Plan, PlannedWindow, plan_shot
from .tile_planner import Tile, plan_tiles
from .tiling import restore_tiled

SourceAt = Callable[[int], Frame]


def run(
    request: Request, source_at: SourceAt, *, on_notice: OnNotice, cancelled: Cancelled
) -> Iterator[RestoredFrame]:
    """Restore a shot whose source frames can be had in any order.

    Args:
        request: `settings.engine` names an engine (not `auto`).
        source_at: gives the source frame (H W 3, any depth) of a 0-based index.

    Yields:
        Every frame of the shot once, in order, at output size and in the request's depth.

    Raises:
        EngineError: naming the engine and the frames it was at.
        CancelledError: `cancelled()` answered True.
    """
    settings, shot = request.settings, request.shot
    engine = make_engine(settings.engine)
    length = settings.window or engine.window
    plan = plan_shot(
        shot.frames,
        [keyframe.index for keyframe in request.keyframes],
        window=length,
        overlap=settings.overlap or min(engine.overlap, length - 8),
        cuts=shot.cuts,
        anchors=settings.anchors if settings.guidance else "none",
        direction=settings.direction,
        first_frame=shot.first_frame,
    )
    on_notice(
        Notice(
            "started",
            f"Engine {engine.name} {engine.version}, {len(plan.windows)} windows.",
            {"engine": engine.name, "version": engine.version, "windows": len(plan.windows)},
        )
    )
    for note in plan.notes + (plan.slot_notes if engine.uses_slots else ()):
        on_notice(Notice("note", note, {}))

    before = engine.work()
    shelf = _AnchorShelf(plan)
    tiles: Sequence[Tile] = ()
    if settings.tile is not None:
        width, height = shot.width * settings.upscale, shot.height * settings.upscale
        tiles = plan_tiles(width, height, settings.tile, upscale=settings.upscale)
    with DiskSpool() as spool:
        blender = ShotBlender(plan, spool)
        for position in plan.order:
            planned = plan.windows[position]
            window = _window(request, planned, source_at, shelf, cancelled)
            owed = shelf.owed(position)
            if settings.guidance != 1.0:
                for index in owed:
                    frame = _anchor(engine, window, tiles, request, planned, index)
                    shelf.put(position, index, frame)
            restored = _restored(engine, window, tiles, request, planned)
            for index, frame in zip(_real_frames(planned), restored, strict=False):
                if settings.guidance == 1.0 and index in owed:
                    shelf.put(position, index, frame)
                blender.add(position, index, frame.picture_HWC, frame.trust)
                for done, picture_HWC, trust in blender.ready():
                    yield RestoredFrame(done, in_depth(picture_HWC, request.depth), trust)
    spent = {model: count - before[model] for model, count in engine.work().items()}
    if spent:
        runs = ", ".join(f"{count} {model.replace('_', ' ')}" for model, count in spent.items())
        on_notice(Notice("note", f"Models ran: {runs}.", spent))


class _AnchorShelf:
    """Restored frames that neighbours will want as references; each leaves with its last user."""

    def __init__(self, plan: Plan) -> None:
        self._users = Counter((a.window, a.index) for w in plan.windows for a in w.anchors)
        self._frames: dict[tuple[int, int], EngineFrame] = {}

    def owed(self, position: int) -> list[int]:
        """Frames of a window that neighbours will ask for."""
        return [index for window, index in self._users if window == position]

    def put(self, position: int, index: int, frame: EngineFrame) -> None:
        self._frames[position, index] = frame

    def take(self, position: int, index: int) -> EngineFrame:
        key = (position, index)
        self._users[key] -= 1
        return self._frames[key] if self._users[key] else self._frames.pop(key)


def _real_frames(planned: PlannedWindow) -> Iterator[int]:
    """Shot indices of the engine's frames, without the padding."""
    return (planned.shot_index(i) for i in range(planned.stop - planned.start))


def _window(
    request: Request,
    planned: PlannedWindow,
    source_at: SourceAt,
    shelf: _AnchorShelf,
    cancelled: Cancelled,
) -> Window:
    def source(index: int) -> Picture:
        return as_picture(source_at(index))

    def reference(slot: KeyframeSlot) -> Reference:
        return Reference(
            index=planned.local(slot.index),
            slot=planned.local(slot.slot),
            picture_HWC=as_picture(request.keyframes[slot.keyframe].picture),
            source_HWC=source(slot.index),
        )

    anchors = []
    for anchor in planned.anchors:
        frame = shelf.take(anchor.window, anchor.index)
        local = planned.local(anchor.index)
        anchors.append(
            Reference(local, local, frame.picture_HWC, source(anchor.index), frame.trust)
        )
    return Window(
        frames=planned.length,
        source=lambda i: source(planned.shot_index(i)),
        inside=(*(reference(slot) for slot in planned.keyframes), *anchors),
        outside=tuple(reference(s) for s in (planned.before, planned.after) if s is not None),
        upscale=request.settings.upscale,
        guidance=request.settings.guidance,
        seed=request.settings.seed + planned.start,
        cancelled=cancelled,
    )


def _restored(
    engine: Engine,
    window: Window,
    tiles: Sequence[Tile],
    request: Request,
    planned: PlannedWindow,
) -> Iterator[EngineFrame]:
    """All frames of the window, T of them."""
    given = 0
    with _telling(engine, request, planned):
        for frame in restore_tiled(engine, window, tiles) if tiles else engine.restore(window):
            given += 1
            yield frame
        if given < window.frames:
            raise ValueError(f"it gave {given} of {window.frames} frames")


def _anchor(
    engine: Engine,
    window: Window,
    tiles: Sequence[Tile],
    request: Request,
    planned: PlannedWindow,
    index: int,
) -> EngineFrame:
    """One frame of the window as it is at guidance 1, for a neighbour to follow.

    Were it made at the guidance asked for, that would be applied again in every window that the
    anchors lead through; and it would have to be made anew for every value.
    """
    window = replace(window, guidance=1.0)
    local = planned.local(index)
    with _telling(engine, request, planned):
        if tiles:
            return next(islice(restore_tiled(engine, window, tiles), local, None))
        return engine.preview(window, local)


@contextmanager
def _telling(engine: Engine, request: Request, planned: PlannedWindow) -> Iterator[None]:
    """Whatever goes wrong inside is told with the engine and its frames."""
    number = request.shot.frame_number
    try:
        yield
    except (SparkVSRError, GeneratorExit):
        raise
    except Exception as error:
        raise EngineError(
            f"The {engine.name} engine failed in frames {number(planned.start)} to "
            f"{number(planned.stop - 1)}: {error}.",
            "Restore a shorter range to find the frame, and report it with the log.",
        ) from error
