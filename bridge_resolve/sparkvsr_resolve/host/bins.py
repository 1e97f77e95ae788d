"""Bins of the media pool: ours, and the one that is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Optional

from .desk import Desk
from .items import uid_of
from .undo import Undo

if TYPE_CHECKING:
    from fusionscript import Folder, MediaPool

TOP_BIN = "SparkVSR"
"""In the root of the media pool; it holds a bin for every timeline."""

_NOT_IN_NAMES = re.compile(r"[:/\\]+")  # Resolve refuses them in names


def find_or_make_bin(desk: Desk, pool: MediaPool, timeline: str, undo: Undo) -> Folder:
    """The bin `SparkVSR/<timeline>`.

    Args:
        timeline: its name.
        undo: takes away what was made, if it is still empty then.

    Raises:
        BridgeError: it cannot be made.
    """
    folder: Folder = desk.asked("the media pool's root bin", pool.GetRootFolder)
    for name in (TOP_BIN, _NOT_IN_NAMES.sub("-", timeline).strip() or "Timeline"):
        folder = _inside(desk, pool, folder, name, undo)
    return folder


@contextmanager
def open_bin(desk: Desk, pool: MediaPool, folder: Folder) -> Iterator[None]:
    """Open a bin, which imports go into; afterwards the user's is open again."""
    with kept_bin(desk, pool):
        _open(desk, pool, folder, uid_of(desk, folder))
        yield


@contextmanager
def kept_bin(desk: Desk, pool: MediaPool) -> Iterator[None]:
    """Whichever bin is opened meanwhile, the user's is open afterwards."""
    users = desk.asked("which bin is open", pool.GetCurrentFolder)
    uid = uid_of(desk, users)
    with Undo(desk, always=True) as back:
        back.later("the open bin", lambda: _open(desk, pool, users, uid))
        yield


def _open(desk: Desk, pool: MediaPool, folder: Folder, uid: str) -> None:
    if _current(pool) != uid:
        desk.change(
            f"open the bin `{folder.GetName()}`",
            lambda: pool.SetCurrentFolder(folder),
            lambda: _current(pool) == uid,
        )


def _current(pool: MediaPool) -> str:
    folder: Optional[Folder] = pool.GetCurrentFolder()
    return folder.GetUniqueId() if folder is not None else ""


def _inside(desk: Desk, pool: MediaPool, folder: Folder, name: str, undo: Undo) -> Folder:
    if _child(folder, name) is None:
        undo.later(f"the bin `{name}`", lambda: _remove_empty(desk, pool, folder, name))
        desk.change(
            f"make the bin `{name}`",
            lambda: pool.AddSubFolder(folder, name),
            lambda: _child(folder, name) is not None,
        )
    return desk.asked(f"where the bin `{name}` is", lambda: _child(folder, name))


def _child(folder: Folder, name: str) -> Optional[Folder]:
    inner = folder.GetSubFolderList() or ()
    return next((child for child in inner if child.GetName() == name), None)


def _remove_empty(desk: Desk, pool: MediaPool, folder: Folder, name: str) -> None:
    child = _child(folder, name)
    if child is None or child.GetClipList() or child.GetSubFolderList():
        return
    desk.change(
        f"remove the bin `{name}`",
        lambda: pool.DeleteFolders([child]),
        lambda: _child(folder, name) is None,
    )
