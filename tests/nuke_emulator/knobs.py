"""What every knob has: a name, a value, flags; a set that is recorded and told."""

# ruff: noqa: N802
from __future__ import annotations

from typing import Any

from . import tcl
from .host import Guarded, api_class, offer

FLAGS = {
    "DISABLED": 0x80,
    "NO_ANIMATION": 0x100,
    "DO_NOT_WRITE": 0x200,
    "INVISIBLE": 0x400,
    "STARTLINE": 0x1000,
    "ENDLINE": 0x2000,
    "READ_ONLY": 0x10000,
    "NO_UNDO": 0x80000,
    "ALWAYS_SAVE": 0x100000,
    "KNOB_CHANGED_RECURSIVE": 0x8000000,
}
for _name, _bit in FLAGS.items():
    offer(_name, _bit)
DO_NOT_WRITE, INVISIBLE, DISABLED = (FLAGS[n] for n in ("DO_NOT_WRITE", "INVISIBLE", "DISABLED"))
HIDDEN = 0x40000  # what setVisible(False) sets: scripts have a word for it, Python has no name
SCRIPT_FLAGS = {**FLAGS, "HIDDEN": HIDDEN}

# Selecting and moving in time are neither undone nor a modification of the script.
UNRECORDED = frozenset({"selected", "frame"})


@api_class
class Knob(Guarded):
    """A value with a name. Every set of a knob that is on a node fires knobChanged."""

    _default: Any = ""

    def __init__(self, name: str, label: str = "", *_: Any) -> None:
        self._node: Any = None
        self._name, self._label, self._tooltip = name, label, ""
        self._flags, self._user = 0, False
        self._value: Any = self._default

    def _guard(self, name: str) -> None:
        if self._node is not None:
            self._node._guard(f"{self._name}.{name}")

    # What the emulator itself uses.

    def _coerce(self, value: Any) -> Any:
        return value

    def _get(self, frame: float | None = None) -> Any:
        return self._value

    def _put(self, value: Any) -> None:
        """Set, remember how to undo it, tell the node."""
        before, after = self._value, self._coerce(value)
        if self._node is None:
            self._value = after
            return
        self._replace(after)
        if self._name not in UNRECORDED:
            self._node._record(f"Set {self._name}", lambda: self._replace(before))
        self._node._changed(self)

    def _replace(self, value: Any) -> None:
        self._value = value

    def _text_now(self) -> str:
        """The value as [value knob] gives it."""
        return str(self._get())

    def _text(self) -> str:
        """The value as a script holds it, unquoted."""
        return str(self._value)

    def _parse(self, text: str) -> None:
        self._put(text)

    def _is_default(self) -> bool:
        return bool(self._value == self._default)

    # What host code uses.

    def Class(self) -> str:
        return type(self).__name__

    def name(self) -> str:
        return self._name

    def label(self) -> str:
        return self._label

    def setLabel(self, label: str) -> None:
        self._label = label

    def tooltip(self) -> str:
        return self._tooltip

    def setTooltip(self, tooltip: str) -> None:
        self._tooltip = tooltip

    def node(self) -> Any:
        return self._node

    def fullyQualifiedName(self, channel: int = -1) -> str:
        return f"{self._node._full_name()}.{self._name}"

    def value(self) -> Any:
        return self._get()

    def getValue(self) -> Any:
        return self._get()

    def setValue(self, value: Any) -> Any:
        self._put(value)
        return True

    def toScript(self, quote: bool = True, context: Any = None) -> str:
        return tcl.quote(self._text()) if quote else self._text()

    def fromScript(self, script: str) -> None:
        self._parse(script)

    def setFlag(self, flag: int) -> None:
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:
        self._flags &= ~flag

    def getFlag(self, flag: int) -> bool:
        return bool(self._flags & flag)

    def setEnabled(self, enabled: bool) -> None:
        self._flags = self._flags & ~DISABLED if enabled else self._flags | DISABLED

    def enabled(self) -> bool:
        return not self._flags & DISABLED

    def setVisible(self, visible: bool) -> None:
        self._flags = self._flags & ~HIDDEN if visible else self._flags | HIDDEN

    def visible(self) -> bool:
        return not self._flags & (INVISIBLE | HIDDEN)

    def isAnimated(self, channel: int = -1) -> bool:
        return False

    def hasExpression(self, index: int = -1) -> bool:
        return False
