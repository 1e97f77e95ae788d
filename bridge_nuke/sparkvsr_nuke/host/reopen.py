"""A node that is opened again: finds the result or the running job that it left behind."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import (
    FRESH,
    BridgeError,
    VersionFolder,
    compare,
    find_node_folder,
    list_versions,
)

from . import run as runs
from .agent import AGENT
from .freshness import refresh, stamp_now
from .main_thread import NukeQuitsError, on_main_thread
from .node import read_settings
from .restore import take_up
from .show import complete_versions, list_in_pulldown, show_version, shown_version
from .status import set_status


def reopen(node: Any) -> None:
    """Look after a node of a script that was just opened; on the main thread, returns at once."""
    output, uid = read_settings(node).output, node["uid"].value()
    if not (output and uid):
        return

    def look() -> None:
        with suppress(NukeQuitsError, BridgeError):  # a folder that is not mounted: no news
            complete = complete_versions(output, uid)
            unfinished = _unfinished(output, uid)
            on_main_thread(lambda: _catch_up(node, complete))
            if unfinished is not None:
                _take_up(node, unfinished)

    threading.Thread(target=look, name="sparkvsr-reopen", daemon=True).start()


def adopt_newest(node: Any) -> None:
    """Show the newest result, if it is newer than the one shown and is what the node asks for now.

    So a script that was saved before its restoration ended renders the right pictures on a farm.
    On the main thread; reads the disk.
    """
    _adopt(node, complete_versions(read_settings(node).output, node["uid"].value()))


def _catch_up(node: Any, complete: tuple[VersionFolder, ...]) -> None:
    with suppress(ValueError):  # deleted meanwhile
        list_in_pulldown(node, complete)
        _adopt(node, complete)
        refresh(node)


def _adopt(node: Any, complete: tuple[VersionFolder, ...]) -> None:
    shown = shown_version(node)
    newest = complete[-1] if complete else None
    if newest is None or newest.number <= (shown.number if shown else 0):
        return
    record = newest.record
    if record is not None and compare(record.stamp, stamp_now(node)).state == FRESH:
        show_version(node, newest)


def _unfinished(output: str, uid: str) -> Optional[VersionFolder]:
    """The newest version, where it was submitted and has no result yet."""
    folder = find_node_folder(Path(output), uid)
    versions = list_versions(folder) if folder else ()
    if versions and versions[-1].submission is not None and versions[-1].record is None:
        return versions[-1]
    return None


def _take_up(node: Any, version: VersionFolder) -> None:
    submission = version.submission
    if submission is None:
        return
    try:
        found = AGENT.call("attach", output=submission.job["output"])
    except LinkError as error:
        text = f"{version.name} was being restored: {error.message}"
        on_main_thread(lambda: set_status(node, text))
        return
    if found is None:  # by another user, or on another machine: not to be begun twice
        text = f"{version.name} was submitted elsewhere and has no result yet."
        on_main_thread(lambda: set_status(node, text))
        return
    on_main_thread(lambda: runs.start(node, lambda run: take_up(node, version, found, run)))
