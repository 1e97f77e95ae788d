"""Knobs of numbers, with keys and expressions."""

# ruff: noqa: N801, N802
from __future__ import annotations

from typing import Any

from . import tcl
from .expressions import evaluate
from .host import api_class, host
from .knobs import Knob


@api_class
class AnimationKey:
    """A key of a curve: `x` is the frame, `y` the value."""

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y


@api_class
class AnimationCurve:
    def __init__(self, keys: dict[float, float]) -> None:
        self._keys = keys

    def keys(self) -> list[AnimationKey]:
        return [AnimationKey(x, y) for x, y in sorted(self._keys.items())]

    def size(self) -> int:
        return len(self._keys)


@api_class
class Array_Knob(Knob):
    """One or more numbers, each constant, keyed or an expression."""

    _size = 1

    def __init__(self, name: str, label: str = "", *_: Any) -> None:
        super().__init__(name, label)
        self._value = [0.0] * self._size
        self._default = list(self._value)
        self._curves: dict[int, dict[float, float]] = {}
        self._expressions: dict[int, str] = {}

    def _item(self, value: Any) -> float:
        if isinstance(value, bool | int | float):
            return float(value)
        raise TypeError(f"{self._name}: a number is needed, not {type(value).__name__}")

    def _coerce(self, value: Any) -> list[float]:
        items = list(value) if isinstance(value, list | tuple) else [value] * self._size
        if len(items) != self._size:
            raise TypeError(f"{self._name}: {self._size} numbers are needed, not {len(items)}")
        return [self._item(item) for item in items]

    def _at(self, index: int = 0, frame: float | None = None) -> float:
        when = float(host().root._frame if frame is None else frame)
        if index in self._expressions:
            return float(evaluate(self._expressions[index], self._node, when))
        keys = self._curves.get(index)
        if not keys:
            return float(self._value[index])
        before = max((x for x in keys if x <= when), default=min(keys))
        after = min((x for x in keys if x >= when), default=max(keys))
        share = (when - before) / (after - before) if after > before else 0.0
        return keys[before] + share * (keys[after] - keys[before])

    def _get(self, frame: float | None = None) -> Any:
        found = [self._at(index, frame) for index in range(self._size)]
        return found[0] if self._size == 1 else found

    def _put_at(self, index: int, keys: dict[float, float] | None, expression: str | None) -> None:
        before = self._curves.pop(index, None), self._expressions.pop(index, None)
        if keys is not None:
            self._curves[index] = keys
        if expression is not None:
            self._expressions[index] = expression
        if self._node is not None:
            self._node._record(f"Set {self._name}", lambda: self._put_at(index, *before))
            self._node._changed(self)

    def _text(self) -> str:
        parts = [
            "{" + self._expressions[i] + "}"
            if i in self._expressions
            else "{curve " + " ".join(f"x{x:g} {y!r}" for x, y in sorted(keys.items())) + "}"
            if (keys := self._curves.get(i))
            else self._item_text(i)
            for i in range(self._size)
        ]
        return " ".join(parts)

    def _item_text(self, index: int) -> str:
        return f"{self._value[index]:.9g}"

    def _item_parse(self, text: str) -> Any:
        return float(text)

    def _parse(self, text: str) -> None:
        words = tcl.words(text)
        if not any(word.literal for word in words):
            values = [self._item_parse(word.text) for word in words]
            self._put(values if len(values) > 1 else values[0])
            return
        for index, word in enumerate(words):
            if word.text.startswith("curve "):
                pairs = word.text.split()[1:]
                keys = {
                    float(x[1:]): float(y) for x, y in zip(pairs[::2], pairs[1::2], strict=True)
                }
                self._put_at(index, keys, None)
            elif word.literal:
                self._put_at(index, None, word.text)
            else:
                self._value[index] = self._item(self._item_parse(word.text))

    def _is_default(self) -> bool:
        return not self._curves and not self._expressions and self._value == self._default

    def value(self, index: int | None = None) -> Any:
        return self._get() if index is None else self._at(index)

    def getValue(self, index: int | None = None) -> Any:
        return self._get() if index is None else self._at(index)

    def getValueAt(self, frame: float, index: int = 0) -> Any:
        return self._at(index, frame)

    def setValue(self, value: Any, index: int | None = None) -> Any:
        if index is not None:
            value = [*self._value[:index], value, *self._value[index + 1 :]]
        self._put(value)
        return True

    def setAnimated(self, index: int = 0) -> bool:
        self._put_at(index, {float(host().root._frame): self._at(index)}, None)
        return True

    def setValueAt(self, value: float, time: float, index: int = 0) -> bool:
        self._put_at(index, {**self._curves.get(index, {}), float(time): self._item(value)}, None)
        return True

    def isAnimated(self, index: int = -1) -> bool:
        return any(i in self._curves or i in self._expressions for i in self._which(index))

    def isKeyAt(self, frame: float, index: int = -1) -> bool:
        return any(float(frame) in self._curves.get(i, ()) for i in self._which(index))

    def getKeyList(self) -> list[int]:
        return sorted({int(x) for keys in self._curves.values() for x in keys})

    def animation(self, index: int = 0) -> AnimationCurve | None:
        return AnimationCurve(self._curves[index]) if index in self._curves else None

    def clearAnimated(self, index: int = -1) -> bool:
        for i in self._which(index):
            self._put_at(i, None, None)
        return True

    def setExpression(self, expression: str, index: int = -1) -> bool:
        for i in self._which(index):
            self._put_at(i, None, expression)
        return True

    def hasExpression(self, index: int = -1) -> bool:
        return any(i in self._expressions for i in self._which(index))

    def setRange(self, low: float, high: float) -> None:
        self._range = (low, high)

    def min(self) -> float:
        return float(self._range[0])

    def max(self) -> float:
        return float(self._range[1])

    _range = (0.0, 1.0)

    def _which(self, index: int) -> list[int]:
        return list(range(self._size)) if index < 0 else [index]


@api_class
class Double_Knob(Array_Knob):
    pass


@api_class
class Int_Knob(Array_Knob):
    def value(self, index: int | None = None) -> Any:
        return int(self._at(index or 0))

    def _item_text(self, index: int) -> str:
        return str(int(self._value[index]))

    def _item_parse(self, text: str) -> int:
        return int(text, 0)  # colours of tiles are hexadecimal

    def _get_int(self) -> int:
        return int(self._at())

    def _text_now(self) -> str:
        return str(self._get_int())


@api_class
class Boolean_Knob(Array_Knob):
    def __init__(self, name: str, label: str = "", value: bool = False) -> None:
        super().__init__(name, label)
        self._value = [float(value)]

    def value(self, index: int | None = None) -> Any:
        return bool(self._at())

    def _item_text(self, index: int) -> str:
        return "true" if self._value[index] else "false"

    def _item_parse(self, text: str) -> bool:
        return {"true": True, "1": True, "false": False, "0": False}[text]


@api_class
class Disable_Knob(Boolean_Knob):
    pass


@api_class
class XY_Knob(Array_Knob):
    _size = 2


@api_class
class BBox_Knob(Array_Knob):
    """x, y, r, t."""

    _size = 4


@api_class
class AColor_Knob(Array_Knob):
    _size = 4


@api_class
class Unsigned_Knob(Array_Knob):
    pass
