"""A placed result looks as its clip does: Inspector, and the grade where it has none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from sparkvsr_resolve.core import Capabilities, inspector_of_result

from .desk import Desk
from .items import inspector_of

if TYPE_CHECKING:
    from fusionscript import TimelineItem
    from fusionscript.fusionscript import ColorGroup

_PASSES = 2  # a value may pull others along, as zoom does while it is ganged
_NEAR = 1e-4


def copy_inspector(desk: Desk, source: TimelineItem, result: TimelineItem) -> tuple[str, ...]:
    """Give a result the Inspector's values that its source has; what is wrong then, a sentence.

    Raises:
        BridgeError: nothing can be written to Resolve.
    """
    wanted = inspector_of_result(inspector_of(source))
    for _ in range(_PASSES):
        found = inspector_of(result)
        for key, value in wanted.items():
            if key in found and not _same(found[key], value):
                desk.gate()
                result.SetProperty(key, value)
    found = inspector_of(result)
    wrong = [key for key, value in wanted.items() if key in found and not _same(found[key], value)]
    if not found:
        return (
            "Resolve does not say what is in the result's Inspector: compare it with the clip.",
        )
    if wrong:
        return (f"In the Inspector set these of the result by hand: {', '.join(wrong)}.",)
    return ()


def find_blending(source: TimelineItem) -> tuple[str, ...]:
    """Why a clip still shows through a result above it; nothing when it does not."""
    found = inspector_of(source)
    if _same(found.get("Opacity", 100), 100) and _same(found.get("CompositeMode", 0), 0):
        return ()
    return (
        "The clip is blended with what is below it, and so is its result: disable the clip, or "
        "choose to replace it, so that it is not blended twice.",
    )


def copy_grade(
    desk: Desk, able: Capabilities, source: TimelineItem, result: TimelineItem
) -> tuple[str, ...]:
    """Give an ungraded result the grade and the colour group of its clip; what failed, a sentence.

    Raises:
        BridgeError: nothing can be written to Resolve.
    """
    desk.gate()
    copied = bool(source.CopyGrades([result]))
    if copied and able.can("item_graph"):
        copied = _nodes(source) == _nodes(result)
    if able.can("color_group"):
        group: Optional[ColorGroup] = source.GetColorGroup()
        if group is not None:
            result.AssignToColorGroup(group)
            now: Optional[ColorGroup] = result.GetColorGroup()
            copied = copied and now is not None and now.GetName() == group.GetName()
    if copied:
        return ()
    return ("The clip's grade could not be copied to the result: copy it on the Color page.",)


def _nodes(item: TimelineItem) -> Optional[int]:
    graph = item.GetNodeGraph(1)
    return graph.GetNumNodes() if graph is not None else None


def _same(found: Any, wanted: Any) -> bool:
    try:
        return abs(float(found) - float(wanted)) <= _NEAR
    except (TypeError, ValueError):
        return bool(found == wanted)
