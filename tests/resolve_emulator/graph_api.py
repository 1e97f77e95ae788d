"""Node graphs and colour groups."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .grades import Grade, Node
from .proxy import Proxy, read, write

if TYPE_CHECKING:
    from .timeline_api import Timeline


class Graph(Proxy):
    """`_of` is the grade, and the item whose it is, if any. Nodes count from 1.

    Nothing tells whether a node is enabled.
    """

    def _grade(self) -> Grade:
        found: Grade = self._of[0]
        return found

    def _alive(self) -> bool:
        owner = self._of[1:]
        return not owner or bool(self._give("TimelineItem", owner[0])._alive())

    def _node(self, index: int) -> Node | None:
        nodes = self._grade().nodes
        return nodes[index - 1] if 1 <= index <= len(nodes) else None

    @read(blind=True)
    def GetNumNodes(self) -> int:
        return len(self._grade().nodes)

    @read(blind=True)
    def GetNodeLabel(self, nodeIndex: int) -> str | None:
        node = self._node(nodeIndex)
        return node.label if node else None

    @read(blind=True)
    def GetToolsInNode(self, nodeIndex: int) -> list[str] | None:
        node = self._node(nodeIndex)
        return list(node.tools) or None if node else None

    @read(blind=True)
    def GetLUT(self, nodeIndex: int) -> str | None:
        node = self._node(nodeIndex)
        return node.lut if node else None

    @write
    def SetLUT(self, nodeIndex: int, lutPath: str) -> bool:
        node = self._node(nodeIndex)
        if node is None or (lutPath and Path(lutPath).suffix != ".cube"):
            return False
        node.lut = lutPath
        return True

    @write
    def SetNodeEnabled(self, nodeIndex: int, isEnabled: bool) -> bool:
        node = self._node(nodeIndex)
        if node is None:
            return False
        node.enabled = isEnabled
        return True

    @write
    def ResetAllGrades(self) -> bool:
        self._grade().reset()
        return True


class ColorGroup(Proxy):
    def _alive(self) -> bool:
        return self._of in self._host.project.groups

    @read
    def GetName(self) -> str:
        return str(self._of.name)

    @read
    def GetClipsInTimeline(self, timeline: Timeline | None = None) -> list[Any]:
        found = timeline._of if timeline else self._host.project.current
        items = found.all_items() if found else []
        return self._give_all("TimelineItem", [item for item in items if item.group is self._of])

    @read
    def GetPreClipNodeGraph(self) -> Graph:
        return self._give("Graph", [self._of.pre])

    @read
    def GetPostClipNodeGraph(self) -> Graph:
        return self._give("Graph", [self._of.post])
