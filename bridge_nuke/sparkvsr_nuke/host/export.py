"""Frames of one input of a SparkVSR node: looked at, and written as raw EXR, one at a time.

All of it may be called from a worker; what touches nodes happens on the main thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import nuke

from sparkvsr_nuke.core import BridgeError, Look, RenderError, Window

from .main_thread import on_main_thread
from .preserved import preserved
from .tree import limited

_CANCELLED = "Cancelled"  # how Nuke's RuntimeError begins when the person stopped the render
_INPUTS = {"PlateColour": "plate", "KeysColour": "keyframes"}  # in the order of the group's inputs

# Studios change defaults, and versions of Nuke differ in knobs and entries: whatever decides about
# pixels, names or files is set, where it exists.
_PLAIN: dict[str, Any] = {
    "channels": "rgb",
    "raw": True,
    "premultiplied": False,
    "create_directories": True,
    "use_limit": False,
    "frame": "",
    "reading": False,
    "autocrop": False,
    "truncateChannelNames": False,
    "write_full_layer_names": False,
    "write_ACES_compliant_EXR": False,
    "beforeRender": "",
    "beforeFrameRender": "",
    "afterFrameRender": "",
    "afterRender": "",
}
# Entries by their patterns, the first that there is.
_CHOICES = {
    "compression": ("Zip (1*", "Zip*", "none"),  # none that loses anything
    "metadata": ("all metadata", "default metadata"),
    "interleave": ("channels, layers and views",),
    "frame_mode": ("expression",),
}


class ExportCancelledError(Exception):
    """The person stopped the export; what was written of the frame at hand is removed."""


class Exporter:
    """Renders frames through a Write that exists only meanwhile; made by `exporting`."""

    def __init__(self, group: Any, write: str, pattern: str, view: str) -> None:
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
        _refuse_while_rendering()
        group = name_of(self._group)
        write = found(f"{group}.{self._write}")
        try:
            with preserved():
                nuke.execute(write, frame, frame, 1, [self._view])
        except RuntimeError as error:
            if str(error).startswith(_CANCELLED):
                raise ExportCancelledError(f"Frame {frame} was not written: {error}.") from error
            raise RenderError(
                f"Frame {frame} of {group} could not be rendered: {error}",
                "Repair what feeds that input, then try again.",
            ) from error


def look(group: Any, source: str, frame: int) -> Look:
    """What an input of the group is at a frame, before it is cut to the window.

    Args:
        group: the SparkVSR node; may be renamed meanwhile.
        source: `PlateColour` or `KeysColour`.

    Raises:
        BridgeError: the node is gone, nothing is connected, something above it fails, or Nuke
            renders for itself; names the frame, and the node where it can be found.
    """
    return on_main_thread(lambda: _look(group, source, frame))


@contextmanager
def exporting(
    group: Any, source: str, pattern: str, *, half: bool, view: str, window: Window
) -> Iterator[Exporter]:
    """An exporter of what a node inside of the group gives; afterwards nothing of it is left.

    Args:
        group: the SparkVSR node; may be renamed meanwhile.
        source: `PlateExport` or `KeysExport`.
        pattern: of the files, with `%04d`.
        half: 16-bit half floats instead of 32-bit floats.
        view: the one that is written.
        window: what is written, in pixels of the plate; of a larger keyframe the same place.

    Raises:
        BridgeError: the node is gone, or this version of Nuke cannot write what is needed.
    """
    name = on_main_thread(lambda: _make_write(group, source, pattern, half, window))
    try:
        yield Exporter(group, name, pattern, view)
    finally:
        on_main_thread(lambda: _remove(group, name))


def name_of(group: Any) -> str:
    """The full name of a SparkVSR node at this moment; on the main thread.

    Raises:
        BridgeError: it was deleted.
    """
    try:
        return str(group.fullName())
    except ValueError as error:
        raise BridgeError(
            "The SparkVSR node was deleted while it was at work.",
            "Undo its deletion, then press the button again.",
        ) from error


def found(name: str) -> Any:
    """The node with this full name, counted from the current group.

    Raises:
        BridgeError: there is none.
    """
    node = nuke.toNode(name)
    if node is None:
        raise BridgeError(f"The node {name} is gone.", "Undo its deletion, or start anew.")
    return node


def _refuse_while_rendering() -> None:
    if nuke.executing():
        raise BridgeError("Nuke is rendering already.", "Wait until it has finished.")


def _look(node: Any, source: str, frame: int) -> Look:
    _refuse_while_rendering()
    group = name_of(node)
    picture = found(f"{group}.{source}")
    what = _INPUTS[source]
    above = node.input(list(_INPUTS).index(source))
    if above is None:
        raise BridgeError(
            f"Nothing is connected to the input `{what}` of {group}.", "Connect it, then try again."
        )
    with preserved():
        nuke.frame(frame)
        if picture.treeHasError():
            raise RenderError(
                f"{_failing(above, picture)} fails at frame {frame}, so the input `{what}` of "
                f"{group} has no picture there.",
                "Nuke marks the node with ERROR; repair it, then try again.",
            )
        form, box = picture.format(), picture.bbox()
        return Look(
            hashes=tuple(picture.opHashes()),
            width=form.width(),
            height=form.height(),
            pixel_aspect=form.pixelAspect(),
            bbox=Window(int(box.x()), int(box.y()), int(box.x() + box.w()), int(box.y() + box.h())),
        )


def _failing(above: Any, picture: Any) -> str:
    """The first node that fails, of those that lead to a picture with an error."""
    if limited():
        return "A node above"
    node = above if above.treeHasError() else picture
    while True:
        failing = [source for source in node.dependencies(nuke.INPUTS) if source.treeHasError()]
        if not failing:
            return f"The node {node.fullName()}"
        node = failing[0]


def _make_write(node: Any, source: str, pattern: str, half: bool, window: Window) -> str:
    picture = found(f"{name_of(node)}.{source}")
    with preserved(), node:
        node["export_window"].setValue(list(window))
        write = nuke.nodes.Write()
        try:
            write.setInput(0, picture)
            _set_up(write, pattern, half)
        except BaseException:
            nuke.delete(write)
            raise
        return str(write.name())


def _set_up(write: Any, pattern: str, half: bool) -> None:
    write["file_type"].setValue("exr")  # only then are there the knobs of EXR
    write["file"].setValue(pattern)
    knobs = write.knobs()
    for name, value in _PLAIN.items():
        if name in knobs:
            knobs[name].setValue(value)
    depth = ("16 bit half",) if half else ("32 bit float",)
    for name, patterns in {"datatype": depth, **_CHOICES}.items():
        if name in knobs:
            _choose(knobs[name], patterns)


def _choose(knob: Any, patterns: tuple[str, ...]) -> None:
    entries = knob.values()
    for pattern in patterns:
        for entry in entries:
            if fnmatchcase(entry, pattern):
                knob.setValue(entry)
                return
    raise BridgeError(
        f"This version of Nuke writes EXR with {knob.name()} {', '.join(entries)} only; SparkVSR "
        f"needs {' or '.join(patterns)}.",
        "Use a version of Nuke that SparkVSR supports.",
    )


def _remove(node: Any, name: str) -> None:
    with suppress(ValueError):  # the node was deleted, and all in it
        write = node.node(name)
        if write is not None:
            with preserved():
                nuke.delete(write)
