"""Runs a request: plan, restore, join, deliver in order; with less at once where memory runs out.

The same code runs in this process and in the daemon's worker, so both give the same pixels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ._joining import (
    PassingWindows,
    RestoredWindows,
    join_latents,
    join_pixels,
    preview_latents,
    preview_pixels,
)
from ._kept_windows import KeptWindows
from ._look import JoinedFrame, ShotLook, ShotSource
from ._windows import ShotWindows
from .backend import Cancelled, Notice, OnNotice, Request, RestoredFrame
from .engines import Engine, make_engine
from .errors import OutOfMemoryError
from .grade import FEATHER
from .kept import Keeper, PlanChoice
from .planner import Plan, plan_shot
from .tile_planner import plan_tiles, smaller


def run(
    request: Request,
    source: ShotSource,
    *,
    on_notice: OnNotice,
    cancelled: Cancelled,
    first: int = 0,
    keeper: Keeper | None = None,
) -> Iterator[RestoredFrame]:
    """Restore a shot whose source frames can be had in any order, or the one frame asked for.

    Frames do not depend on `first` or on what was kept: they are those of one undisturbed run to
    the bit. Only where memory ran out within a run, a new start goes on with the plan that fitted
    then, and so with the first frames of that plan a few frames earlier.

    Args:
        request: `settings.engine` names an engine (not `auto`).
        first: frames before it are safe already; they are not yielded nor, as far as possible,
            computed.
        keeper: keeps restored windows; not asked for a preview. Without one nothing is written.

    Yields:
        Every frame of the shot from `first` on once, in order, at output size and in the request's
        depth; only the frame `request.preview` if there is one.

    Raises:
        EngineError: naming the engine and the frames it was at.
        OutOfMemoryError: not even the smallest part of a window fits.
        DiskFullError: no room left for windows or for frames that wait.
        JobError: windows cannot be written, or not be read back.
        CancelledError: `cancelled()` answered True, or the keeper said so.
    """
    if first >= request.shot.frames:
        return
    engine = make_engine(request.settings.engine, cancelled)
    work = _Work(engine)
    keeper = keeper if request.preview is None else None
    choice = None if keeper is None else keeper.choice()
    window = choice.window if choice else request.settings.window or engine.window
    plan = _plan(request, engine, window)
    with ShotLook(request, source, engine, plan.scenes, cancelled) as look:
        only = None if request.preview is None else look.pinned_keyframe(request.preview)
        if only is not None:
            yield only
            return
        if choice is None:
            size = look.width, look.height
            tile = request.settings.tile or engine.largest_tile(*size, window, look.upscale)
            choice = PlanChoice(window, tile)
        _announce(engine, plan, look, choice.tile, request.settings.tile, on_notice)
        joining = _Joining(request, engine, look, on_notice, cancelled, keeper, work)
        if request.preview is None:
            reach = max(first - FEATHER, 0)  # pins of frames before `first` go beyond it
            yield from look.finished(joining.frames(choice, plan, reach), first)
        else:
            yield from map(look.previewed, joining.frames(choice, plan, 0))
        for notice in look.notes():
            on_notice(notice)
    spent = work.spent()
    if spent:
        runs = ", ".join(f"{count} {model.replace('_', ' ')}" for model, count in spent.items())
        on_notice(Notice("note", f"Models ran: {runs}.", spent))


def restore_window(
    request: Request,
    source: ShotSource,
    choice: PlanChoice,
    position: int,
    keeper: Keeper,
    *,
    cancelled: Cancelled,
) -> None:
    """Restore one claimed window of a plan into its file, with the anchors neighbours will want.

    The unit of work that can be done anywhere. Anchors that it needs itself are read from the
    files of its neighbours; if such a file is damaged, that neighbour is claimed and restored, too.

    Args:
        position: in the plan that `run` makes of the same request under this choice.
        keeper: asked for `path`, told `kept`; `damaged` and `claim` only in the case above.

    Raises:
        EngineError, OutOfMemoryError, DiskFullError, JobError, CancelledError: as `run` does.
    """
    engine = make_engine(request.settings.engine, cancelled)
    plan = _plan(request, engine, choice.window)
    with ShotLook(request, source, engine, plan.scenes, cancelled) as look:
        shot = _windows(request, engine, look, choice, plan, cancelled)
        KeptWindows(shot, keeper, border=lambda: None).restore(position)


class _Work:
    """Counts how often the models of an engine ran for one request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._elsewhere = Counter(engine.work())

    def without(self, other: Callable[[], None]) -> None:
        """Do something whose work is not counted: another request's."""
        before = self._engine.work()
        other()
        self._elsewhere += Counter(self._engine.work()) - Counter(before)

    def spent(self) -> dict[str, int]:
        return {m: count - self._elsewhere[m] for m, count in self._engine.work().items()}


class _Joining:
    """Frames in model space, from plan after plan until one fits into memory."""

    def __init__(
        self,
        request: Request,
        engine: Engine,
        look: ShotLook,
        on_notice: OnNotice,
        cancelled: Cancelled,
        keeper: Keeper | None,
        work: _Work,
    ) -> None:
        self._request, self._engine, self._look = request, engine, look
        self._on_notice, self._cancelled = on_notice, cancelled
        self._keeper, self._work = keeper, work

    def frames(self, choice: PlanChoice, plan: Plan, first: int) -> Iterator[JoinedFrame]:
        """Every frame from `first` on once, in order; or the one that is to be previewed."""
        while True:
            shot = _windows(self._request, self._engine, self._look, choice, plan, self._cancelled)
            if self._keeper is not None:
                self._keeper.planned(choice, plan)
            try:
                for frame in _joined(shot, self._restored(shot), first):
                    first = frame[0] + 1
                    yield frame
                return
            except OutOfMemoryError as error:
                choice = self._less(choice, error)
                plan = _plan(self._request, self._engine, choice.window)

    def _restored(self, shot: ShotWindows) -> RestoredWindows:
        keeper, work = self._keeper, self._work
        if keeper is None:
            return PassingWindows(shot)
        return KeptWindows(shot, keeper, border=lambda: work.without(keeper.border))

    def _less(self, choice: PlanChoice, error: OutOfMemoryError) -> PlanChoice:
        less = smaller(choice.tile, choice.window, self._look.width, self._look.height)
        if less is None:
            raise error
        tile, window = less
        size = f"tiles of {tile} pixels" if tile else "whole pictures"
        text = f"{error.message} Going on with {size} in windows of {window} frames."
        self._on_notice(Notice("warning", text, {"tile": tile, "window": window}))
        return PlanChoice(window, tile)


def _windows(
    request: Request,
    engine: Engine,
    look: ShotLook,
    choice: PlanChoice,
    plan: Plan,
    cancelled: Cancelled,
) -> ShotWindows:
    size, tile = (look.width, look.height), choice.tile
    tiles = plan_tiles(*size, tile, upscale=look.upscale) if tile else ()
    return ShotWindows(engine, request, plan, look, tiles, cancelled)


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


def _joined(shot: ShotWindows, restored: RestoredWindows, first: int) -> Iterator[JoinedFrame]:
    """Frames from `first` on, or the one that is to be previewed."""
    engine, preview = shot.latent_engine, shot.request.preview
    if engine is None:
        if preview is None:
            yield from join_pixels(shot.plan.windows, restored, first)
        else:
            yield preview, *preview_pixels(shot, preview)
    elif preview is None:
        yield from join_latents(shot, engine, restored, first)
    else:
        yield preview, *preview_latents(shot, engine, preview)
