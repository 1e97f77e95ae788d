"""What host code may call on groups and on the root, which is the script."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from .callbacks import Registry
from .formats import Format
from .host import api_class, host
from .node_api import Node
from .undo import History


@api_class
class Group(Node):
    """A node with nodes in it."""

    def __init__(self, node_class: str, parent: Any) -> None:
        self._children: list[Any] = []
        super().__init__(node_class, parent)

    def _group_inputs(self) -> list[Any]:
        """The Input nodes by their number."""
        found = [node for node in self._children if node._class == "Input"]
        return sorted(found, key=lambda node: int(node._knobs["number"]._get()))

    def _max_inputs(self) -> int:
        return len(self._group_inputs())

    def _child(self, name: str) -> Any:
        return next((node for node in self._children if node._name() == name), None)

    def _range(self) -> tuple[int, int]:
        output = next((node for node in self._children if node._class == "Output"), None)
        return output._range() if output else super()._range()

    def _input_range(self, node: Any) -> tuple[int, int]:
        index = self._group_inputs().index(node)
        source = self._inputs[index] if index < len(self._inputs) else None
        return source._range() if source else host().root._range()  # type: ignore[no-any-return]

    def _hash(self) -> int:
        return hash((super()._hash(), *(node._hash() for node in self._children)))

    def begin(self) -> Group:
        host().groups.append(self)
        return self

    def end(self) -> None:
        if host().group is not self:
            raise host().violate(f"{self._full_name()}.end() without its begin()")
        host().groups.pop()

    def __enter__(self) -> Group:
        return self.begin()

    def __exit__(self, *error: Any) -> None:
        self._guard("end")
        self.end()

    def run(self, call: Any) -> Any:
        with self:
            return call()

    def node(self, s: str) -> Any:
        place: Any = self
        for part in s.split("."):
            place = place._child(part) if isinstance(place, Group) else None
        return place

    def nodes(self) -> list[Any]:
        return list(self._children)

    def numNodes(self) -> int:
        return len(self._children)

    def output(self) -> Any:
        return next((node for node in self._children if node._class == "Output"), None)

    def selectedNodes(self) -> list[Any]:
        return [node for node in self._children if node._knobs["selected"]._get()]


@api_class
class Root(Group):
    """The script."""

    def __init__(self, node_class: str, parent: Any) -> None:
        self._modified = False
        self._history = History()
        self._registry = Registry()
        super().__init__(node_class, parent)

    @property
    def _frame(self) -> int:
        return int(self._knobs["frame"]._value[0])

    def _name(self) -> str:
        return host().script_path or "Root"

    def _full_name(self) -> str:
        return self._name()

    def _free_name(self, name: str) -> str:
        """The root is called as its file is, whatever a script's text says."""
        return host().script_path or ""

    def _range(self) -> tuple[int, int]:
        first, last = self._knobs["first_frame"], self._knobs["last_frame"]
        return int(first._get()), int(last._get())

    def _proxy(self) -> bool:
        return bool(self._knobs["proxy"]._get())

    def modified(self) -> bool:
        return self._modified

    def setModified(self, modified: bool) -> None:
        self._modified = modified

    def proxy(self) -> bool:
        return self._proxy()

    def setProxy(self, proxy: bool) -> None:
        self._knobs["proxy"]._put(proxy)

    def setFrame(self, frame: int) -> None:
        self._knobs["frame"]._put(frame)

    def realFps(self) -> float:
        return float(self._knobs["fps"]._get())

    def fps(self) -> int:
        return round(self.realFps())

    def format(self) -> Format:
        return self._knobs["format"]._value  # type: ignore[no-any-return]
