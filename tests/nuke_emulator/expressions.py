"""Expressions of knobs: numbers, comparisons, ?: and references such as `parent.first`."""

from __future__ import annotations

import ast
import operator
import re
from typing import Any

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionError(RuntimeError):
    """An expression that names nothing, or that this emulator does not know."""


_SIDES = "xyrt"


def find_knob(node: Any, name: str) -> Any:
    """The knob that `parent.x`, `this.x`, `root.x`, `Node.x` or `x` means as seen from a node."""
    path, _, last = name.rpartition(".")
    knob = find_node(node, path, name)._knobs.get(last)
    if knob is None:
        raise ExpressionError(f"{node._full_name()}: no knob {last!r} in {name!r}")
    return knob


def _number(node: Any, name: str, frame: float) -> float:
    """The value of a knob, or of one of its components: `parent.area.r`."""
    whole, _, side = name.rpartition(".")
    if whole and side in _SIDES:
        knob = find_knob(node, whole)
        if _SIDES.index(side) >= knob._size:
            raise ExpressionError(f"{node._full_name()}: {whole} has no component {side!r}")
        return float(knob._at(_SIDES.index(side), frame))
    return float(find_knob(node, name)._at(0, frame))


def find_node(node: Any, path: str, whole: str) -> Any:
    """The node that the path before a knob's name means; `input` is the first input."""
    place = node
    for step, part in enumerate(path.split(".") if path else ()):
        if part == "this":
            continue
        if part == "parent":
            place = place._parent
        elif part == "input":
            place = place._inputs[0] if place._inputs else None
        elif part == "root":
            place = node._root_node()
        else:
            inside = place._child(part) if hasattr(place, "_children") else None
            # The first name can also be that of a neighbour.
            place = inside if inside or step else place._parent._child(part)
        if place is None:
            raise ExpressionError(f"{node._full_name()}: no node {part!r} in {whole!r}")
    return place


def evaluate(text: str, node: Any, frame: float) -> float:
    """The value of an expression at a frame.

    Raises:
        ExpressionError: a name that means nothing, or syntax outside of this subset.
    """
    condition = re.fullmatch(r"(.+?)\?(.+):(.+)", text)
    if condition:
        test, yes, no = condition.groups()
        return evaluate(yes if evaluate(test, node, frame) else no, node, frame)
    python = text.replace("&&", " and ").replace("||", " or ")
    python = re.sub(r"!(?!=)", " not ", python).strip()
    try:
        tree = ast.parse(python, mode="eval").body
    except SyntaxError:
        raise ExpressionError(f"{node._full_name()}: cannot read {text!r}") from None
    return float(_value(tree, node, frame))


def _value(tree: ast.expr, node: Any, frame: float) -> float:
    match tree:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id="frame" | "x"):
            return frame
        case ast.Attribute(value=place, attr="width" | "height" | "pixel_aspect" as what):
            form = find_node(node, ast.unparse(place), ast.unparse(tree))._looked_at(frame).format
            return float(getattr(form, "pixelAspect" if what == "pixel_aspect" else what)())
        case ast.Name() | ast.Attribute():
            return _number(node, ast.unparse(tree), frame)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return float(_BINARY[type(op)](_value(left, node, frame), _value(right, node, frame)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return float(not _value(operand, node, frame))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, node, frame)
        case ast.BoolOp(op=op, values=values):
            found = [bool(_value(value, node, frame)) for value in values]
            return float(all(found) if isinstance(op, ast.And) else any(found))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return float(_COMPARE[type(op)](_value(left, node, frame), _value(right, node, frame)))
    raise ExpressionError(f"{node._full_name()}: cannot read {ast.unparse(tree)!r}")
