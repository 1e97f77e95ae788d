"""execute: which Writes, which frames, which views, and everything that stops it."""

# ruff: noqa: N802
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from . import callbacks, exr, ops
from .files import has_padding, has_view
from .formats import FrameRange, FrameRanges
from .host import BUSY, api, host, offer
from .image import Image, OpError
from .nodes import NodeBase


def fake_lut(image: Image) -> Image:
    """What writing does to colours unless `raw` is set."""
    return image.mapped(lambda _, plane: plane * 0.5 + 0.125)


@api
def execute(
    nameOrNode: Any,
    start: Any,
    end: Any = None,
    incr: Any = None,
    views: list[str] | None = None,
    continueOnError: bool = False,
) -> None:
    """`(node, first, last, incr, views, continue)` or `(node, ranges, views, continue)`."""
    if isinstance(start, FrameRanges | FrameRange):
        frames = start.toFrameList() if isinstance(start, FrameRanges) else list(start)
        views = end if end is not None else views
        continueOnError = bool(incr) or continueOnError
    elif isinstance(start, int) and isinstance(end, int):
        frames = list(FrameRange(start, end, 1 if incr is None else incr))
    else:
        raise TypeError("execute needs a first and last frame, or FrameRanges")
    _run([_resolve(nameOrNode)], frames, views, continueOnError)


@api
def executeMultiple(
    nodes: Iterable[Any], ranges: Any, views: list[str] | None = None, continueOnError: bool = False
) -> None:
    made = ranges if isinstance(ranges, FrameRanges) else [FrameRange(*r) for r in ranges]
    frames = [frame for found in made for frame in found]
    _run([_resolve(node) for node in nodes], frames, views, continueOnError)


offer("CancelledError", type("CancelledError", (Exception,), {}))


def _resolve(given: Any) -> Any:
    if isinstance(given, str):
        node = host().root.node(given.removeprefix("root."))
        if node is None:
            raise RuntimeError(f"{given}: no such node")
        return node
    if not isinstance(given, NodeBase):
        raise TypeError(f"execute needs a node or its name, not {type(given).__name__}")
    given._guard("execute")
    return given


def writes_in(node: Any) -> list[Any]:
    """The enabled Writes that executing a node renders, in render order."""
    if node._class == "Write":
        return [] if node._knobs["disable"]._at() else [node]
    found = [write for child in getattr(node, "_children", ()) for write in writes_in(child)]
    return sorted(found, key=lambda write: int(write._knobs["render_order"]._get()))


def execute_script(frames: Iterable[int], continue_on_error: bool = False) -> None:
    """What `nuke -x` does: every enabled Write, those inside of groups too."""
    writes = writes_in(host().root)
    if not writes:
        raise RuntimeError("There are no active Write operators in this script")
    _run(writes, list(frames), None, continue_on_error)


def _run(
    nodes: list[Any], frames: list[int], views: list[str] | None, continue_on_error: bool
) -> None:
    session = host()
    if session.executing or session.in_callback:
        raise RuntimeError(BUSY)
    session.executing = True
    try:
        for node in nodes:
            writes = writes_in(node)
            if not writes:
                raise RuntimeError(f"{node._full_name()} cannot be executed")
            for write in writes:
                _render(write, frames, views or list(session.views), continue_on_error)
    finally:
        session.executing = False
        session.progress = 0


def _render(write: Any, frames: list[int], views: list[str], continue_on_error: bool) -> None:
    name, run = write._full_name(), callbacks.registry().run
    pattern = _path_knob(write)._text_now()
    if not pattern:
        raise RuntimeError(f"{name}: no filename specified")
    if len(frames) > 1 and not has_padding(pattern):
        raise RuntimeError(f"{name} cannot be executed for multiple frames.")
    if unknown := set(views) - set(host().views):
        raise RuntimeError(f"{name}: no such view {sorted(unknown)}")
    if write._knobs["use_limit"]._at():
        limits = (int(write._knobs[end]._get()) for end in ("first", "last"))
        frames = [frame for frame in frames if frame in FrameRange(*limits)]
    run("beforeRender", write)
    for done, frame in enumerate(frames):
        run("beforeFrameRender", write)
        host().progress = 100 * done // len(frames)
        cancelled = host().cancel_at == len(host().rendered)
        try:
            _frame(write, frame, views, cancelled)
        except OpError as error:
            if not continue_on_error:
                raise RuntimeError(str(error)) from None
            continue
        if cancelled:
            host().cancel_at = None
            raise RuntimeError(f"Cancelled {done} of {len(frames)} frames")
        host().rendered.append((name, frame, tuple(views)))
        run("renderProgress", write)
        run("afterFrameRender", write)
    run("afterRender", write)


