"""Callbacks: code in knobs first, then what was added, in order, without any isolation."""

from __future__ import annotations

from typing import Any

from .host import API, api, host

# name of the adding function's stem -> the hidden knob with the same purpose
NAMES = {
    "OnUserCreate": "onUserCreate",
    "OnCreate": "onCreate",
    "OnScriptLoad": "onScriptLoad",
    "OnScriptSave": "onScriptSave",
    "OnScriptClose": "onScriptClose",
    "OnDestroy": "onDestroy",
    "KnobChanged": "knobChanged",
    "UpdateUI": "updateUI",
    "BeforeRender": "beforeRender",
    "BeforeFrameRender": "beforeFrameRender",
    "AfterFrameRender": "afterFrameRender",
    "AfterRender": "afterRender",
    "RenderProgress": "renderProgress",
}
Entry = tuple[Any, tuple[Any, ...], dict[str, Any], Any]


class Registry:
    """What add… registered: by event and by node class."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], list[Entry]] = {}

    def add(self, event: str, node_class: str, entry: Entry) -> None:
        """The same callback again moves to the end and is never there twice."""
        entries = self.entries.setdefault((event, node_class), [])
        if entry in entries:
            entries.remove(entry)
        entries.append(entry)

    def remove(self, event: str, node_class: str, entry: Entry) -> None:
        entries = self.entries.get((event, node_class), [])
        if entry in entries:
            entries.remove(entry)

    def run(self, event: str, node: Any, knob: Any = None) -> None:
        """Run a node's own code, then those of its class, then those of every class.

        An exception stops the rest and reaches whoever caused the event.
        """
        own = node._knobs.get(event)
        with host().callback():
            if own is not None and own._value:
                host().run_code(own._value, node, knob)
            for node_class in (node._class, "*"):
                for call, args, kwargs, only in list(self.entries.get((event, node_class), [])):
                    if only is None or only is node:
                        with host().this(node, knob):
                            call(*args, **kwargs)


def registry() -> Registry:
    found: Registry = host().root._registry
    return found


def _pair(stem: str, event: str) -> None:
    def add(
        call: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        nodeClass: str = "*",
        **node: Any,
    ) -> None:
        registry().add(event, nodeClass, (call, args, kwargs or {}, _only(stem, node)))

    def remove(
        call: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        nodeClass: str = "*",
        **node: Any,
    ) -> None:
        registry().remove(event, nodeClass, (call, args, kwargs or {}, _only(stem, node)))

    for prefix, function in (("add", add), ("remove", remove)):
        function.__name__ = prefix + stem
        api(function)


def _only(stem: str, given: dict[str, Any]) -> Any:
    if given and (stem != "KnobChanged" or set(given) != {"node"}):
        raise TypeError(f"unexpected arguments {sorted(given)}")
    return given.get("node")


for _stem, _event in NAMES.items():
    _pair(_stem, _event)
assert "addKnobChanged" in API
