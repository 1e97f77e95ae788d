"""What SparkVSR does when Nuke tells that something happened.

Nuke stops at the first callback that raises, those of other tools included: none of these does, but
the one that refuses a render.
"""

from __future__ import annotations

import atexit
import functools
import traceback
from collections.abc import Callable

import nuke

from sparkvsr_nuke.core import BridgeError

from . import run as runs
from .freshness import refresh, refresh_where_moved
from .node import is_sparkvsr, sparkvsr_nodes
from .prepare import remove_unsubmitted
from .preview import (
    forget_preview,
    forget_previews,
    hide_preview,
    hide_previews,
    slider_moved,
)
from .render_check import refuse_stale
from .reopen import adopt_newest, reopen
from .show import being_set, choose_version
from .status import set_status
from .tree import limited

_CHANGES_PIXELS = frozenset(
    {
        *("inputChange", "keyframe_list", "range", "custom_first", "custom_last", "upscale"),
        *("guidance", "grade", "pin", "engine", "working_space", "exchange_space", "view"),
        *("overscan", "plate_depth"),
    }
)
_ANSWERED = _CHANGES_PIXELS | {"version", "preview_ready"}


def register() -> None:
    """Once a session; again does no harm.

    The unpaid editions let Python reach ten nodes: callbacks that look at every Group of a script
    would use them up, so there are none.
    """
    nuke.addKnobChanged(_on_knob, nodeClass="Group")
    nuke.addOnScriptLoad(_on_load)
    nuke.addOnScriptSave(_hide_previews)
    nuke.addOnScriptClose(_on_close)
    nuke.addBeforeRender(_on_render, nodeClass="Write")
    if not limited():
        nuke.addOnCreate(_on_create, nodeClass="Group")
        nuke.addOnDestroy(_on_destroy, nodeClass="Group")
        if nuke.GUI:
            nuke.addUpdateUI(_on_update, nodeClass="Group")
    atexit.unregister(_clean_up)
    atexit.register(_clean_up)


def _harmless(callback: Callable[[], None]) -> Callable[[], None]:
    @functools.wraps(callback)
    def call() -> None:
        try:
            callback()
        except Exception:
            nuke.tprint(traceback.format_exc())

    return call


@_harmless
def _on_knob() -> None:
    name = nuke.thisKnob().name()
    if being_set() or name not in _ANSWERED:
        return
    node = nuke.thisNode()
    if not is_sparkvsr(node):
        return
    if name == "preview_ready":  # not switched on here: it came from a script or the clipboard
        hide_preview(node)
        return
    if name == "version":
        try:
            choose_version(node)
        except BridgeError as error:
            set_status(node, f"{error.message} {error.hint}")
            return
    elif name == "guidance":
        slider_moved(node, nuke.frame())
    if runs.find_run(node) is None:  # else the status is the run's
        refresh(node)


@_harmless
def _on_update() -> None:
    node = nuke.thisNode()
    if not being_set() and is_sparkvsr(node) and runs.find_run(node) is None:
        refresh_where_moved(node)


@_harmless
def _on_create() -> None:
    """Loaded, pasted or brought back: what its last session showed is gone.

    Its uid stays: a pasted node gets one of its own when it restores.
    """
    node = nuke.thisNode()
    if is_sparkvsr(node):
        set_status(node, "")
        hide_preview(node)


@_harmless
def _on_destroy() -> None:
    node = nuke.thisNode()
    if is_sparkvsr(node):
        forget_preview(node)


@_harmless
def _hide_previews() -> None:
    hide_previews()


@_harmless
def _on_load() -> None:
    for node in sparkvsr_nodes():
        if nuke.GUI:
            reopen(node)
        else:
            adopt_newest(node)


@_harmless
def _on_close() -> None:
    for run in runs.all_runs():
        run.leave()
    _clean_up()


def _clean_up() -> None:
    forget_previews()
    remove_unsubmitted()


def _on_render() -> None:
    """Before a Write renders: previews are no results, and a stale result is refused on a farm."""
    write = nuke.thisNode()
    inside = write.parent()
    if inside is not None and is_sparkvsr(inside):
        return  # it is SparkVSR's own, of an export
    if nuke.GUI:
        _hide_previews()
    else:
        refuse_stale(write)