def _path_knob(write: Any) -> Any:
    """With proxy on, the proxy's path; without one the small picture lands on the full path."""
    proxy = write._knobs["proxy"]
    return proxy if host().root._proxy() and proxy._value else write._knobs["file"]


def _frame(write: Any, frame: int, views: list[str], cancelled: bool) -> None:
    paths = [_path_knob(write)._path(frame, view) for view in views]
    images = {view: _prepared(write, frame, view) for view in views}
    if cancelled:
        images = {view: _half_black(image) for view, image in images.items()}
    if has_view(_path_knob(write)._text_now()):
        for path, (view, image) in zip(paths, images.items(), strict=True):
            _write(write, Path(path), {view: image})
    else:
        _write(write, Path(paths[0]), images)


def _prepared(write: Any, frame: int, view: str) -> Image:
    image = ops.upstream(write, 0, frame, view)
    wanted = write._knobs["channels"]._get()
    planes = {name: p for name, p in image.planes.items() if ops.selected(name, wanted)}
    if not planes:
        raise OpError(write._full_name(), "No channels selected (or available) for write")
    image = Image(image.format, image.bbox, planes, image.metadata, image.bordered)
    autocrop = write._knobs.get("autocrop")
    if autocrop is not None and autocrop._at():
        image = image.over(_used(image))
    return image if write._knobs["raw"]._at() else fake_lut(image)


def _used(image: Image) -> tuple[int, int, int, int]:
    """The box of the pixels that are not black; one pixel when all are."""
    any_plane = np.any([plane != 0 for plane in image.planes.values()], axis=0)
    rows, columns = np.flatnonzero(any_plane.any(1)), np.flatnonzero(any_plane.any(0))
    x, y = image.bbox[:2]
    if not rows.size:
        return (x, y, x + 1, y + 1)
    return (
        x + int(columns[0]),
        y + int(rows[0]),
        x + int(columns[-1]) + 1,
        y + int(rows[-1]) + 1,
    )


def _half_black(image: Image) -> Image:
    """The frame in flight when the user cancels: written, and black from half its height down."""
    half = image.over(image.bbox)
    for plane in half.planes.values():
        plane[: max(1, plane.shape[0] // 2)] = np.float32(0)
    return half


def _write(write: Any, path: Path, images: dict[str, Image]) -> None:
    knobs = write._knobs
    if knobs["file_type"]._get() != "exr":
        raise OpError(write._full_name(), "this emulator writes exr only")
    if knobs["create_directories"]._at():
        path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.is_dir():
        raise OpError(write._full_name(), f"Can't open {path}: No such file or directory")
    first = next(iter(images.values()))
    metadata = exr.kept_metadata(first.metadata, knobs["metadata"]._get())
    if knobs["write_hash"]._at():
        metadata["nuke/node_hash"] = f"{write._hash() & 0xFFFFFFFFFFFFFFFF:x}"
    aces = knobs["write_ACES_compliant_EXR"]._at()
    compression = "none" if aces else knobs["compression"]._get()
    half = aces or knobs["datatype"]._get() == "16 bit half"
    try:
        exr.write(path, images, half, compression, metadata, knobs["interleave"]._get())
    except (OSError, RuntimeError) as error:
        raise OpError(write._full_name(), f"Can't write {path}: {error}") from error


@api
def executing(f: float | None = None) -> bool:
    return bool(host().executing)


@api
def getRenderProgress() -> int:
    return int(host().progress)


@api
def cancel() -> None:
    """The user presses cancel: the frame that comes next is the last."""
    host().cancel_at = len(host().rendered)
