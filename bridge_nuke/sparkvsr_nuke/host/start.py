"""What the bridge adds to Nuke when it starts. Adding it twice is adding it once."""

from __future__ import annotations

from functools import partial
from importlib import import_module

import nuke

from sparkvsr_nuke.core import BUTTONS, BridgeError

from . import callbacks
from .create import create_node
from .node import is_sparkvsr

MENU = "SparkVSR"
IN_THE_MENU = ("restore", "preview", "cancel", "free_gpu", "report")
"""The buttons that are entries of the menu, too."""


def in_every_session() -> None:
    """Callbacks, for farms too."""
    callbacks.register()


def in_the_gui() -> None:
    """The menu, and the entry of the toolbar, which Nuke's tab menu lists as well."""
    menu = nuke.menu("Nuke").addMenu(MENU)
    menu.addCommand("New SparkVSR node", new_node)
    for button in IN_THE_MENU:
        menu.addCommand(BUTTONS[button], partial(press_on_selected, button))
    nuke.menu("Nodes").addMenu(MENU).addCommand("SparkVSR", new_node)


def new_node() -> None:
    """Make a node; what goes wrong is a message."""
    try:
        create_node()
    except BridgeError as error:
        nuke.message(f"{error.message} {error.hint}")


def press_on_selected(button: str) -> None:
    """Press a button of the one SparkVSR node that is selected; say so when there is not one."""
    nodes = [node for node in nuke.selectedNodes("Group") if is_sparkvsr(node)]
    if len(nodes) != 1:
        nuke.message(
            f"{BUTTONS[button]} needs one selected SparkVSR node, and there are "
            f"{len(nodes) or 'none'}. Select one, then choose it again."
        )
        return
    # As the buttons of the node do it: a package that cannot be used is not imported, but answers.
    import_module("sparkvsr_nuke").press(nodes[0], button)
