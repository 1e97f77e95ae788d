"""File knobs: what is typed, what is stored and what a frame's path is are three things."""

# ruff: noqa: N801, N802
from __future__ import annotations

import re
from typing import Any

from .host import api_class, host
from .texts import EvalString_Knob

PADDING = re.compile(r"%0?(\d*)d|(#+)")


def has_padding(path: str) -> bool:
    return bool(PADDING.search(path))


def has_view(path: str) -> bool:
    return bool(re.search("%[vV]", path))


def expand(path: str, frame: float, view: str) -> str:
    """A frame's path: %04d or ####, %V (the view's name), %v (its first letter)."""

    def number(found: re.Match[str]) -> str:
        width = len(found[2]) if found[2] else int(found[1] or 0)
        return f"{int(frame):0{width}d}" if width else str(int(frame))

    path = path.replace("%V", view).replace("%v", view[:1])
    return PADDING.sub(number, path)


@api_class
class File_Knob(EvalString_Knob):
    """`setValue` stores text; `fromUserText` also takes `path 1-10` and opens the file."""

    def evaluate(self, *args: Any) -> Any:
        frame = args[0] if args else host().root._frame
        view = args[1] if len(args) > 1 else host().views[0]
        return self._path(frame, view) or None

    def _path(self, frame: float, view: str) -> str:
        return expand(self._text_now(), frame, view)

    def getEvaluatedValue(self, *args: Any) -> Any:
        text = self._text_now()
        return re.sub("#+", lambda found: f"%0{len(found[0])}d", text) or None

    def fromUserText(self, text: str) -> None:
        host().check_main(f"{self._name}.fromUserText")
        found = re.fullmatch(r"(.*?)(?: (-?\d+)(?:-(-?\d+))?)?", text)
        assert found
        path, first, last = found.groups()
        self._put(path)
        if self._node is None or self._node._class != "Read":
            return
        if first is not None:
            for ends, frame in (("first", first), ("last", last or first)):
                self._node._knobs[ends]._put(int(frame))
                self._node._knobs[f"orig{ends}"]._put(int(frame))
        self._node._detect_format()
