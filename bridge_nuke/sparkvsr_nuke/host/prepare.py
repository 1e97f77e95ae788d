"""Everything a job needs on disk: looks at all frames, then exports those that are new.

A node has one version at a time that is being prepared. Previews use it, and a restoration submits
it; then it is never written again. A frame that an earlier version of this session holds with equal
hashes is not rendered again: its file is linked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import nuke

from sparkvsr_nuke.core import (
    Look,
    Phase,
    Submission,
    VersionFolder,
    Window,
    check_formats,
    check_keyframes,
    claim,
    find_window,
    frame_file,
    job_object,
    make_stamp,
    make_version,
    parse_frames,
    remove_abandoned,
    remove_submission,
    remove_version,
    write_submission,
)

from .colour import set_export_colour
from .export import exporting, look, name_of
from .main_thread import on_main_thread
from .node import SESSION, Request
from .run import Run
from .show import setting

_Made = tuple[Any, ...]
"""All that decides over the pixels of an exported frame."""


@dataclass(frozen=True)
class Prepared:
    """A version that is ready to be submitted."""

    version: VersionFolder
    submission: Submission


@dataclass(frozen=True)
class _Input:
    """One of the node's inputs during an export."""

    source: str
    phase: Phase
    pattern: Path
    looks: dict[int, Look]
    half: bool


_lock = threading.Lock()  # of claims, for copies of a node have one uid, and of the next
_open: dict[Path, VersionFolder] = {}  # by node folder: what is being prepared
_files: dict[tuple[Path, str, int], tuple[_Made, Path]] = {}  # by node folder, input and frame


def prepare(node: Any, request: Request, run: Run) -> Prepared:
    """Look, claim, export; from any thread.

    A node that was pasted has a uid of its own from then on.

    Raises:
        BridgeError: an input fails, formats do not fit, a folder cannot be written.
        RunCancelledError, RunLeftError, ExportCancelledError: as `Run.check`.
    """
    settings, frame_range = request.settings, request.frame_range
    keyframes = parse_frames(settings.keyframes)
    spaces = settings.working_space, settings.exchange_space
    on_main_thread(lambda: set_export_colour(name_of(node), *spaces))
    frames = range(frame_range.first, frame_range.last + 1)
    run.enter(Phase.CHECKING, len(frames) + len(keyframes))
    plate = _look(node, "PlateColour", frames, run, 0)
    keys = _look(node, "KeysColour", keyframes, run, len(frames))
    check_formats(plate)
    window = find_window(plate.values(), settings.overscan)
    check_keyframes(plate, keys, window)

    version = _claim(node, request)
    half = settings.plate_depth == "half"
    for side in (
        _Input("PlateExport", Phase.EXPORTING_PLATE, version.plate, plate, half),
        _Input("KeysExport", Phase.EXPORTING_KEYS, version.keys, keys, half=False),
    ):
        run.enter(side.phase, len(side.looks))
        _export(node, side, request, window, run)
    stamp = make_stamp(
        settings,
        frame_range,
        SESSION,
        {frame: found.hashes for frame, found in plate.items()},
        {frame: found.hashes for frame, found in keys.items()},
    )
    job = job_object(settings, frame_range, version)
    submission = Submission(job, replace(stamp, trees=request.trees), window)
    return Prepared(version, submission)


def submit(prepared: Prepared) -> None:
    """Remember the job of a version on disk, and write nothing to it any more."""
    with _lock:
        _open.pop(prepared.version.path.parent, None)
    write_submission(prepared.version.path, prepared.submission)


def withdraw(version: VersionFolder) -> None:
    """Forget the job of a version without a complete result.

    The next run may use what was exported for it, unless restored pictures lie in it.
    """
    if version.record is not None:
        return
    remove_submission(version.path)
    if not any(version.result.parent.glob("*")):
        with _lock:
            _open.setdefault(version.path.parent, version)


def remove_unsubmitted() -> None:
    """Remove what was exported and never submitted, as when the session ends."""
    with _lock:
        for version in _open.values():
            remove_version(version)
        _open.clear()


def _claim(node: Any, request: Request) -> VersionFolder:
    """The version that is being prepared in the folder of this node."""
    with _lock:
        claimed = claim(Path(request.settings.output), request.owner, request.alive)
        remove_abandoned(claimed.folder, {version.path for version in _open.values()})
        version = _open.get(claimed.folder)
        if version is None or not version.path.is_dir():
            version = _open[claimed.folder] = make_version(claimed.folder)
    if claimed.uid != request.owner.uid:
        on_main_thread(lambda: _take_uid(node, claimed.uid))
    return version


def _take_uid(node: Any, uid: str) -> None:
    """No step of the artist's, who could take it back; but to be saved, or the folder is lost."""
    name_of(node)
    with setting():
        node["uid"].setValue(uid)
    nuke.root().setModified(True)


def _look(node: Any, source: str, frames: Sequence[int], run: Run, already: int) -> dict[int, Look]:
    found = {}
    for count, frame in enumerate(frames, already + 1):
        run.check()
        found[frame] = look(node, source, frame)
        run.step(count)
    return found


def _export(node: Any, side: _Input, request: Request, window: Window, run: Run) -> None:
    """Make every frame of one input be there, by link where its pixels are known."""
    settings, folder = request.settings, side.pattern.parents[2]
    shared = (window, side.half, settings.view, settings.working_space, settings.exchange_space)
    missing = []
    for frame, found in side.looks.items():
        made: _Made = (found, *shared)
        path = frame_file(side.pattern, frame)
        if not _have(_files.get((folder, side.source, frame)), made, path):
            missing.append((frame, made, path))
        else:
            _files[folder, side.source, frame] = (made, path)
    _remove_others(side)
    done = len(side.looks) - len(missing)
    run.step(done)
    if not missing:
        return
    with exporting(
        node, side.source, str(side.pattern), half=side.half, view=settings.view, window=window
    ) as exporter:
        for frame, made, path in missing:
            run.check()
            path.unlink(missing_ok=True)  # it may share its pixels with another version
            exporter.export(frame)
            _files[folder, side.source, frame] = (made, path)
            done += 1
            run.step(done)


def _have(known: Optional[tuple[_Made, Path]], made: _Made, path: Path) -> bool:
    """Whether the file is there with these pixels, now that it was linked if it can be."""
    if known is None or known[0] != made or not known[1].is_file():
        return False
    if known[1] == path:
        return True
    try:
        path.unlink(missing_ok=True)
        os.link(known[1], path)
    except OSError:  # a disk without links: it is exported again
        return False
    return True


def _remove_others(side: _Input) -> None:
    """Frames of an earlier preparation that are not asked for now."""
    wanted = {frame_file(side.pattern, frame) for frame in side.looks}
    for path in side.pattern.parent.iterdir():
        if path not in wanted:
            path.unlink()
