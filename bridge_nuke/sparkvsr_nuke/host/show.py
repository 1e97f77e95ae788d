"""Which result a node shows: its hidden knobs and the pulldown of versions follow a record.

Records never change, so what was read once is kept: on the main thread of a Nuke with a window the
disk is touched for a person's click only.
"""

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
from .status import set_status

Results = dict[VersionFolder, ResultRecord]
"""Complete versions of a node, oldest first."""

_records: dict[Path, Optional[ResultRecord]] = {}  # by folder; None where there is none to be used
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


def complete_versions(output: str, uid: str) -> Results:
    """The versions of a node that have a whole result; reads the disk.

    Raises:
        BridgeError: a folder cannot be read.
    """
    folder = find_node_folder(Path(output), uid) if output and uid else None
    return results_in(folder) if folder else {}


def read_record(version: VersionFolder) -> Optional[ResultRecord]:
    """What a version is, as it is now on the disk; None where it has no result to be used."""
    try:
        record = version.record
    except BridgeError:  # damaged
        record = None
    _records[version.path] = record
    return record


def is_known(version: VersionFolder) -> bool:
    """Whether `shown_record` can tell of it without the disk."""
    return version.path in _records


def shown_record(node: Any) -> Optional[ResultRecord]:
    """What the result is that a node gives at present, as far as that was read."""
    version = shown_version(node)
    return _records.get(version.path) if version else None


def show_version(node: Any, version: VersionFolder, results: Optional[Results] = None) -> bool:
    """Make a node give a complete version; on the main thread.

    The script counts as modified afterwards, since it is: closed without being saved it would show
    what it showed before.

    Args:
        results: all that can be chosen, this one among them; read from the disk if not given.

    Returns:
        False when the node is gone.

    Raises:
        BridgeError: the version has no result, or its colour space is not in Nuke's configuration.
    """
    found = results_in(version.path.parent) if results is None else results
    record = found.get(version)
    if record is None:
        raise BridgeError(f"{version.path} has no complete result.", "Choose another version.")
    try:
        set_result_colour(
            node.fullName(),
            str(record.stamp.settings.get("Working space") or ""),
            str(record.stamp.settings.get("Exchange space") or ""),
        )
        with setting():
            _fill(node, version, record)
            _list(node, found, version.name)
    except ValueError:  # deleted meanwhile
        return False
    nuke.root().setModified(True)
    return True


def choose_version(node: Any) -> None:
    """Follow the pulldown of versions; on the main thread, reads the disk.

    Raises:
        BridgeError: what was chosen cannot be shown; the pulldown is set back.
    """
    name, shown = node["version"].value(), shown_version(node)
    try:
        if name == NO_VERSION:
            with setting():
                node["result_ready"].setValue(False)
        else:
            _show_by_name(node, name)
    except BridgeError:
        with setting():
            node["version"].setValue(shown.name if shown else NO_VERSION)
        raise
    set_status(node, "")  # it was about another one


def _show_by_name(node: Any, name: str) -> None:
    results = complete_versions(read_settings(node).output, node["uid"].value())
    chosen = next((version for version in results if version.name == name), None)
    if chosen is None:
        raise BridgeError(
            f"{name} of {node.name()} has no result on disk.",
            "Choose another version, or press Restore.",
        )
    show_version(node, chosen, results)


def list_in_pulldown(node: Any, results: Results) -> None:
    """Offer versions that were found on disk; what is chosen stays."""
    with setting():
        _list(node, results, node["version"].value())


def listed_versions(node: Any) -> frozenset[str]:
    """Names of the versions that the node knew when somebody last looked."""
    return frozenset(node["version"].values())


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


def _list(node: Any, results: Results, chosen: str) -> None:
    knob = node["version"]
    names = {version.name for version in results} | ({chosen} - {NO_VERSION})
    knob.setValues([NO_VERSION, *sorted(names, key=lambda name: int(name[1:]))])
    knob.setValue(chosen)


def results_in(folder: Path) -> Results:
    found = ((version, read_record(version)) for version in list_versions(folder))
    return {version: record for version, record in found if record is not None}
