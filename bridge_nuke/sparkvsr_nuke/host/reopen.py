"""A node that is opened again: finds the result or the running job that it left behind."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import (
    FRESH,
    BridgeError,
    Owner,
    VersionFolder,
    find_node_folder,
    list_versions,
    owns,
    read_owner,
    remove_submission,
)

from . import node as nodes
from . import run as runs
from .agent import AGENT
from .freshness import judge, refresh
from .main_thread import NukeQuitsError, on_main_thread
from .restore import take_up
from .show import (
    Results,
    complete_versions,
    list_in_pulldown,
    listed_versions,
    show_version,
    shown_version,
)
from .status import set_status


def reopen(node: Any) -> None:
    """Look after a node of a script that was just opened; on the main thread, returns at once."""
    output, owner = nodes.read_settings(node).output, nodes.read_owner(node)
    if not (output and owner.uid):
        return
    alive = frozenset(n.fullName() for n in nodes.sparkvsr_nodes() if n["uid"].value() == owner.uid)

    def look() -> None:
        # A folder that is not mounted, a node that is deleted or busy by now: no news.
        with suppress(NukeQuitsError, BridgeError, ValueError):
            results = complete_versions(output, owner.uid)
            on_main_thread(lambda: _catch_up(node, results))
            unfinished = _unfinished(output, owner, alive)
            if unfinished is not None:
                _follow(node, unfinished)

    threading.Thread(target=look, name="sparkvsr-reopen", daemon=True).start()


def adopt_newest(node: Any) -> None:
    """Show the newest result that is what the node asks for, if the script was saved before it.

    So a script that was saved before its restoration ended renders the right pictures on a farm.
    On the main thread; reads the disk.
    """
    with suppress(BridgeError):  # what the script has saved is checked when it is rendered
        _adopt(node, complete_versions(nodes.read_settings(node).output, node["uid"].value()))


def _catch_up(node: Any, results: Results) -> None:
    with suppress(ValueError):  # deleted meanwhile
        with suppress(BridgeError):  # of a colour space that is not here: told when it is chosen
            _adopt(node, results)
        list_in_pulldown(node, results)
        refresh(node)


def _adopt(node: Any, results: Results) -> None:
    """One that the script's pulldown lists already was not chosen: it stays so."""
    shown, listed = shown_version(node), listed_versions(node)
    for version in sorted(results, key=lambda version: version.number, reverse=True):
        if version.name in listed or (shown and version.number <= shown.number):
            return
        if judge(node, results[version]).state == FRESH:
            show_version(node, version, results)
            return


def _unfinished(output: str, owner: Owner, alive: frozenset[str]) -> Optional[VersionFolder]:
    """What this very node submitted after its newest result; the newest of it."""
    folder = find_node_folder(Path(output), owner.uid)
    if folder is None or not owns(read_owner(folder), owner, alive):
        return None
    for version in reversed(list_versions(folder)):
        if version.record is not None:
            return None
        if version.submission is not None:
            return version
    return None


def _follow(node: Any, version: VersionFolder) -> None:
    """Take up what was submitted in an earlier session, or say what became of it."""
    submission = version.submission
    if submission is None:
        return
    try:
        found = AGENT.call("attach", output=submission.job["output"])
    except LinkError as error:
        _tell(node, f"{version.name} was being restored: {error.message} {error.hint}")
        return
    if found is None:  # by another user, or on another machine: not to be begun twice
        _tell(node, f"{version.name} was submitted elsewhere and has no result yet.")
    elif found["state"] in {"failed", "cancelled"}:
        remove_submission(version.path)
        _tell(node, f"{version.name} was not restored: {_why(found)}")
    else:
        on_main_thread(lambda: runs.start(node, lambda run: take_up(node, version, found, run)))


def _why(found: Mapping[str, Any]) -> str:
    if found["state"] == "cancelled":
        return "it was cancelled."
    error = found["events"][-1]
    return f"{error['message']} {error['hint']}".rstrip()


def _tell(node: Any, text: str) -> None:
    on_main_thread(lambda: set_status(node, text))
