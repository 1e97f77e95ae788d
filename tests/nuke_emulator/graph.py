"""Making, finding, selecting and deleting nodes in the current group."""

# ruff: noqa: N802
from __future__ import annotations

import re
from typing import Any

from . import callbacks, classes, script
from .group_api import Group, Root
from .host import api, host, offer
from .node_api import Node
from .undo import history

offer("INPUTS", 1)
offer("HIDDEN_INPUTS", 2)
offer("EXPRESSIONS", 4)


def make_root() -> Root:
    session = host()
    root = Root("Root", None)
    session.root, session.groups = root, [root]
    return root


def create(node_class: str, name: str = "") -> Any:
    """A new node in the current group, not connected and not selected."""
    if node_class not in classes.KNOBS or node_class == "Root":
        raise RuntimeError(f"{node_class}: Unknown command")
    node = (Group if node_class == "Group" else Node)(node_class, host().group)
    node._parent._children.append(node)
    node._knobs["name"]._value = node._free_name(name or re.sub(r"\d+$", "", node_class) + "1")
    node._record(f"Create {node._name()}", lambda: remove(node))
    return node


def finish(node: Any, by_user: bool = False) -> None:
    """Tell the callbacks that a node is complete."""
    if by_user and host().profile.gui:
        callbacks.registry().run("onUserCreate", node)
    callbacks.registry().run("onCreate", node)


def remove(node: Any) -> None:
    """Delete a node and what is in it; wrappers that are held die."""
    callbacks.registry().run("onDestroy", node)
    text, parent = script.text_of([node]), node._parent
    ends = [(n, i) for n in parent._children for i, s in enumerate(n._inputs) if s is node]
    sources = list(node._inputs)
    for other, index in ends:
        other._connect(index, None)
    parent._children.remove(node)
    _kill(node)

    def revert() -> None:
        with parent:
            made = script.load(text)[-1]
        for index, source in enumerate(sources):
            if source is not None and not source._dead:
                made._connect(index, source)
        for other, index in ends:
            other._connect(index, made)

    history().record(f"Delete {node._name()}", revert)


def _kill(node: Any) -> None:
    for child in list(getattr(node, "_children", ())):
        _kill(child)
    node._dead = True


class Nodes:
    """`nuke.nodes.Read(file=..., inputs=[...])`: no selection, no connection, no panel."""

    def __getattr__(self, node_class: str) -> Any:
        if node_class not in classes.KNOBS:
            raise AttributeError(f"there is no node class {node_class}")

        def construct(**values: Any) -> Any:
            host().check_main(f"nuke.nodes.{node_class}")
            node = create(node_class, values.pop("name", ""))
            for index, source in enumerate(values.pop("inputs", ())):
                node._connect(index, source)
            for name, value in values.items():
                node[name].setValue(value)
            finish(node)
            return node

        return construct


offer("nodes", Nodes())


@api
def createNode(typ: str, knobs: str = "", inpanel: bool = True) -> Any:
    """As the user does it: connected to the selection, selected, its panel open."""
    selected = [node for node in host().group._children if node._knobs["selected"]._get()]
    node = create(typ)
    script.set_knobs(node, knobs, flat=True)
    if selected and node._max_inputs():
        source = selected[0]
        for other in source.dependent():
            for index, there in enumerate(other._inputs):
                if there is source and other is not node and other._class != "Viewer":
                    other._connect(index, node)
        node._connect(0, source)
    for other in host().group._children:
        other._select(other is node)
    finish(node, by_user=True)
    if inpanel and host().profile.gui:
        node.showControlPanel()
    return node


@api
def delete(n: Any) -> None:
    if n._dead:
        raise ValueError("A PythonObject is not attached to a node")
    remove(n)


@api
def toNode(s: str) -> Any:
    """A node by its name as seen from the current group; None when there is none."""
    if s == "root":
        return host().root
    place = host().root if s.startswith("root.") else host().group
    found = place.node(s.removeprefix("root."))
    if found is not None:
        host().touch(found)
    return found


@api
def root() -> Any:
    return host().root


@api
def thisNode() -> Any:
    return host().context[-1][0] if host().context else host().group


@api
def thisKnob() -> Any:
    return host().context[-1][1] if host().context else None


@api
def thisGroup() -> Any:
    node = host().context[-1][0] if host().context else None
    return node if isinstance(node, Group) else node._parent if node else host().group


@api
def thisParent() -> Any:
    return host().context[-1][0]._parent if host().context else None


@api
def allNodes(filter: str = "", group: Any = None, recurseGroups: bool = False) -> list[Any]:
    found = []
    for node in (group or host().group)._children:
        host().touch(node)
        if not filter or node._class == filter:
            found.append(node)
        if recurseGroups and isinstance(node, Group):
            found += allNodes(filter, node, True)
    return found


@api
def selectedNodes(filter: str = "") -> list[Any]:
    found = [node for node in host().group._children if node._knobs["selected"]._get()]
    return [node for node in found if not filter or node._class == filter]


@api
def selectedNode() -> Any:
    found = selectedNodes()
    if not found:
        raise ValueError("no node selected")
    return found[0]


@api
def exists(s: str) -> bool:
    return toNode(s) is not None


@api
def frame(f: int | None = None) -> int:
    if f is not None:
        host().root._knobs["frame"]._put(f)
    return int(host().root._frame)


@api
def modified(state: bool | None = None) -> bool:
    if state is not None:
        host().root._modified = state
    return bool(host().root._modified)
