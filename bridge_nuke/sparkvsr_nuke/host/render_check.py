"""Renders on a farm read results only: one that is missing or stale stops them with a sentence."""

from __future__ import annotations

import sys
from typing import Any

from sparkvsr_nuke.core import FRESH, STALE, FrameRange, check_sequence

from .freshness import judge
from .node import is_sparkvsr
from .show import read_record, shown_version
from .tree import limited
from .upstream import all_above


def refuse_stale(write: Any) -> None:
    """Check every SparkVSR node that a Write renders; as Nuke's `beforeRender` callback.

    It is called once for a Write and all frames of a render. Nodes that are disabled, do not show
    their result, or have `farm_check` off are left alone. The editions that count nodes are not
    checked.

    Raises:
        RuntimeError: a result is missing, incomplete or stale; ends the render.
    """
    if limited():
        return
    for node in all_above(write):
        if is_sparkvsr(node) and node["farm_check"].value() and _is_shown(node):
            _check(node)


def _is_shown(node: Any) -> bool:
    return bool(node["show_result"].value() and not node["disable"].value())


def _check(node: Any) -> None:
    version = shown_version(node)
    record = read_record(version) if version else None
    if version is None or record is None:
        what = f"its {version.name} is not on disk" if version else "it has no result"
        raise _refusal(node, f"{what}. Restore it and save the script, or run sparkvsr_batch.py")
    size = record.width, record.height
    faults = check_sequence(version.result, FrameRange(record.first, record.last), size)
    if faults:
        raise _refusal(node, f"{' '.join(faults)} Restore it again")
    verdict = judge(node, record)
    if verdict.state == STALE:
        raise _refusal(
            node,
            f"{version.name} is not what the script asks for. {verdict} Restore it again, or "
            "choose another version",
        )
    if verdict.state != FRESH:
        print(f"SparkVSR: {node.fullName()}: {verdict}", file=sys.stderr, flush=True)


def _refusal(node: Any, why: str) -> RuntimeError:
    return RuntimeError(
        f"{node.fullName()}: {why}; or switch its `farm check` off to render as it is."
    )
