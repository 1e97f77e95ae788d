"""Runs a request: plan, restore, join, deliver in order; with less at once where memory runs out.

The same code runs in this process and in the daemon's worker, so both give the same pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

from ._joining import join_latents, join_pixels, preview_latents, preview_pixels
from ._look import JoinedFrame, ShotLook, ShotSource
from ._windows import ShotWindows
from .backend import Cancelled, Notice, OnNotice, Request, RestoredFrame
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
    engine = make_engine(request.settings.engine)
    before = engine.work()
    window = request.settings.window or engine.window
    plan = _plan(request, engine, window)
    with ShotLook(request, source, engine, plan.scenes) as look:
        only = None if request.preview is None else look.pinned_keyframe(request.preview)
        if only is not None:
            yield only
            return
        joined = _Joining(request, engine, look, plan, window, on_notice, cancelled)
        if request.preview is None:
            yield from look.finished(joined.frames())
        else:
            yield from map(look.previewed, joined.frames())
        for notice in look.notes():
            on_notice(notice)
    spent = {model: count - before[model] for model, count in engine.work().items()}
    if spent:
        runs = ", ".join(f"{count} {model.replace('_', ' ')}" for model, count in spent.items())
        on_notice(Notice("note", f"Models ran: {runs}.", spent))


class _Joining:
    """Frames in model space, from plan after plan until one fits into memory."""

    def __init__(
        self,
        request: Request,
        engine: Engine,
        look: ShotLook,
        plan: Plan,
        window: int,
        on_notice: OnNotice,
        cancelled: Cancelled,
    ) -> None:
        self._request, self._engine, self._look = request, engine, look
        self._plan, self._window = plan, window
        self._on_notice, self._cancelled = on_notice, cancelled
        asked = request.settings.tile
        self._tile = asked or engine.largest_tile(look.width, look.height, window, look.upscale)
        _announce(engine, plan, look, self._tile, asked, on_notice)

    def frames(self) -> Iterator[JoinedFrame]:
        """Every frame once, in order; or the one that is to be previewed."""
        next_index = 0
        while True:
            try:
                for frame in _joined(self._parts(), next_index):
                    next_index = frame[0] + 1
                    yield frame
                return
            except OutOfMemoryError as error:
                self._shrink(error)

    def _parts(self) -> ShotWindows:
        look, tile = self._look, self._tile
        size = look.width, look.height
        tiles = plan_tiles(*size, tile, upscale=look.upscale) if tile else ()
        return ShotWindows(self._engine, self._request, self._plan, look, tiles, self._cancelled)

    def _shrink(self, error: OutOfMemoryError) -> None:
        less = smaller(self._tile, self._window, self._look.width, self._look.height)
        if less is None:
            raise error
        self._tile, self._window = less
        self._plan = _plan(self._request, self._engine, self._window)
        size = f"tiles of {self._tile} pixels" if self._tile else "whole pictures"
        text = f"{error.message} Going on with {size} in windows of {self._window} frames."
        self._on_notice(Notice("warning", text, {"tile": self._tile, "window": self._window}))


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
    engine: Engine,
    plan: Plan,
    look: ShotLook,
    tile: int | None,
    asked: int | None,
    on_notice: OnNotice,
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
    if look.grades:
        text = "The colours of keyframes are carried as a grade, before the engine."
        on_notice(Notice("note", text, {"grade": True}))
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
