"""Nuke script text: nodes as typed values, written with Tcl's quoting.

A node's knobs stand in braces, and the definition of a user knob in braces once more. So a word
must survive being read as part of a braced one: `quote` leaves no brace bare and no line end raw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Optional, Union

_BARE = re.compile(r"[A-Za-z0-9_./:+-]+")
_ESCAPES = {**{letter: f"\\{letter}" for letter in '\\"$[]{}'}, "\n": r"\n", "\r": r"\r"}


class KnobKind(IntEnum):
    """Numbers of user knobs in scripts."""

    STRING = 1
    FILE = 2
    INT = 3
    ENUMERATION = 4
    BOOL = 6
    DOUBLE = 7
    BOX = 15
    TAB = 20
    BUTTON = 22
    TEXT = 26


@dataclass(frozen=True)
class Expression:
    """A knob's value that Nuke computes: one component each, in Nuke's expression language."""

    components: tuple[str, ...]

    def __init__(self, *components: str) -> None:
        object.__setattr__(self, "components", components)


Value = Union[str, int, float, bool, Expression]


@dataclass(frozen=True)
class UserKnob:
    """A knob that a node has besides those of its class.

    Attributes:
        label: None shows the name.
        text: the code of a button, or what a text knob shows.
        choices: of an enumeration.
        span: ends of a slider.
        value: None is the kind's own default.
        hidden: not in the panel.
        new_line: begins a line in the panel; None is the kind's own way.
    """

    kind: KnobKind
    name: str
    label: Optional[str] = None
    tooltip: str = ""
    text: str = ""
    choices: tuple[str, ...] = ()
    span: Optional[tuple[float, float]] = None
    value: Optional[Value] = None
    hidden: bool = False
    new_line: Optional[bool] = None


@dataclass(frozen=True)
class Node:
    """A node: its class, its knobs in the order in which they are to be set, its inputs by name."""

    kind: str
    name: str
    inputs: tuple[str, ...] = ()
    knobs: tuple[tuple[str, Value], ...] = ()


def quote(text: str) -> str:
    """One Tcl word that reads as this text, also inside of braces.

    Raises:
        ValueError: there is a zero byte in it, which no script can hold.
    """
    if "\0" in text:
        raise ValueError("a Nuke script cannot hold a zero byte")
    if _BARE.fullmatch(text):
        return text
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def group_script(
    name: str, knobs: tuple[UserKnob, ...], nodes: tuple[Node, ...], colour: str, label: str = ""
) -> str:
    """A Group as Nuke pastes it: below the selected node, on its first input.

    Args:
        nodes: each after those that it is connected to; the last one is the Output.
        colour: of its tile, `0xrrggbbaa`.
        label: below its name, in Tcl.
    """
    lines = ["set cut_paste_input [stack 0]", "push $cut_paste_input", "Group {"]
    lines += [f" name {quote(name)}", f" tile_color {colour}"]
    if label:
        lines.append(f" label {quote(label)}")
    for knob in knobs:
        lines.append(f" {_definition(knob)}")
        if knob.value is not None:
            lines.append(f" {knob.name} {_word(knob.value)}")
    lines.append("}")
    for node in nodes:
        lines += _node(node)
    return "\n".join([*lines, "end_group", ""])


def _definition(knob: UserKnob) -> str:
    words = [str(int(knob.kind)), quote(knob.name)]
    if knob.label is not None:
        words += ["l", quote(knob.label)]
    if knob.tooltip:
        words += ["t", quote(knob.tooltip)]
    if knob.new_line is not None:
        words.append("+STARTLINE" if knob.new_line else "-STARTLINE")
    if knob.hidden:
        words.append("+INVISIBLE")
    if knob.text:
        words += ["T", quote(knob.text)]
    if knob.choices:
        words += ["M", "{" + " ".join(quote(choice) for choice in knob.choices) + "}"]
    if knob.span:
        words += ["R", *(f"{end:g}" for end in knob.span)]
    return "addUserKnob {" + " ".join(words) + "}"


def _node(node: Node) -> list[str]:
    """Its inputs pushed, the first one last; itself; and a name for what it leaves on the stack."""
    lines = [f" push $N{source}" for source in reversed(node.inputs)]
    lines += [f" {node.kind} {{", f"  inputs {len(node.inputs)}"]
    lines += [f"  {knob} {_word(value)}" for knob, value in node.knobs]
    return [*lines, f"  name {quote(node.name)}", " }", f" set N{node.name} [stack 0]"]


def _word(value: Value) -> str:
    if isinstance(value, Expression):
        parts = (part if part.isdigit() else "{" + part + "}" for part in value.components)
        return "{" + " ".join(parts) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value if isinstance(value, str) else f"{value:g}")
