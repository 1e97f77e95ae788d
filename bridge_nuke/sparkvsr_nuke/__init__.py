"""SparkVSR inside Nuke. Stdlib only, Python 3.9 syntax: it runs in the Python of Nuke 14 to 16."""

from __future__ import annotations

from typing import Any


def press(node: Any, button: str) -> None:
    """What the buttons of a SparkVSR node call; `button` is one of `core.BUTTONS`."""
    from .host import buttons  # `nuke` exists inside of Nuke only

    buttons.press(node, button)
