"""What host code may call on any node. A deleted node answers with ValueError."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from . import script
from .formats import Format, FrameRange, Info
from .host import api_class, host
from .knobs import Knob
from .nodes import NodeBase


@api_class
class Node(NodeBase):
    """A node of any class."""

    def __getitem__(self, name: str) -> Knob:
        self._guard(name)
        if name not in self._knobs:
            raise NameError(f"knob {name} does not exist")
        return self._knobs[name]

    def Class(self) -> str:
        return self._class

    def name(self) -> str:
        return self._name()

    def fullName(self) -> str:
        return self._full_name()

    def setName(self, name: str, uncollide: bool = True, updateExpressions: bool = False) -> None:
        if not uncollide and self._free_name(name) != name:
            raise ValueError(f"there is a node with the name {name} already")
        self._knobs["name"]._put(name)

    def parent(self) -> Any:
        return self._parent

    def knob(self, p: str, follow_link: bool = False) -> Knob | None:
        return self._knobs.get(p)

    def knobs(self) -> dict[str, Knob]:
        return dict(self._knobs)

    def allKnobs(self) -> list[Knob]:
        return list(self._knobs.values())

    def addKnob(self, knob: Knob) -> None:
        if knob._name in self._knobs:
            raise ValueError(f"{self._full_name()} has a knob {knob._name} already")
        self._add_user_knob(knob)

    def removeKnob(self, knob: Knob) -> None:
        if not knob._user:
            raise ValueError(f"{knob._name} is not a user knob")
        del self._knobs[knob._name]
        self._record(f"Remove {knob._name}", lambda: self._knobs.update({knob._name: knob}))

    def input(self, index: int) -> Any:
        return self._inputs[index] if index < len(self._inputs) else None

    def inputs(self) -> int:
        return len(self._inputs)

    def maxInputs(self) -> int:
        return self._max_inputs()

    def setInput(self, i: int, node: Any) -> bool:
        """False when there is no such input or a loop would be made."""
        if i < 0 or i >= self._max_inputs():
            return False
        if node is not None and (node is self or node._reaches(self)):
            return False
        self._connect(i, node)
        return True

    def connectInput(self, i: int, node: Any) -> bool:
        return Node.setInput(self, i, node)

    def canSetInput(self, i: int, node: Any) -> bool:
        return i < self._max_inputs() and not (node is self or node._reaches(self))

    def dependencies(self, mask: int = 0) -> list[Any]:
        return [node for node in self._inputs if node is not None]

    def dependent(self, mask: int = 0, forceEvaluate: bool = True) -> list[Any]:
        return [node for node in self._parent._children if self in node._inputs]

    def isSelected(self) -> bool:
        return bool(self._knobs["selected"]._get())

    def setSelected(self, selected: bool) -> None:
        self._select(selected)

    def selectOnly(self) -> None:
        for node in self._parent._children:
            node._select(node is self)

    def setXYpos(self, x: int, y: int) -> None:
        self._knobs["xpos"]._put(x)
        self._knobs["ypos"]._put(y)

    def setXpos(self, x: int) -> None:
        self._knobs["xpos"]._put(x)

    def setYpos(self, y: int) -> None:
        self._knobs["ypos"]._put(y)

    def xpos(self) -> int:
        return int(self._knobs["xpos"]._get())

    def ypos(self) -> int:
        return int(self._knobs["ypos"]._get())

    def screenWidth(self) -> int:
        return 80

    def screenHeight(self) -> int:
        return 18

    def showControlPanel(self, forceFloat: bool = False) -> None:
        if host().profile.gui:
            self._shown = True
            self._pseudo("showPanel")

    def hideControlPanel(self) -> None:
        if self._shown:
            self._shown = False
            self._pseudo("hidePanel")

    def shown(self) -> bool:
        return self._shown

    def format(self) -> Format:
        return self._looked_at().format

    def width(self) -> int:
        return self._looked_at().format.width()

    def height(self) -> int:
        return self._looked_at().format.height()

    def pixelAspect(self) -> float:
        return self._looked_at().format.pixelAspect()

    def bbox(self) -> Info:
        return Info(*self._looked_at().bbox)

    def channels(self) -> list[str]:
        return list(self._looked_at().planes)

    def metadata(self, *args: Any) -> Any:
        """`metadata(key, time, view)` or `metadata(time, view)`."""
        key = args[0] if args and isinstance(args[0], str) else None
        time, view = [*args[1 if key else 0 :], None, None][:2]
        found = dict(self._image(time, view).metadata)
        return found.get(key) if key else found

    def frameRange(self) -> FrameRange:
        return FrameRange(*self._range())

    def firstFrame(self) -> int:
        return self._range()[0]

    def lastFrame(self) -> int:
        return self._range()[1]

    def upstreamFrameRange(self, i: int) -> FrameRange | None:
        source = self._inputs[i] if i < len(self._inputs) else None
        return FrameRange(*source._range()) if source else None

    def opHashes(self) -> list[int]:
        return [self._hash()]

    def forceValidate(self) -> None:
        self._error()

    def hasError(self) -> bool:
        return bool(self._error())

    def treeHasError(self) -> bool:
        return bool(self._error())

    def redraw(self) -> None:
        """There is nothing to draw."""

    def readKnobs(self, s: str) -> None:
        script.set_knobs(self, s)

    def writeKnobs(self, flags: int = 0) -> str:
        return script.knob_lines(self)
