"""Writes frames of one input of a SparkVSR node as raw EXR: from a worker, one frame at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nuke

from sparkvsr_nuke.core import BridgeError

from .main_thread import on_main_thread
from .preserved import preserved

_CANCELLED = "Cancelled"  # how Nuke's RuntimeError begins when the person stopped the render


class ExportCancelledError(Exception):
    """The person stopped the export; what was written of the frame at hand is removed."""


class Exporter:
    """Renders frames through a Write that exists only meanwhile; made by `exporting`."""

    def __init__(self, group: str, write: str, pattern: str, view: str) -> None:
        self._group, self._write = group, write
        self._pattern, self._view = pattern, view

    def export(self, frame: int) -> Path:
        """Write one frame; from any thread.

        Raises:
            BridgeError: the node is gone, something above it fails, or Nuke cannot write; names
                the frame.
            ExportCancelledError: the person stopped it.
        """
        path = Path(self._pattern % frame)
        try:
            on_main_thread(lambda: self._render(frame))
        except BaseException:
            path.unlink(missing_ok=True)  # Nuke finishes the frame at hand with black in it
            raise
        return path

    def _render(self, frame: int) -> None:
        if nuke.executing():
            raise BridgeError("Nuke is rendering already.", "Wait until it has finished.")
        write = _found(f"{self._group}.{self._write}")
        try:
            with preserved():
                nuke.execute(write, frame, frame, 1, [self._view])
        except RuntimeError as error:
            if str(error).startswith(_CANCELLED):
                raise ExportCancelledError(f"Frame {frame} was not written: {error}.") from error
            raise BridgeError(
                f"Frame {frame} of {self._group} could not be rendered: {error}",
                "Repair what feeds that input, then try again.",
            ) from error


@contextmanager
def exporting(
    group: str, source: str, pattern: str, *, half: bool, view: str
) -> Iterator[Exporter]:
    """An exporter of what a node inside of the group gives; afterwards nothing of it is left.

    Args:
        group: full name of the SparkVSR node.
        source: `PlateExport` or `KeysExport`.
        pattern: of the files, with `%04d`.
        half: 16-bit half floats instead of 32-bit floats.
        view: the one that is written.

    Raises:
        BridgeError: the node is gone, or the input has no picture.
    """
    name = on_main_thread(lambda: _make_write(group, source, pattern, half))
    try:
        yield Exporter(group, name, pattern, view)
    finally:
        on_main_thread(lambda: _remove(f"{group}.{name}"))


def _make_write(group: str, source: str, pattern: str, half: bool) -> str:
    node, picture = _found(group), _found(f"{group}.{source}")  # names count from the current group
    if picture.treeHasError():
        raise BridgeError(
            f"Something above {group} fails, so its {source} cannot be written.",
            "Nuke marks the node with ERROR; repair it, then try again.",
        )
    with preserved(), node:
        write = nuke.nodes.Write()
        write.setInput(0, picture)
        # Studios change defaults, and the EXR knobs exist only once the type is known.
        write["file_type"].setValue("exr")
        settings: dict[str, Any] = {
            "file": pattern,
            "channels": "rgb",
            "raw": True,
            "create_directories": True,
            "datatype": "16 bit half" if half else "32 bit float",
            "compression": "Zip (1 scanline)",
            "autocrop": False,
            "metadata": "all metadata",
            "write_ACES_compliant_EXR": False,
            "use_limit": False,
        }
        for knob, value in settings.items():
            write[knob].setValue(value)
        return str(write.name())


def _remove(name: str) -> None:
    write = nuke.toNode(name)
    if write is not None:
        with preserved():
            nuke.delete(write)


def _found(name: str) -> Any:
    node = nuke.toNode(name)
    if node is None:
        raise BridgeError(f"The node {name} is gone.", "Undo its deletion, or start anew.")
    return node
