"""What a node gets its pictures from, across the borders of Groups."""

from __future__ import annotations

from typing import Any

import nuke

from .node import is_sparkvsr


def sources(node: Any) -> list[Any]:
    """The nodes right above: of an Input those that feed its Group, of a Group its Outputs.

    A SparkVSR node counts as one node, without its interior.
    """
    if node.Class() == "Input":
        return _connected([node.parent().input(int(node["number"].value()))])
    if isinstance(node, nuke.Group) and not (is_sparkvsr(node) or node["disable"].value()):
        return [inside for inside in node.nodes() if inside.Class() == "Output"]
    return _connected([node.input(index) for index in range(node.inputs())])


def all_above(node: Any) -> list[Any]:
    """Every node that a node gets its pictures from, itself first."""
    found = {node.fullName(): node}
    waiting = [node]
    while waiting:
        for source in sources(waiting.pop()):
            if found.setdefault(source.fullName(), source) is source:
                waiting.append(source)
    return list(found.values())


def _connected(inputs: list[Any]) -> list[Any]:
    return [node for node in inputs if node is not None]
