"""Makes a SparkVSR node as the artist makes any node."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Union

import nuke

from sparkvsr_nuke.core import (
    BridgeError,
    FrameRange,
    NodeSettings,
    find_problems,
    group_text,
    new_uid,
)


def create_node() -> nuke.Group:
    """A new node in the current group: selected, its panel open, one undo step.

    Its plate is the selected node when exactly one is selected. On the main thread only.

    Raises:
        BridgeError: the temporary folder cannot be written, or Nuke refuses the node.
    """
    selected = len(nuke.selectedNodes())
    with nuke.Undo("Create SparkVSR"):
        node = _paste()
        if selected > 1:
            node.setInput(0, None)  # Nuke took one of them
        for knob, value in _first_values(node).items():
            node[knob].setValue(value)
    node.showControlPanel()
    return node


def _paste() -> nuke.Group:
    try:
        with TemporaryDirectory(prefix="sparkvsr-") as folder:
            file = Path(folder) / "node.nk"
            file.write_bytes(group_text().encode("utf-8"))  # as bytes: no line ends of Windows
            node = nuke.nodePaste(file.as_posix())
        if not isinstance(node, nuke.Group):
            raise RuntimeError("Nuke pasted no Group")
    except (OSError, RuntimeError) as error:
        raise BridgeError(
            f"The SparkVSR node could not be made: {error}.",
            "Remove the cause, then take what was made back with Undo and try again.",
        ) from error
    return node


def _first_values(node: nuke.Group) -> dict[str, Union[str, int]]:
    root, views = nuke.root(), nuke.views()
    plate = node.upstreamFrameRange(0)
    if plate is None:
        first, last = root.firstFrame(), root.lastFrame()
    else:
        first, last = plate.first(), plate.last()
    return {
        "uid": new_uid(),
        "view": "main" if "main" in views else views[0],
        "output": _output_folder(root.name()),
        "custom_first": first,
        "custom_last": last,
    }


def _output_folder(script: str) -> str:
    """A folder beside the script; none while it is not saved or stands where it cannot be used."""
    folder = str(PurePosixPath(script.replace("\\", "/")).parent / "sparkvsr")
    valid = NodeSettings(keyframes="1", output=folder)
    return "" if find_problems(valid, FrameRange(1, 1), [valid.view]) else folder
