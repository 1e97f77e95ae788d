"""Knobs of text: strings, buttons, links to other knobs."""

# ruff: noqa: N801, N802
from __future__ import annotations

from typing import Any

from . import tcl
from .expressions import find_knob
from .host import api_class, host
from .knobs import Knob


@api_class
class String_Knob(Knob):
    def __init__(self, name: str, label: str = "", value: str = "") -> None:
        super().__init__(name, label)
        self._value = value

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a text is needed, not {type(value).__name__}")
        if self._name == "name" and self._node is not None:
            return str(self._node._free_name(value))
        return value

    def getText(self, oc: Any = None) -> str:
        return str(self._value)

    def setText(self, value: str) -> None:
        self._put(value)


@api_class
class EvalString_Knob(String_Knob):
    """Text in which [value knob] is resolved by `evaluate`."""

    def evaluate(self) -> str:
        return tcl.substitute(self._value, self._look_up)

    def _look_up(self, name: str) -> str:
        return str(find_knob(self._node, name)._text_now())

    def _text_now(self) -> str:
        return tcl.substitute(self._value, self._look_up)


@api_class
class Multiline_Eval_String_Knob(EvalString_Knob):
    pass


@api_class
class PythonKnob(String_Knob):
    """The hidden knobs that hold a callback's code."""


@api_class
class Text_Knob(Knob):
    """A line of text; with neither label nor value it is a divider."""

    def __init__(self, name: str, label: str = "", value: str = "") -> None:
        super().__init__(name, label)
        self._value = value


@api_class
class Tab_Knob(Knob):
    def __init__(self, name: str, label: str = "", flag: int = 0) -> None:
        super().__init__(name, label)
        self._flags = flag

    def value(self) -> Any:
        return None


@api_class
class Script_Knob(String_Knob):
    """A button: `execute` runs its code with thisNode and thisKnob set."""

    def command(self) -> str:
        return str(self._value)

    def setCommand(self, cmd: str) -> None:
        self._put(cmd)

    def execute(self) -> None:
        host().check_main(f"{self._name}.execute")
        self._run()

    def _run(self) -> None:
        host().run_code(self._value, self._node, self)


@api_class
class PyScript_Knob(Script_Knob):
    pass


class Action_Knob(Script_Knob):
    """A button of the application's own, such as Read's `reload`: its class is Script_Knob."""

    def Class(self) -> str:
        return "Script_Knob"

    def _run(self) -> None:
        self._node._pressed(self._name)


@api_class
class Link_Knob(Knob):
    """Another knob, shown here."""

    def makeLink(self, s: str, t: str) -> None:
        self._value = f"{s}.{t}"

    def setLink(self, s: str) -> None:
        self._value = s

    def getLink(self) -> str:
        return str(self._value)

    def getLinkedKnob(self) -> Any:
        return find_knob(self._node, self._value)

    def value(self) -> Any:
        return self.getLinkedKnob().value()

    def setValue(self, *args: Any) -> Any:
        return self.getLinkedKnob().setValue(*args)
