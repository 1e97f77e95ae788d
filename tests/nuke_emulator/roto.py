"""Roto and RotoPaint: layers, shapes and strokes behind the knob `curves`, as the stubs name them.

A painted or drawn thing that lives at a frame adds `PAINTED` to the blue of every pixel there, so
that frames with paint can be told from pixels and hashes. Assumptions to be checked by hand: that
drawing leaves the hashes of other frames alone, and that an unknown attribute raises. Scripts hold
curves in a text of this emulator's own.
"""

# ruff: noqa: N802
from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

from .host import Guarded, host
from .knobs import Knob

PAINTED = 8.0  # exact in half floats on top of what a Plate has in blue


class Lifetime(IntEnum):
    """The choices of the Lifetime tab, in its order."""

    ALL_FRAMES = 0
    START_TO_FRAME = 1
    SINGLE_FRAME = 2
    FRAME_TO_END = 3
    FRAME_RANGE = 4


class _Part(Guarded):
    """Anything inside of the knob: only for the main thread, and only while its node lives."""

    def __init__(self, knob: CurveKnob) -> None:
        self._knob = knob

    def _guard(self, name: str) -> None:
        self._knob._guard(name)


class AnimControlPoint(_Part):
    def __init__(self, knob: CurveKnob, keys: Iterable[float]) -> None:
        super().__init__(knob)
        self._keys = sorted({float(key) for key in keys})

    def getControlPointKeyTimes(self, view: str = "main") -> list[float]:
        return list(self._keys)


class ShapeControlPoint(_Part):
    def __init__(self, knob: CurveKnob, keys: Iterable[float]) -> None:
        super().__init__(knob)
        self.center = AnimControlPoint(knob, keys)


class AnimAttributes(_Part):
    kLifeTimeTypeAttribute = "ltt"
    kLifeTimeNAttribute = "ltn"
    kLifeTimeMAttribute = "ltm"

    def __init__(self, knob: CurveKnob, values: dict[str, float]) -> None:
        super().__init__(knob)
        self._values = values

    def getValue(self, time: float, indexOrName: str, view: str = "main") -> float:
        if indexOrName not in self._values:
            raise ValueError(f"there is no attribute {indexOrName}")
        return self._values[indexOrName]


class Element(_Part):
    """A layer, a shape or a stroke."""

    def __init__(self, knob: CurveKnob, name: str) -> None:
        super().__init__(knob)
        self.name = name
        self._visible = True
        self._parts: list[Any] = []

    def _living(self, frame: float) -> int:
        """How many things of it can be seen at a frame."""
        raise NotImplementedError

    def _data(self) -> list[Any]:
        raise NotImplementedError

    def getVisible(self, time: float) -> bool:
        return self._visible

    def setVisible(self, time: float, value: bool) -> None:
        before, self._visible = self._visible, value
        self._knob._edited("Show", lambda: vars(self).update(_visible=before))

    def __len__(self) -> int:
        self._guard("__len__")
        return len(self._parts)

    def __iter__(self) -> Iterator[Any]:
        self._guard("__iter__")
        return iter(list(self._parts))

    def __getitem__(self, index: int) -> Any:
        self._guard("__getitem__")
        return self._parts[index]


class Layer(Element):
    def append(self, element: Element) -> None:
        self._parts.append(element)
        self._knob._edited(f"Add {element.name}", lambda: self._parts.remove(element))

    def _living(self, frame: float) -> int:
        return sum(part._living(frame) for part in self._parts if part._visible)

    def _data(self) -> list[Any]:
        return ["Layer", self.name, self._visible, [part._data() for part in self._parts]]


class _Curve(Element):
    """A shape or a stroke: its points are animated by keys, its lifetime by attributes."""

    _point: Any

    def __init__(
        self,
        knob: CurveKnob,
        name: str,
        lifetime: int,
        first: int,
        last: int,
        keys: Iterable[float],
    ) -> None:
        super().__init__(knob, name)
        self._keys = list(keys)
        self._values = {"ltt": float(lifetime), "ltn": float(first), "ltm": float(last)}
        self._parts = [self._point(knob, self._keys) for _ in range(3)]

    def getAttributes(self) -> AnimAttributes:
        return AnimAttributes(self._knob, self._values)

    def _living(self, frame: float) -> int:
        first, last = self._values["ltn"], self._values["ltm"]
        match Lifetime(int(self._values["ltt"])):
            case Lifetime.START_TO_FRAME:
                return int(frame <= last)
            case Lifetime.SINGLE_FRAME:
                return int(frame == first)
            case Lifetime.FRAME_TO_END:
                return int(frame >= first)
            case Lifetime.FRAME_RANGE:
                return int(first <= frame <= last)
            case _:
                return 1

    def _data(self) -> list[Any]:
        return [type(self).__name__, self.name, self._visible, *self._values.values(), self._keys]


class Shape(_Curve):
    _point = ShapeControlPoint


class Stroke(_Curve):
    _point = AnimControlPoint


class CurveKnob(Knob):
    """`node["curves"]`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._value = Layer(self, "Root")

    @property
    def rootLayer(self) -> Layer:
        self._guard("rootLayer")
        return self._value  # type: ignore[no-any-return]

    def changed(self) -> None:
        """There is no cache of curves to refresh."""

    def _edited(self, what: str, revert: Any) -> None:
        if self._node is not None:
            self._node._record(what, revert)
            self._node._changed(self)

    def _is_default(self) -> bool:
        return not self._value._parts

    def _text(self) -> str:
        return json.dumps(self._value._data())

    def _text_now(self) -> str:
        """What hashes are made of: what lives at the current frame."""
        return str(self._value._living(host().root._frame))

    def _parse(self, text: str) -> None:
        self._put(self._element(json.loads(text)))

    def _element(self, data: list[Any]) -> Element:
        kind, name, visible, *rest = data
        made: Element
        if kind == "Layer":
            made = Layer(self, name)
            made._parts = [self._element(part) for part in rest[0]]
        else:
            made = {"Shape": Shape, "Stroke": Stroke}[kind](self, name, *rest)
        made._visible = visible
        return made


def layer(node: Any, name: str = "Layer1") -> Layer:
    """The artist adds a layer to a Roto or RotoPaint node."""
    knob = node._knobs["curves"]
    made = Layer(knob, name)
    knob._value.append(made)
    return made


def paint(node: Any, first: int, last: int | None = None, into: Layer | None = None) -> Stroke:
    """The artist paints a stroke at one frame, or one that lives from `first` to `last`."""
    kind = Lifetime.SINGLE_FRAME if last is None else Lifetime.FRAME_RANGE
    knob = node._knobs["curves"]
    made = Stroke(knob, "Brush1", kind, first, first if last is None else last, ())
    (knob._value if into is None else into).append(made)
    return made


def shape(
    node: Any,
    keys: Iterable[float],
    lifetime: Lifetime = Lifetime.ALL_FRAMES,
    first: int = 1,
    last: int = 1,
    into: Layer | None = None,
) -> Shape:
    """The artist draws a shape and moves it at keys; it lives at all frames unless told."""
    knob = node._knobs["curves"]
    made = Shape(knob, "Bezier1", lifetime, first, last, keys)
    (knob._value if into is None else into).append(made)
    return made
