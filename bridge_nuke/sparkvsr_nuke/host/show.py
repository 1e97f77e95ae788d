"""Which result a node shows: its hidden knobs and the pulldown of versions follow a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import nuke

from sparkvsr_nuke.core import (
    NO_VERSION,
    BridgeError,
    ResultRecord,
    VersionFolder,
    find_node_folder,
    list_versions,
)

from .colour import set_result_colour
from .node import read_settings
from .preserved import unrecorded

_busy = False  # the main thread's: knobs are being set here, which callbacks need not answer


def being_set() -> bool:
    """Whether the knobs that change at this moment are changed by this module."""
    return _busy


@contextmanager
def setting() -> Iterator[None]:
    """For changes of hidden knobs: without undo steps, without answers of callbacks."""
    global _busy
    was, _busy = _busy, True
    try:
        with unrecorded():
            yield
    finally:
        _busy = was


def complete_versions(output: str, uid: str) -> tuple[VersionFolder, ...]:
    """The versions of a node that have a whole result, oldest first; reads the disk.

    Raises:
        BridgeError: a folder cannot be read.
    """
    folder = find_node_folder(Path(output), uid) if output and uid else None
    return tuple(v for v in list_versions(folder) if _has_record(v)) if folder else ()


def show_version(node: Any, version: VersionFolder) -> bool:
    """Make a node give a complete version; on the main thread.

    The script counts as modified afterwards, since it is: closed without being saved it would show
    what it showed before.

    Returns:
        False when the node is gone.

    Raises:
        BridgeError: the version has no result, or its colour space is not in Nuke's configuration.
    """
    record = version.record
    if record is None:
        raise BridgeError(f"{version.path} has no complete result.", "Choose another version.")
    versions = list_versions(version.path.parent)
    try:
        set_result_colour(
            node.fullName(),
            str(record.stamp.settings.get("Working space") or ""),
            str(record.stamp.settings.get("Exchange space") or ""),
        )
        with setting():
            _fill(node, version, record)
            _list(node, [v.name for v in versions if _has_record(v)], version.name)
    except ValueError:  # deleted meanwhile
        return False
    nuke.root().setModified(True)
    return True


def show_nothing(node: Any) -> None:
    """Make a node give its plate."""
    with setting():
        node["result_ready"].setValue(False)
    nuke.root().setModified(True)


def choose_version(node: Any) -> None:
    """Follow the pulldown of versions; on the main thread, reads the disk.

    Raises:
        BridgeError: what was chosen has no result on disk; the pulldown is set back.
    """
    name, shown = node["version"].value(), shown_version(node)
    if name == NO_VERSION:
        show_nothing(node)
        return
    versions = complete_versions(read_settings(node).output, node["uid"].value())
    chosen = next((version for version in versions if version.name == name), None)
    if chosen is None:
        with setting():
            node["version"].setValue(shown.name if shown else NO_VERSION)
        raise BridgeError(
            f"{name} of {node.name()} has no result on disk.",
            "Choose another version, or press Restore.",
        )
    show_version(node, chosen)


def list_in_pulldown(node: Any, versions: tuple[VersionFolder, ...]) -> None:
    """Offer versions that were found on disk; what is chosen stays."""
    with setting():
        _list(node, [version.name for version in versions], node["version"].value())


def shown_version(node: Any) -> Optional[VersionFolder]:
    """The version that a node gives at present; None for its plate."""
    if not node["result_ready"].value():
        return None
    path = Path(node["result_file"].value()).parent.parent
    return VersionFolder(path, int(path.name[1:]))


def _fill(node: Any, version: VersionFolder, record: ResultRecord) -> None:
    node["result_ready"].setValue(False)  # nothing is read while half of these are set
    node["preview_ready"].setValue(False)
    node["result_file"].setValue(version.result.as_posix())
    node["result_first"].setValue(record.first)
    node["result_last"].setValue(record.last)
    for index, value in enumerate(record.window):
        node["result_window"].setValue(value, index)
    node["result_ready"].setValue(True)


def _list(node: Any, names: list[str], chosen: str) -> None:
    knob = node["version"]
    knob.setValues([NO_VERSION, *sorted({*names, *([] if chosen == NO_VERSION else [chosen])})])
    knob.setValue(chosen)


def _has_record(version: VersionFolder) -> bool:
    try:
        return version.record is not None
    except BridgeError:  # damaged: not offered
        return False
