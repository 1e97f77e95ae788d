"""Colour versions of an item, its node graphs and its group."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .grades import Grade, GradeVersion, Node
from .model import Item
from .proxy import Proxy, read, write

if TYPE_CHECKING:
    from .graph_api import ColorGroup, Graph

CDL_KEYS = {"NodeIndex", "Slope", "Offset", "Power", "Saturation"}


class Versions(Proxy):
    _of: Item

    def _find(self, name: str, kind: int) -> int | None:
        found = enumerate(self._of.versions)
        return next((i for i, v in found if (v.name, v.kind) == (name, kind)), None)

    @read(blind=True)
    def GetCurrentVersion(self) -> dict[str, Any]:
        current = self._of.grade
        return {"versionName": current.name, "versionType": current.kind}

    @read(blind=True)
    def GetVersionNameList(self, versionType: int) -> list[str]:
        return [version.name for version in self._of.versions if version.kind == versionType]

    @write
    def AddVersion(self, versionName: str, versionType: int) -> bool:
        """A copy of the current grade, which becomes the current one."""
        known = self._find(versionName, versionType) is not None
        if not versionName or versionType not in (0, 1) or known:
            return False
        layers = copy.deepcopy(self._of.grade.layers)
        self._of.versions.append(GradeVersion(versionName, versionType, layers))
        self._of.version = len(self._of.versions) - 1
        return True

    @write
    def LoadVersionByName(self, versionName: str, versionType: int) -> bool:
        index = self._find(versionName, versionType)
        if index is None:
            return False
        self._of.version = index
        return True

    @write
    def RenameVersionByName(self, oldName: str, newName: str, versionType: int) -> bool:
        index = self._find(oldName, versionType)
        if index is None or not newName or self._find(newName, versionType) is not None:
            return False
        self._of.versions[index].name = newName
        return True

    @write
    def DeleteVersionByName(self, versionName: str, versionType: int) -> bool:
        """Not the loaded one."""
        index = self._find(versionName, versionType)
        if index is None or index == self._of.version:
            return False
        del self._of.versions[index]
        self._of.version -= index < self._of.version
        return True

    @read(since=(19,), blind=True)
    def GetNodeGraph(self, layerIdx: int = 1) -> Graph | None:
        """None for a while after the Color page was opened."""
        pages, wait = self._host.pages, self._host.profile.graph_settle or 0.0
        unsettled = pages.current == "color" and not pages.settled("color", wait)
        if unsettled or not 1 <= layerIdx <= len(self._of.grade.layers):
            return None
        return self._give("Graph", [self._of.grade.layers[layerIdx - 1], self._of])

    # The nodes of the first layer, as before 19.0; they are there still.

    @read(blind=True)
    def GetNumNodes(self) -> int:
        return len(self._of.grade.layers[0].nodes)

    def _node(self, index: int) -> Node | None:
        nodes = self._of.grade.layers[0].nodes
        return nodes[index - 1] if 1 <= index <= len(nodes) else None

    @read(blind=True)
    def GetNodeLabel(self, nodeIndex: int) -> str | None:
        node = self._node(nodeIndex)
        return node.label if node else None

    @read(blind=True)
    def GetLUT(self, nodeIndex: int) -> str | None:
        node = self._node(nodeIndex)
        return node.lut if node else None

    @write
    def SetLUT(self, nodeIndex: int, lutPath: str) -> bool:
        node = self._node(nodeIndex)
        if node is None or (lutPath and not lutPath.endswith(".cube")):
            return False
        node.lut = lutPath
        return True

    @write
    def SetCDL(self, cdlMap: dict[str, Any]) -> bool:
        """Values are texts; lists are taken, and the picture turns red."""
        index = str(cdlMap.get("NodeIndex"))
        node = self._node(int(index)) if index.isdecimal() else None
        if node is None or set(cdlMap) != CDL_KEYS:
            return False
        if not all(isinstance(cdlMap[key], str) for key in ("Slope", "Offset")):
            node.gain = (1.0, 0.0, 0.0)
            return True
        slope, offset = (tuple(map(float, cdlMap[key].split())) for key in ("Slope", "Offset"))
        if len(slope) != 3 or len(offset) != 3:
            return False
        node.gain, node.offset = slope, offset
        return True

    @write
    def CopyGrades(self, tgtTimelineItems: list[Any]) -> bool:
        """The current version's grade onto the current version of others."""
        targets = [item._of for item in tgtTimelineItems if isinstance(item, Versions)]
        if not targets or len(targets) != len(tgtTimelineItems):
            return False
        for target in targets:
            layers: list[Grade] = copy.deepcopy(self._of.grade.layers)
            target.grade.layers = layers
        return True

    @read(since=(19,), blind=True)
    def GetColorGroup(self) -> ColorGroup | None:
        return self._give("ColorGroup", self._of.group)

    @write(since=(19,))
    def AssignToColorGroup(self, colorGroup: ColorGroup) -> bool:
        if not colorGroup._alive():
            return False
        self._of.group = colorGroup._of
        return True

    @write(since=(19,))
    def RemoveFromColorGroup(self) -> bool:
        if self._of.group is None:
            return False
        self._of.group = None
        return True
