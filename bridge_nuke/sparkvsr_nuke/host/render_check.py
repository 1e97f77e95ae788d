"""Renders on a farm read results only: one that is missing or stale stops them with a sentence."""

from __future__ import annotations

import sys
from typing import Any

from sparkvsr_nuke.core import STALE, UNSURE, FrameRange, check_sequence

from .freshness import judge
from .node import sparkvsr_nodes
from .show import shown_version

_checked: set[str] = set()  # results whose files were looked at in this session


def refuse_stale(write: Any) -> None:
    """Check every SparkVSR node that a Write renders; as Nuke's `beforeRender` callback.

    Nodes that are disabled, do not show their result, or have `farm_check` off are left alone. The
    editions that count nodes are not checked.

    Raises:
        RuntimeError: a result is missing, incomplete or stale; ends the render.
    """
    above = _names_above(write)
    for node in sparkvsr_nodes():
        name = node.fullName()
        if not any(name == other or name.startswith(f"{other}.") for other in above):
            continue
        used = node["show_result"].value() and not node["disable"].value()
        if used and node["farm_check"].value():
            _check(node)


def _check(node: Any) -> None:
    version = shown_version(node)
    record = version.record if version else None
    if version is None or record is None:
        raise RuntimeError(
            f"{node.fullName()} has no result. Restore it and save the script, or run "
            "sparkvsr_batch.py on it first."
        )
    key = version.path.as_posix()
    if key not in _checked:
        size = record.width, record.height
        faults = check_sequence(version.result, FrameRange(record.first, record.last), size)
        if faults:
            raise RuntimeError(f"{node.fullName()}: {' '.join(faults)} Restore it again.")
        _checked.add(key)
    verdict = judge(node)
    if verdict is not None and verdict.state == STALE:
        raise RuntimeError(
            f"{node.fullName()}: {version.name} is not what the script asks for. {verdict} Restore "
            "it again; or choose a version and switch `farm check` off."
        )
    if verdict is not None and verdict.state == UNSURE:
        print(f"SparkVSR: {node.fullName()}: {verdict}", file=sys.stderr, flush=True)


def _names_above(write: Any) -> set[str]:
    """Full names of all nodes that feed a node, and of the groups around it."""
    found: set[str] = set()
    waiting = [write]
    while waiting:
        node = waiting.pop()
        name = node.fullName()
        if node.Class() == "Root" or name in found:
            continue
        found.add(name)
        waiting += [node.input(index) for index in range(node.inputs()) if node.input(index)]
        if node.parent() is not None:
            waiting.append(node.parent())
    return found
