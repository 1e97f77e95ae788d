"""Grades of the copy: the timeline's is never part of a picture, the clip's only of keyframes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import Capabilities, temporary_name

from .duplicate import Duplicate
from .timelines import until_found

if TYPE_CHECKING:
    from fusionscript.fusionscript import Graph

_LOCAL: Literal[0] = 0  # type of a version; 1 is remote


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
    _leave_remote_version(duplicate)
    for number, graph in enumerate(_layers(duplicate), 1):
        _reset(duplicate, f"layer {number} of the clip", graph)
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


def _leave_remote_version(duplicate: Duplicate) -> None:
    """A remote version is the grade of every clip of the same media, the user's own included: it
    must not be reset. A local one is the copy's alone.
    """

    def current() -> tuple[str, int]:
        found = duplicate.desk.asked("the clip's version", duplicate.item.GetCurrentVersion)
        return str(found["versionName"]), int(found["versionType"])

    if current()[1] == _LOCAL:
        return
    name = temporary_name("grade")
    duplicate.desk.change(
        "give the copy of the clip a grade of its own",
        lambda: duplicate.item.AddVersion(name, _LOCAL),
        lambda: current() == (name, _LOCAL),
    )


def _layers(duplicate: Duplicate) -> Iterator[Graph]:
    """The graphs of the clip's node stack, until there are no more: a clip may have fewer than the
    project allows, but it has the first.
    """
    yield duplicate.desk.asked("the clip's grade", lambda: duplicate.item.GetNodeGraph(1))
    for layer in itertools.count(2):
        found = until_found(duplicate.desk, partial(_layer, duplicate, layer))
        if found is None:
            return
        yield found


def _layer(duplicate: Duplicate, layer: int) -> Optional[Graph]:
    return duplicate.item.GetNodeGraph(layer)


def _reset(duplicate: Duplicate, whose: str, graph: Graph) -> None:
    """What a graph holds cannot be read back: True was said, and one node is left."""
    said = []
    duplicate.desk.change(
        f"reset the grade of {whose} on the copy",
        lambda: said.append(graph.ResetAllGrades()),
        lambda: bool(said[-1]) and (graph.GetNumNodes() or 0) <= 1,
    )
