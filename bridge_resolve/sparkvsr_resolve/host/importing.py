"""A result becomes a clip of the media pool.

Which way of importing works depends on version and settings, and a file that is in the pool already
is not given again. So what came is found by its path, whichever way brought it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import media_fps, print_fps

from .bins import find_or_make_bin, kept_bin, open_bin
from .desk import Desk
from .items import uid_of
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import Folder, ImportClipInfo, MediaPool, MediaPoolItem
    from fusionscript.fusionscript import MediaPoolItemInfo

_SETTLE_S = 10.0  # until Resolve knows how many frames a clip has
_SHOW_S = 1.0  # until an imported clip is listed
_NUMBERS = re.compile(r"\[\d+-\d+\]")  # as Resolve writes those of a sequence
_PATTERN = re.compile(r"%\d*d")

Form = Callable[[], object]


@dataclass(frozen=True)
class Result:
    """What was restored, as a file.

    Attributes:
        path: of the movie, or the pattern of the sequence, such as `/r/sh010_v001.%08d.exr`.
        frames: how many.
        fps: exact.
        first: number of the sequence's first file; movies do not use it.
    """

    path: str
    frames: int
    fps: Fraction
    first: int = 0

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def first_file(self) -> str:
        """The movie, or the first picture."""
        return self.path % self.first if _PATTERN.search(self.name) else self.path


def import_result(desk: Desk, result: Result, timeline: str, undo: Undo) -> MediaPoolItem:
    """Import a result into the bin `SparkVSR/<timeline>`; one that is in the pool already stays
    where it is. The user's bin is open afterwards.

    Args:
        timeline: its name.
        undo: takes away what was imported, and bins that were made.

    Raises:
        BridgeError: it cannot be imported, or not with all of its frames and at its rate.
    """
    pool = desk.pool
    with kept_bin(desk, pool):
        folder = find_or_make_bin(desk, pool, timeline, undo)
        clip = find_clip(folder, result.path)
        if clip is None:
            with open_bin(desk, pool, folder):
                clip = _import_into(desk, pool, folder, result, undo)
    if not _has_all_frames(desk, clip, result):
        raise BridgeError(
            f"In Resolve {result.name} has {_count(clip) or 'no'} frames, and not {result.frames}.",
            f"Look at the clip in the media pool, and at {result.first_file}.",
        )
    _set_rate(desk, clip, result)
    return clip


def find_clip(folder: Folder, path: str) -> Optional[MediaPoolItem]:
    """The clip of a file in a bin; None when there is none.

    Args:
        path: of a movie, or pattern of a sequence.
    """
    clips: list[MediaPoolItem] = folder.GetClipList() or []
    return next((clip for clip in clips if is_media(clip, path)), None)


def is_media(clip: MediaPoolItem, path: str) -> bool:
    """Whether a clip of the pool is of a movie or sequence."""
    shown: Any = clip.GetClipProperty("File Path")
    if not isinstance(shown, str) or not shown:
        return False
    file, wanted = Path(shown), Path(path)
    return file.parent == wanted.parent and (
        _NUMBERS.sub("%", file.name) == _PATTERN.sub("%", wanted.name)
    )


def _import_into(
    desk: Desk, pool: MediaPool, folder: Folder, result: Result, undo: Undo
) -> MediaPoolItem:
    """In the open bin, by the first way that brings it whole."""
    before = frozenset(uid_of(desk, clip) for clip in folder.GetClipList() or ())
    undo.later(f"the clip {result.name}", lambda: _remove_new(desk, pool, folder, before, result))
    short: Optional[MediaPoolItem] = None
    for form in _forms(desk, pool, result):
        if short is not None:  # pictures by themselves, for instance
            _remove_new(desk, pool, folder, before, result)
        desk.gate()
        form()
        desk.wait_until(lambda: bool(_new(desk, folder, before, result)), _SHOW_S)
        clip = find_clip(folder, result.path)
        if clip is not None and _has_all_frames(desk, clip, result):
            return clip
        short = clip or next(iter(_new(desk, folder, before, result)), None)
    elsewhere = (find_clip(inner, result.path) for inner in _all_bins(pool.GetRootFolder()))
    found = next((clip for clip in elsewhere if clip is not None), short)
    if found is None:
        raise BridgeError(
            f"Resolve does not import {result.first_file}.",
            "See whether its folder is in Preferences > System > Media Storage; import it by hand, "
            "or set another kind of output.",
        )
    return found


def _forms(desk: Desk, pool: MediaPool, result: Result) -> list[Form]:
    """The ways to import, best first. Lists of paths work nearly everywhere."""
    storage = desk.asked("its media storage", desk.resolve.GetMediaStorage)
    file = result.first_file
    if file == result.path:
        return [lambda: pool.ImportMedia([file]), lambda: storage.AddItemListToMediaPool([file])]
    last = result.first + result.frames - 1
    numbered = {"FilePath": result.path, "StartIndex": result.first, "EndIndex": last}
    stored = {"media": file, "startFrame": result.first, "endFrame": last}
    return [
        lambda: pool.ImportMedia([cast("ImportClipInfo", numbered)]),
        lambda: pool.ImportMedia([file]),
        lambda: storage.AddItemListToMediaPool([cast("MediaPoolItemInfo", stored)]),
        lambda: storage.AddItemListToMediaPool([str(Path(file).parent)]),
    ]


def _all_bins(folder: Optional[Folder]) -> Iterator[Folder]:
    if folder is not None:
        yield folder
        for inner in folder.GetSubFolderList() or ():
            yield from _all_bins(inner)


def _new(desk: Desk, folder: Folder, before: frozenset[str], result: Result) -> list[MediaPoolItem]:
    """What came into a bin from the result's folder, whole or in pieces."""
    home = Path(result.path).parent
    return [
        clip
        for clip in folder.GetClipList() or ()
        if uid_of(desk, clip) not in before
        and Path(str(clip.GetClipProperty("File Path"))).parent == home
    ]


def _remove_new(
    desk: Desk, pool: MediaPool, folder: Folder, before: frozenset[str], result: Result
) -> None:
    if _new(desk, folder, before, result):
        desk.change(
            f"remove {result.name} from the media pool",
            lambda: pool.DeleteClips(_new(desk, folder, before, result)),
            lambda: not _new(desk, folder, before, result),
        )


def _has_all_frames(desk: Desk, clip: MediaPoolItem, result: Result) -> bool:
    return desk.wait_until(lambda: _count(clip) == result.frames, _SETTLE_S)


def _count(clip: MediaPoolItem) -> int:
    """Frames of a clip; 0 when Resolve does not know them yet."""
    text = str(clip.GetClipProperty("Frames"))
    return int(text) if text.isdecimal() else 0


def _set_rate(desk: Desk, clip: MediaPoolItem, result: Result) -> None:
    """A sequence does not always say its own, and Resolve then takes the project's."""

    def is_right() -> bool:
        return media_fps(cast("Any", clip.GetClipProperty("FPS"))) == result.fps

    if not is_right():
        rate = print_fps(result.fps)
        desk.change(
            f"take {result.name} for {rate} frames a second",
            lambda: clip.SetClipProperty("FPS", rate),
            is_right,
            hint="Set the rate in the clip's attributes, then try again.",
        )
