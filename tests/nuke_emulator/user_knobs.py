"""User knobs as scripts define them: addUserKnob {7 guidance l Guidance R 0 2 +STARTLINE}."""

from __future__ import annotations

from . import tcl
from .choices import Enumeration_Knob
from .files import File_Knob
from .knobs import SCRIPT_FLAGS, Knob
from .numbers import BBox_Knob, Boolean_Knob, Double_Knob, Int_Knob
from .texts import (
    Link_Knob,
    Multiline_Eval_String_Knob,
    PyScript_Knob,
    String_Knob,
    Tab_Knob,
    Text_Knob,
)

USER_KNOBS: dict[int, type[Knob]] = {
    20: Tab_Knob,
    1: String_Knob,
    2: File_Knob,
    3: Int_Knob,
    4: Enumeration_Knob,
    6: Boolean_Knob,
    7: Double_Knob,
    15: BBox_Knob,
    22: PyScript_Knob,
    26: Text_Knob,
    41: Link_Knob,
    43: Multiline_Eval_String_Knob,
}


def user_knob(definition: str) -> Knob:
    """The knob that a definition means.

    Raises:
        RuntimeError: an unknown type or option.
        TclError: wrong quoting.
    """
    words = [word.text for word in tcl.words(definition)]
    number = int(words[0])
    if number not in USER_KNOBS:
        raise RuntimeError(f"addUserKnob: unknown type {number}")
    if number == 20 and len(words) == 1:
        return Tab_Knob("User")
    knob = USER_KNOBS[number](words[1])
    rest = words[2:]
    while rest:
        option = rest.pop(0)
        if option[0] in "+-":
            bit = SCRIPT_FLAGS.get(option[1:])
            if bit is None:
                raise RuntimeError(f"addUserKnob: unknown flag {option}")
            knob._flags = knob._flags | bit if option[0] == "+" else knob._flags & ~bit
            continue
        if not rest:
            raise RuntimeError(f"addUserKnob: {option} needs a value")
        value = rest.pop(0)
        match option:
            case "l":
                knob._label = value
            case "t":
                knob._tooltip = value
            case "T":
                knob._value = value
            case "n" if isinstance(knob, Tab_Knob):
                knob._value = int(value)
            case "M" if isinstance(knob, Enumeration_Knob):
                knob._items = [word.text for word in tcl.words(value)]
            case "R" if isinstance(knob, Double_Knob | Int_Knob):
                knob._range = (float(value), float(rest.pop(0)))
            case _:
                raise RuntimeError(f"addUserKnob: unknown option {option!r}")
    return knob
