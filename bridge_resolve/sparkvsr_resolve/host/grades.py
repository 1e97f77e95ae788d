"""Grades of the copy: the timeline's is never part of a picture, the clip's only of keyframes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities

from .duplicate import Duplicate

if TYPE_CHECKING:
    from fusionscript.fusionscript import Graph


def check_resettable(abilities: Capabilities) -> None:
    """Refuse a Resolve that cannot take the grade from a clip.

    Raises:
        BridgeError: it cannot, so that no ungraded picture can be rendered.
    """
    if not abilities.can("item_graph"):
        raise BridgeError(
            "This version of Resolve cannot reset the grade of a clip from a script, so the "
            "ungraded clip cannot be rendered.",
            "Set the base to the source file, or use Resolve 19 or later.",
        )


def reset_timeline_grade(duplicate: Duplicate, abilities: Capabilities) -> tuple[str, ...]:
    """Reset what is applied again to the placed result.

    Returns:
        A warning where this Resolve cannot.

    Raises:
        BridgeError: it refuses to.
    """
    if not abilities.can("timeline_graph"):
        return (
            "This version of Resolve cannot reset the grade of a timeline: if yours has one, it is "
            "part of the result and will be applied twice.",
        )
    graph = duplicate.desk.asked("the timeline's grade", duplicate.timeline.GetNodeGraph)
    _reset(duplicate, "the timeline", graph)
    return ()


def reset_clip_grades(duplicate: Duplicate, abilities: Capabilities) -> tuple[str, ...]:
    """Reset all layers of the clip's grade, and take it out of its colour group.

    Returns:
        A warning where this Resolve cannot do the latter.

    Raises:
        BridgeError: it refuses to.
    """
    check_resettable(abilities)
    desk = duplicate.desk
    for layer in range(1, int(desk.project.GetSetting("nodeStackLayers") or 1) + 1):
        graph = _layer(duplicate, layer)
        if graph is not None:
            _reset(duplicate, f"layer {layer} of the clip", graph)
    if not abilities.can("color_group"):
        return (
            "This version of Resolve cannot take a clip out of its colour group: the grade of a "
            "group is part of the base.",
        )
    desk.change(
        "take the clip out of its colour group on the copy",
        lambda: duplicate.item.RemoveFromColorGroup(),
        lambda: duplicate.item.GetColorGroup() is None,
    )
    return ()


def _layer(duplicate: Duplicate, layer: int) -> Optional[Graph]:
    """Clips may have fewer layers than the project allows, but all have the first."""
    try:
        return duplicate.desk.asked("the clip's grade", lambda: duplicate.item.GetNodeGraph(layer))
    except BridgeError:
        if layer == 1:
            raise
        return None


def _reset(duplicate: Duplicate, whose: str, graph: Graph) -> None:
    """What a graph holds cannot be read back: True was said, and one node is left."""
    said = []
    duplicate.desk.change(
        f"reset the grade of {whose} on the copy",
        lambda: said.append(graph.ResetAllGrades()),
        lambda: bool(said[-1]) and (graph.GetNumNodes() or 0) <= 1,
    )
