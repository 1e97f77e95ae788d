"""Is the result that a node shows still that of its inputs and settings? Says so in its status.

Digests of all knobs above a node cost time. So they are taken only where something else differs:
the settings, or Nuke's hashes of the pictures at the current frame since they were last seen there.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import nuke

from sparkvsr_nuke.core import (
    FRESH,
    NO_VERSION,
    STALE,
    UNSURE,
    BridgeError,
    ResultRecord,
    Stamp,
    Verdict,
    VersionFolder,
    compare,
    make_stamp,
    parse_frames,
)

from .main_thread import NukeQuitsError, on_main_thread
from .node import SESSION, read_range, read_settings, read_trees
from .show import choose_version, is_known, read_record, shown_record, shown_version
from .status import set_badge, set_status

_DOUBTS = ("Stale: ", "Perhaps stale: ")
_BADGES = {STALE: "is stale", UNSURE: "may be stale"}
_Pictures = tuple[tuple[int, ...], tuple[int, ...]]  # hashes of plate and keyframes at a frame


@dataclass
class _Seen:
    """A node at the last update of Nuke's window, and its pictures at all frames since."""

    knobs: object = None
    pictures: dict[int, _Pictures] = field(default_factory=dict)


_seen: dict[str, _Seen] = {}  # by the node's full name; the main thread's, as is the next
_being_read: set[VersionFolder] = set()


def judge(node: Any, record: ResultRecord) -> Verdict:
    """Compare a result with what its node asks for now.

    On the main thread. Hashes are those of the current frame.
    """
    before = record.stamp
    try:
        now = stamp_now(node)
    except BridgeError as error:  # once it could be restored
        return Verdict(STALE, (error.message,))
    blind = replace(now, plate={}, keyframes=dict.fromkeys(now.keyframes, ()))
    verdict = compare(before, now if before.session == SESSION else blind)
    if verdict.state == STALE:
        return verdict
    return compare(before, replace(now, trees=read_trees(node)))


def stamp_now(node: Any) -> Stamp:
    """What a restoration would be made from, as far as hashes of the current frame tell it.

    Raises:
        BridgeError: an input is not connected; the range or the keyframes cannot be read.
    """
    for index, name in enumerate(("plate", "keyframes")):
        if node.input(index) is None:
            raise BridgeError(f"Nothing is connected to the input `{name}`.")
    settings = read_settings(node)
    frame, (plate, key) = nuke.frame(), _pictures(node)
    keyframes = {f: key if f == frame else () for f in parse_frames(settings.keyframes)}
    return make_stamp(settings, read_range(node, settings), SESSION, {frame: plate}, keyframes)


def refresh(node: Any) -> None:
    """Bring status and badge up to date; what a run said stays until something is stale.

    On the main thread. A result that nobody has read yet is read first, in a thread.
    """
    _look(node)
    version, record = shown_version(node), shown_record(node)
    if version is not None and not is_known(version):
        if nuke.GUI:
            _read_first(node, version)
            return
        record = read_record(version)
    verdict = judge(node, record) if record is not None else Verdict(FRESH)
    if version is None:
        set_badge(node, "")
    else:
        set_badge(node, f"{version.name} {_BADGES.get(verdict.state, '')}".rstrip())
    if verdict.state != FRESH:
        set_status(node, str(verdict))
    elif node["status"].value().startswith(_DOUBTS):
        set_status(node, "")


def refresh_where_moved(node: Any) -> None:
    """`refresh`, if settings or pictures are not what they were when this was called last."""
    shown = shown_version(node)
    if node["version"].value() != (shown.name if shown else NO_VERSION):  # an undone choice
        try:
            choose_version(node)
        except BridgeError as error:
            set_status(node, f"{error.message} {error.hint}")
    if _look(node):
        refresh(node)


def _look(node: Any) -> bool:
    """Remember what a node is like; whether it differs from what is remembered."""
    seen = _seen.setdefault(node.fullName(), _Seen())
    settings = read_settings(node)
    frame_range: object = None
    with suppress(BridgeError):
        frame_range = read_range(node, settings)
    knobs = shown_version(node), settings, frame_range
    frame, pictures = nuke.frame(), _pictures(node)
    if seen.knobs != knobs:
        seen.knobs, seen.pictures = knobs, {frame: pictures}
        return True
    before = seen.pictures.get(frame) or _when_restored(node, frame, pictures)
    seen.pictures[frame] = pictures
    return before != pictures


def _when_restored(node: Any, frame: int, now: _Pictures) -> _Pictures:
    """The pictures that the result was made from, where they can be compared with those of now."""
    record = shown_record(node)
    if record is None or record.stamp.session != SESSION:
        return now
    plate, key = record.stamp.plate.get(frame), record.stamp.keyframes.get(frame)
    return plate or now[0], key or now[1]


def _pictures(node: Any) -> _Pictures:
    plate, keys = (tuple(node.node(f"{name}Colour").opHashes()) for name in ("Plate", "Keys"))
    return plate, keys


def _read_first(node: Any, version: VersionFolder) -> None:
    """Read what a version is, without holding up the main thread; then `refresh`."""
    if version in _being_read:
        return
    _being_read.add(version)

    def read() -> None:
        read_record(version)
        with suppress(NukeQuitsError):
            on_main_thread(tell)

    def tell() -> None:
        _being_read.discard(version)
        with suppress(ValueError):  # deleted meanwhile
            refresh(node)

    threading.Thread(target=read, name="sparkvsr-record", daemon=True).start()
