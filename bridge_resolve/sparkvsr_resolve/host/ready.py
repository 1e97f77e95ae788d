"""What must hold before any work begins, each with its own sentence."""

from __future__ import annotations

from pathlib import Path

from sparkvsr_resolve.core import (
    BridgeError,
    Capabilities,
    ScriptLock,
    check_edition,
    is_temporary,
    says_studio,
)

from .desk import Desk
from .newer import is_studio

_UNTITLED = "Untitled Project"  # and a number, when there are several


def check_ready(desk: Desk, capabilities: Capabilities, folder: Path) -> None:
    """Refuse to begin where Resolve would do nothing of what it is asked, or would lose it.

    Args:
        folder: of the lock. This process must not hold it: it is taken and given back.

    Raises:
        BridgeError: what is in the way, and what to do about it; the first such thing.
    """
    check_studio(desk, capabilities)
    project = desk.project
    name = desk.asked("the name of the project", project.GetName)
    if name.startswith(_UNTITLED):
        raise BridgeError(
            f"The project `{name}` was never saved.", "Save it under a name, then try again."
        )
    if project.IsRenderingInProgress():
        raise BridgeError(
            "Resolve is rendering.", "Wait until it has finished, or stop it; then try again."
        )
    if not desk.resolve.GetCurrentPage():
        raise BridgeError(
            "Resolve shows a dialog or the Project Manager, and does nothing until it is closed.",
            "Close it, then try again.",
        )
    timeline = desk.asked("the name of the timeline", desk.timeline.GetName)
    if is_temporary(timeline):
        raise BridgeError(
            f"`{timeline}` is a timeline that SparkVSR made for the time being.",
            "Open your own timeline, and let SparkVSR clean up.",
        )
    ScriptLock.take(folder).release()


def check_studio(desk: Desk, capabilities: Capabilities) -> None:
    """Refuse the free edition.

    Raises:
        BridgeError: it is not Studio.
    """
    product = desk.asked("its name", desk.resolve.GetProductName)
    studio = is_studio(desk.resolve) if capabilities.can("edition") else None
    check_edition(product, says_studio(product) if studio is None else bool(studio))
