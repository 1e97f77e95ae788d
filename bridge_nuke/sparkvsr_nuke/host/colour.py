"""Conversions between the artist's working space and the one in which pictures are exchanged.

The nodes are in the group already; hidden knobs of the group switch them on, so that a node which
never converts anything is never reached.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from sparkvsr_nuke.core import BridgeError

from .export import found
from .main_thread import on_main_thread
from .preserved import unrecorded

_IN, _OUT = "in_colorspace", "out_colorspace"
_MOST_NEAR = 3


def set_export_colour(group: str, working: str, exchange: str) -> None:
    """From now on plate and keyframes are converted before they are written; from any thread.

    Args:
        group: full name of the SparkVSR node.
        working: OpenColorIO name of the space that they are in.
        exchange: of the one they are written in; empty, or the same, converts nothing.

    Raises:
        BridgeError: Nuke's configuration lacks one of them; nothing is changed then.
    """
    spaces = {"working space": working, "exchange space": exchange}
    _switch(group, "export_converted", ("PlateColour", "KeysColour"), spaces)


def set_result_colour(group: str, working: str, exchange: str) -> None:
    """The result is converted back; arguments and errors are those of `set_export_colour`.

    They are those that the result was made with, whatever the knobs say now.
    """
    spaces = {"exchange space": exchange, "working space": working}
    _switch(group, "result_converted", ("ResultColour",), spaces)


def set_preview_colour(group: str, working: str, exchange: str) -> None:
    """The same of the preview, which may have been made with others than the result."""
    spaces = {"exchange space": exchange, "working space": working}
    _switch(group, "preview_converted", ("PreviewColour",), spaces)


def _switch(group: str, switch: str, names: tuple[str, ...], spaces: dict[str, str]) -> None:
    """Convert from the first space to the second in these nodes, or switch them off."""
    converts = bool(spaces["exchange space"]) and len(set(spaces.values())) > 1

    def change() -> None:
        with unrecorded():
            node = found(group)
            if converts:
                nodes = [found(f"{group}.{name}") for name in names]
                entries = [
                    _entry(nodes[0][knob], label, space)
                    for knob, (label, space) in zip((_IN, _OUT), spaces.items())  # noqa: B905
                ]
                for colour in nodes:
                    colour[_IN].setValue(entries[0])
                    colour[_OUT].setValue(entries[1])
            node[switch].setValue(converts)

    on_main_thread(change)


def _entry(knob: Any, label: str, space: str) -> str:
    """What to set a knob to for a space, which may be named by one of its aliases."""
    names: dict[str, str] = {}
    for entry in knob.values():
        first, *aliases = (part.strip() for part in re.split(r"[\t,]", entry))
        names[first] = first
        for alias in aliases:
            names.setdefault(alias, first)
    if space in names:
        return names[space]
    lower = {name.lower(): name for name in names}
    near = [lower[name] for name in get_close_matches(space.lower(), lower, _MOST_NEAR, 0.3)]
    raise BridgeError(
        f"The {label} `{space}` is not in Nuke's OpenColorIO configuration.",
        f"Near are: {', '.join(near)}." if near else "Choose one that Nuke's menus offer.",
    )
