"""Is the result that a node shows still that of its inputs and settings? Says so in its status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import nuke

from sparkvsr_nuke.core import (
    FRESH,
    STALE,
    UNSURE,
    BridgeError,
    ResultRecord,
    Stamp,
    Verdict,
    compare,
    make_stamp,
    parse_frames,
)

from .node import SESSION, read_range, read_settings, read_trees
from .show import shown_version
from .status import set_badge, set_status

_DOUBTS = ("Stale: ", "Perhaps stale: ")
_BADGES = {STALE: "is stale", UNSURE: "may be stale"}

_seen: dict[str, tuple[object, ...]] = {}  # by the node's full name
_records: dict[str, Optional[ResultRecord]] = {}  # by path: a record never changes


def judge(node: Any) -> Optional[Verdict]:
    """Compare what a node shows with what it asks for now; None where it shows no result.

    On the main thread. Hashes are those of the current frame.

    Raises:
        BridgeError: the range or the keyframes cannot be read.
    """
    record = _shown_record(node)
    if record is None:
        return None
    return compare(record.stamp, stamp_now(node))


def stamp_now(node: Any) -> Stamp:
    """What a restoration would be made from, as far as it can be told at the current frame."""
    settings = read_settings(node)
    keyframes = dict.fromkeys(parse_frames(settings.keyframes), ())
    frame = nuke.frame()
    plate = {frame: _hashes(node, "PlateColour")}
    hashes = {**keyframes, **({frame: _hashes(node, "KeysColour")} if frame in keyframes else {})}
    stamp = make_stamp(settings, read_range(node, settings), SESSION, plate, hashes)
    return replace(stamp, trees=read_trees(node))


def refresh(node: Any) -> None:
    """Bring status and badge up to date; what a run said stays until something is stale."""
    version = shown_version(node)
    try:
        verdict = judge(node)
    except BridgeError:  # said when Restore is pressed
        return
    if version is None or verdict is None:
        set_badge(node, "")
    elif verdict.state == FRESH:
        set_badge(node, version.name)
        if node["status"].value().startswith(_DOUBTS):
            set_status(node, "")
    else:
        set_badge(node, f"{version.name} {_BADGES[verdict.state]}")
        set_status(node, str(verdict))


def refresh_where_moved(node: Any) -> None:
    """`refresh`, if the inputs at the current frame have other hashes than the last time."""
    seen = nuke.frame(), _hashes(node, "PlateColour"), _hashes(node, "KeysColour")
    if _seen.get(node.fullName()) != seen:
        _seen[node.fullName()] = seen
        refresh(node)


def _shown_record(node: Any) -> Optional[ResultRecord]:
    version = shown_version(node)
    if version is None:
        return None
    key = version.path.as_posix()
    if _records.get(key) is None:
        try:
            _records[key] = version.record
        except BridgeError:
            _records[key] = None
    return _records[key]


def _hashes(node: Any, inside: str) -> tuple[int, ...]:
    return tuple(node.node(inside).opHashes())
