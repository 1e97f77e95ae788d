"""The buttons beside the list of keyframes: edits of the artist's, each undone in one step.

On the main thread only. A press that changes nothing leaves no undo step and the script unmodified.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast

import nuke

from sparkvsr_nuke.core import BridgeError, parse_frames, print_frames
from sparkvsr_nuke.core.frames import MOST_FRAMES

if TYPE_CHECKING:  # at run time curves come from knobs, so that no module of theirs has to exist
    from nuke.curveknob import CurveKnob, Element, Layer, Shape, Stroke
    from nuke.curvelib import AnimAttributes

T = TypeVar("T")
_KEYFRAMES_INPUT = 1
_PAINTING = ("Roto", "RotoPaint")
_START_TO_FRAME, _SINGLE_FRAME, _FRAME_TO_END, _FRAME_RANGE = 1, 2, 3, 4  # 0: all frames
_FEW_NODES = 8
"""Unpaid editions let Python touch 10 nodes; this one and the rest of the bridge need theirs."""


def add_current(node: nuke.Group) -> tuple[int, ...]:
    """Put the current frame on the list of a SparkVSR node.

    Returns:
        What was added: one frame, or none when it was there.

    Raises:
        BridgeError: the list cannot be read.
    """
    return _add(node, {nuke.frame()}, "SparkVSR: add keyframe")


def add_painted(node: nuke.Group) -> tuple[int, ...]:
    """Put on the list what Roto and RotoPaint nodes above the `keyframes` input have painted.

    A stroke or shape with a lifetime of one frame or a range counts with these frames, every other
    one with the animation keys of its points while it lives. What is hidden or disabled does not.

    Returns:
        What was added, ascending; none when all of it was there.

    Raises:
        BridgeError: the list cannot be read; nothing could be read above the input; or this edition
            of Nuke lets Python look at too few nodes.
    """
    painted = {frame for above in _all_above(node) for frame in _or_nothing(_painted_by, above)}
    if not painted:
        raise BridgeError(
            "No roto or paint keys could be read above the keyframes input.",
            "Write the frames into the list by hand, such as `1001 1010-1020x5`.",
        )
    return _add(node, painted, "SparkVSR: add painted keyframes")


def clear(node: nuke.Group) -> None:
    """Empty the list of a SparkVSR node, whatever stands in it."""
    knob = node["keyframe_list"]
    if knob.value().strip():
        with nuke.Undo("SparkVSR: clear keyframes"):
            knob.setValue("")


def _add(node: nuke.Group, frames: set[int], step: str) -> tuple[int, ...]:
    knob = node["keyframe_list"]
    listed = set(parse_frames(knob.value()))
    if not frames <= listed:
        with nuke.Undo(step):
            knob.setValue(print_frames(listed | frames))
    return tuple(sorted(frames - listed))


def _all_above(group: nuke.Group) -> set[nuke.Node]:
    """All nodes that feed the keyframes input; not the insides of groups."""
    unpaid = nuke.env["nc"] or nuke.env["indie"]
    found: set[nuke.Node] = set()
    todo = [group.input(_KEYFRAMES_INPUT)]
    try:
        while todo:
            node = todo.pop()
            if node is None or node in found:
                continue
            if unpaid and len(found) == _FEW_NODES:
                raise _too_many()
            found.add(node)
            todo += [node.input(index) for index in range(node.inputs())]
    except RuntimeError as error:  # the nodes count from the start of the session
        if unpaid:
            raise _too_many() from error
        raise
    return found


def _too_many() -> BridgeError:
    return BridgeError(
        "This edition of Nuke lets Python look at 10 nodes only, and more than that feed the "
        "keyframes input or were looked at before.",
        "Write the frames into the list by hand, such as `1001 1010-1020x5`.",
    )


def _or_nothing(read: Callable[[T], set[int]], source: T) -> set[int]:
    """Frames that can be read: not every version answers for every kind of curve."""
    try:
        return read(source)
    except Exception:
        return set()


def _painted_by(node: nuke.Node) -> set[int]:
    if node.Class() not in _PAINTING or node["disable"].value():
        return set()
    return _frames_of(cast("CurveKnob", node["curves"]).rootLayer)


def _frames_of(element: Element) -> set[int]:
    if type(element).__name__ == "Layer":
        return set().union(*(_or_nothing(_shown, part) for part in cast("Layer", element)))
    return _own_frames(cast("Union[Shape, Stroke]", element))


def _shown(element: Element) -> set[int]:
    return {frame for frame in _frames_of(element) if element.getVisible(frame)}


def _own_frames(element: Union[Shape, Stroke]) -> set[int]:
    """Of a shape or stroke: its lifetime when that has two ends, else its keys within it."""
    first, last = _lifetime(element.getAttributes())
    if last - first < MOST_FRAMES:
        return set(range(round(first), round(last) + 1))
    # Points of a shape have a centre and tangents; those of a stroke are what a centre is.
    points: list[Any] = [getattr(point, "center", point) for point in element]
    times = [time for point in points for time in point.getControlPointKeyTimes()]
    return {round(time) for time in times if first <= time <= last}


def _lifetime(attributes: AnimAttributes) -> tuple[float, float]:
    """First and last frame, infinite where there is no end."""

    def value(name: str) -> float:
        return attributes.getValue(0, name)  # type: ignore[call-arg]  # the view may be left out

    kind = round(value(attributes.kLifeTimeTypeAttribute))
    start, end = value(attributes.kLifeTimeNAttribute), value(attributes.kLifeTimeMAttribute)
    first = start if kind in (_SINGLE_FRAME, _FRAME_TO_END, _FRAME_RANGE) else -math.inf
    last = {_SINGLE_FRAME: start, _START_TO_FRAME: end, _FRAME_RANGE: end}.get(kind, math.inf)
    return first, last
