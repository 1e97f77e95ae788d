"""Knobs with a default, in a word: for the tables of node classes."""

from __future__ import annotations

from typing import Any

from .choices import Channel_Knob, Enumeration_Knob
from .knobs import DO_NOT_WRITE
from .numbers import Boolean_Knob, Double_Knob, Int_Knob
from .texts import Action_Knob, String_Knob


def with_value(knob: Any, value: Any) -> Any:
    """A knob whose default is this value."""
    knob._value = knob._coerce(value)
    knob._default = list(knob._value) if isinstance(knob._value, list) else knob._value
    return knob


def number(name: str, value: float = 0) -> Int_Knob:
    return with_value(Int_Knob(name), value)  # type: ignore[no-any-return]


def real(name: str, value: float = 0) -> Double_Knob:
    return with_value(Double_Knob(name), value)  # type: ignore[no-any-return]


def flag(name: str, value: bool = False) -> Boolean_Knob:
    return with_value(Boolean_Knob(name), value)  # type: ignore[no-any-return]


def text(name: str, value: str = "") -> String_Knob:
    return with_value(String_Knob(name), value)  # type: ignore[no-any-return]


def choice(name: str, items: Any, value: str | int = 0) -> Enumeration_Knob:
    return with_value(Enumeration_Knob(name, "", items), value)  # type: ignore[no-any-return]


def channel(name: str, value: str) -> Channel_Knob:
    return with_value(Channel_Knob(name), value)  # type: ignore[no-any-return]


def button(name: str) -> Action_Knob:
    made = Action_Knob(name)
    made._flags |= DO_NOT_WRITE
    return made
