"""Knobs that choose: one of several names, a format, a channel."""

# ruff: noqa: N801, N802
from __future__ import annotations

from typing import Any

from . import tcl
from .formats import Format, default_format, parse_format
from .host import api_class
from .knobs import Knob
from .numbers import Unsigned_Knob


@api_class
class Enumeration_Knob(Unsigned_Knob):
    """One of several names, set by name or by index."""

    def __init__(self, name: str, label: str = "", items: Any = ()) -> None:
        super().__init__(name, label)
        self._items: list[str] = list(items)

    def _item(self, value: Any) -> float:
        if isinstance(value, str):
            # Colour space entries carry aliases after a tab.
            names = [item.partition("\t")[0] for item in self._items]
            if value not in names:
                raise TypeError(f"{self._name}: there is no item {value!r} in {names}")
            return float(names.index(value))
        index = super()._item(value)
        if not 0 <= index < max(1, len(self._items)):
            raise TypeError(f"{self._name}: there is no item {value}")
        return index

    def _name_now(self) -> str:
        return self._items[int(self._at())].partition("\t")[0] if self._items else ""

    def _get(self, frame: float | None = None) -> Any:
        return self._name_now()

    def getValue(self, index: int | None = None) -> Any:
        return self._at()

    def _item_parse(self, text: str) -> str:
        return text

    def _item_text(self, index: int) -> str:
        return tcl.quote(self._name_now())

    def _parse(self, text: str) -> None:
        if text.startswith("{"):
            super()._parse(text)
        else:
            names = [item.partition("\t")[0] for item in self._items]
            self._put(text if text in names else tcl.words(text)[0].text)

    def _text(self) -> str:
        return super()._text() if self._expressions else self._name_now()

    def values(self) -> list[str]:
        return list(self._items)

    def numValues(self) -> int:
        return len(self._items)

    def enumName(self, n: int) -> str:
        return self._items[n]

    def setValues(self, items: list[str]) -> None:
        now = self._name_now()
        self._items = list(items)
        self._value = [float(items.index(now))] if now in items else [0.0]


@api_class
class Format_Knob(Knob):
    """A format, set by a Format, by its name or by its text."""

    def __init__(self, name: str, label: str = "") -> None:
        super().__init__(name, label)
        self._value = self._default = default_format()

    def _coerce(self, value: Any) -> Format:
        return value if isinstance(value, Format) else parse_format(value)

    def _text(self) -> str:
        return str(self._value._text())


@api_class
class Channel_Knob(Knob):
    """A layer or channel by name: `rgba`, `rgba.red`, `all`, `none`."""

    _default = "rgba"

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self._name}: a channel's name is needed")
        return "none" if value.startswith("-") else value  # a minus switches a channel off


@api_class
class ChannelMask_Knob(Channel_Knob):
    pass
