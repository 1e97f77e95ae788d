"""Runs a request: plan, restore, join, deliver in order; with less at once where memory runs out.

The same code runs in this process and in the daemon's worker, so both give the same pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

from ._joining import JoinedFrame, join_latents, join_pixels, preview_latents, preview_pixels
from ._windows import ShotSource, ShotWindows
from .backend import Cancelled, Notice, OnNotice, Request, RestoredFrame
from .depth import in_depth
from .engines import Engine, LatentEngine, make_engine
from .errors import OutOfMemoryError
from .planner import Plan, plan_shot
from .tile_planner import plan_tiles, smaller


def run(
    request: Request, source: ShotSource, *, on_notice: OnNotice, cancelled: Cancelled
) -> Iterator[RestoredFrame]:
    """Restore a shot whose source frames can be had in any order, or the one frame asked for.

    Args:
        request: `settings.engine` names an engine (not `auto`).

    Yields:
        Every frame of the shot once, in order, at output size and in the request's depth; only
        the frame `request.preview` if there is one.

    Raises:
        EngineError: naming the engine and the frames it was at.
        OutOfMemoryError: not even the smallest part of a window fits.
        CancelledError: `cancelled()` answered True.
    """
    settings, shot = request.settings, request.shot
    engine = make_engine(settings.engine)
    before = engine.work()
    width, height = shot.width * settings.upscale, shot.height * settings.upscale
    window = settings.window or engine.window
    tile = settings.tile or engine.largest_tile(width, height, window, settings.upscale)
    plan = _plan(request, engine, window)
    _announce(engine, plan, tile, settings.tile, on_notice)
    next_index = 0
    while True:
        tiles = plan_tiles(width, height, tile, upscale=settings.upscale) if tile else ()
        parts = ShotWindows(engine, request, plan, source, tiles, cancelled)
        try:
            for index, picture_HWC, trust in _joined(parts, next_index):
                next_index = index + 1
                yield RestoredFrame(index, in_depth(picture_HWC, request.depth), trust)
            break
        except OutOfMemoryError as error:
            less = smaller(tile, window, width, height)
            if less is None:
                raise
            tile, window = less
            plan = _plan(request, engine, window)
            size = f"tiles of {tile} pixels" if tile else "whole pictures"
            text = f"{error.message} Going on with {size} in windows of {window} frames."
            on_notice(Notice("warning", text, {"tile": tile, "window": window}))
    spent = {model: count - before[model] for model, count in engine.work().items()}
    if spent:
        runs = ", ".join(f"{count} {model.replace('_', ' ')}" for model, count in spent.items())
        on_notice(Notice("note", f"Models ran: {runs}.", spent))


def _plan(request: Request, engine: Engine, window: int) -> Plan:
    settings, shot = request.settings, request.shot
    return plan_shot(
        shot.frames,
        [keyframe.index for keyframe in request.keyframes],
        window=window,
        overlap=min(settings.overlap or engine.overlap, window - 8),
        cuts=shot.cuts,
        anchors=settings.anchors if settings.guidance else "none",
        direction=settings.direction,
        first_frame=shot.first_frame,
    )


def _announce(
    engine: Engine, plan: Plan, tile: int | None, asked: int | None, on_notice: OnNotice
) -> None:
    on_notice(
        Notice(
            "started",
            f"Engine {engine.name} {engine.version}, {len(plan.windows)} windows.",
            {"engine": engine.name, "version": engine.version, "windows": len(plan.windows)},
        )
    )
    if tile != asked:
        text = f"Whole pictures do not fit into the free memory: tiles of {tile} pixels are used."
        on_notice(Notice("note", text, {"tile": tile}))
    for note in engine.notes() + plan.notes + (plan.slot_notes if engine.uses_slots else ()):
        on_notice(Notice("note", note, {}))


def _joined(parts: ShotWindows, first: int) -> Iterator[JoinedFrame]:
    """Frames from `first` on, or the one that is to be previewed."""
    engine, preview = parts.engine, parts.request.preview
    if not _in_latents(parts) or not isinstance(engine, LatentEngine):
        if preview is None:
            yield from join_pixels(parts, first)
        else:
            yield preview, *preview_pixels(parts, preview)
    elif preview is None:
        yield from join_latents(parts, engine, first)
    else:
        yield preview, *preview_latents(parts, engine, preview)


def _in_latents(parts: ShotWindows) -> bool:
    """Not where there are tiles: each is decoded by itself, and a decoder's state is large."""
    return parts.request.settings.cross_fade == "latents" and not parts.tiles
