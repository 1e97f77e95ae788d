"""Scripts: nodes to .nk text and back, on files and for copy and paste."""

from __future__ import annotations

from typing import Any

from . import classes, tcl
from .choices import Enumeration_Knob
from .host import host
from .knobs import DO_NOT_WRITE, SCRIPT_FLAGS, Knob
from .numbers import Array_Knob
from .texts import Link_Knob, PyScript_Knob, Tab_Knob
from .user_knobs import USER_KNOBS, user_knob

Stack = list[Any]


def knob_lines(node: Any, named: bool = True) -> str:
    """User knobs with their definition, every value that is not the default, the name."""
    lines = []
    for name, knob in node._knobs.items():
        if knob._user:
            lines.append(f"addUserKnob {{{_definition(knob)}}}")
        if name in {"name", "selected"} or isinstance(knob, Tab_Knob | Link_Knob | PyScript_Knob):
            continue
        if knob._flags & DO_NOT_WRITE or knob._is_default():
            continue
        lines.append(f"{name} {_value(knob)}")
    if named:
        lines.append(f"name {node._name()}")
    return "".join(f" {line}\n" for line in lines)


def _value(knob: Knob) -> str:
    text = knob._text()
    if isinstance(knob, Array_Knob) and not isinstance(knob, Enumeration_Knob):
        return "{" + text + "}"
    if isinstance(knob, Enumeration_Knob) and knob._expressions:
        return "{" + text + "}"
    return tcl.quote(text) if text else '""'


def _definition(knob: Knob) -> str:
    """What addUserKnob takes, written for knobs that are not to be saved too, as for tabs.

    Assumed, to be checked by hand: DO_NOT_WRITE itself is not saved, and the text of a text knob,
    which is part of its definition, is saved whatever its flags.
    """
    number = next(n for n, kind in USER_KNOBS.items() if type(knob) is kind)
    parts = [str(number), knob._name]
    if knob._label:
        parts += ["l", tcl.quote(knob._label)]
    if knob._tooltip:
        parts += ["t", tcl.quote(knob._tooltip)]
    if isinstance(knob, PyScript_Knob | Link_Knob) or number == 26:
        parts += ["T", tcl.quote(knob._value) if knob._value else '""']
    if isinstance(knob, Enumeration_Knob):
        parts += ["M", "{" + " ".join(tcl.quote(item) for item in knob._items) + "}"]
    elif isinstance(knob, Array_Knob) and number == 7:
        parts += ["R", f"{knob._range[0]:g}", f"{knob._range[1]:g}"]
    saved = (
        "STARTLINE",
        "HIDDEN",
        "INVISIBLE",
        "DISABLED",
        "READ_ONLY",
        "NO_ANIMATION",
    )
    return " ".join([*parts, *(f"+{name}" for name in saved if knob._flags & SCRIPT_FLAGS[name])])


def text_of(nodes: list[Any]) -> str:
    """The .nk text of nodes of one group, sources before what they feed."""
    ordered: list[Any] = []

    def visit(node: Any) -> None:
        if node in ordered or node not in nodes:
            return
        for source in node._inputs:
            if source is not None:
                visit(source)
        ordered.append(node)

    for node in nodes:
        visit(node)
    return "".join(_node(node, ordered) for node in ordered)


def _node(node: Any, known: list[Any]) -> str:
    pushes = [f"push $N{s._number}" if s in known else "push 0" for s in reversed(node._inputs)]
    inputs = f" inputs {len(node._inputs)}\n"
    body = f"{node._class} {{\n{inputs}{knob_lines(node)}}}\n"
    if node._class == "Group":
        body += text_of(node._children) + "end_group\n"
    return "".join(f"{push}\n" for push in pushes) + body + f"set N{node._number} [stack 0]\n"


def load(text: str, stack: Stack | None = None) -> list[Any]:
    """Make the nodes of a .nk text in the current group.

    Every value that is not the default fires knobChanged before the node is complete, then
    onCreate runs, as when a script is opened.

    Raises:
        TclError: the text is not quoted as Tcl needs it.
        RuntimeError: an unknown class, knob or command.
    """
    from . import graph

    levels: list[tuple[Any, Stack]] = [(None, stack or [])]
    variables: dict[str, Any] = {}
    made: list[Any] = []
    for command in tcl.commands(text):
        here = levels[-1][1]
        match [word.text for word in command]:
            case ["version" | "define_window_layout_xml", *_]:
                pass
            case ["Root", body]:
                set_knobs(host().root, body)
            case ["push", "0"]:
                here.append(None)
            case ["push", name]:
                here.append(variables[name.removeprefix("$")])
            case ["set", name, _]:
                index = int((command[2].command or "").removeprefix("stack "))
                variables[name] = here[-1 - index] if index < len(here) else None
            case ["end_group"]:
                group, _ = levels.pop()
                host().groups.pop()
                graph.finish(group)
            case [node_class, body] if node_class in classes.KNOBS:
                node = graph.create(node_class)
                _take_inputs(node, here, body)
                set_knobs(node, body)
                here.append(node)
                made += [node] if len(levels) == 1 else []
                if node_class == "Group":
                    host().groups.append(node)  # no begin(): that would be Python reaching it
                    levels.append((node, []))
                else:
                    graph.finish(node)
            case [unknown, *_]:
                raise RuntimeError(f"{unknown}: Unknown command")
    if len(levels) > 1:
        raise RuntimeError("end_group is missing")
    return made


def _take_inputs(node: Any, stack: Stack, body: str) -> None:
    count = 0 if node._class in {"Read", "Input", "CheckerBoard2", "Constant"} else 1
    for command in tcl.commands(body):
        if command[0].text == "inputs":
            count = int(command[1].text.partition("+")[0])
    taken = [stack.pop() if stack else None for _ in range(count)]
    for index, source in enumerate(taken):
        if source is not None:
            node._connect(index, source)


def set_knobs(node: Any, body: str, flat: bool = False) -> None:
    """Set knobs from text: one a line, or (`flat`) as createNode takes them."""
    commands = tcl.commands(body)
    if flat:
        words = [word for command in commands for word in command]
        commands = [words[i : i + 2] for i in range(0, len(words), 2)]
    for command in commands:
        name = command[0].text
        if name == "inputs":
            continue
        if len(command) != 2:
            raise RuntimeError(f"{node._class}: {name} needs one value")
        if command[1].command is not None:
            raise tcl.TclError(f"{node._class}: [ is not escaped in the value of {name}")
        if name == "addUserKnob":
            knob = user_knob(command[1].text)
            node._add_user_knob(knob)
        elif name not in node._knobs:
            raise RuntimeError(f"{node._class}: no such knob {name!r}")
        else:
            node._knobs[name]._parse(command[1].text)
