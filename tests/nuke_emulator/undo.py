"""Undo: what was changed can be taken back, in the groups that the user sees."""

# ruff: noqa: N802
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .host import api, api_class, host

Step = tuple[str, list[Callable[[], None]]]


class History:
    """The undo stack of a session."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.open: list[Step] = []
        self.disabled = 0
        self.changes = 0  # of any kind, recorded or not

    def record(self, what: str, revert: Callable[[], None]) -> None:
        """A change happened: the script is modified, and the change can be undone."""
        host().root._modified = True
        self.changes += 1
        if self.disabled:
            return
        if self.open:
            self.open[-1][1].append(revert)
        else:
            self.steps.append((what, [revert]))

    def undo(self) -> None:
        if not self.steps:
            return
        _, reverts = self.steps.pop()
        self.disabled += 1
        try:
            for revert in reversed(reverts):
                revert()
        finally:
            self.disabled -= 1


def history() -> History:
    found: History = host().root._history
    return found


@api_class
class Undo:
    """`with nuke.Undo("name"):`, or `Undo.disable()` and `Undo.enable()`."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    @classmethod
    def begin(cls, name: str = "") -> None:
        host().check_main("nuke.Undo.begin")
        history().open.append((name, []))

    @classmethod
    def end(cls) -> None:
        host().check_main("nuke.Undo.end")
        step = history().open.pop()
        if step[1]:
            for revert in step[1] if history().open else ():
                history().open[-1][1].append(revert)
            if not history().open:
                history().steps.append(step)

    @classmethod
    def name(cls, name: str) -> None:
        history().open[-1] = (name, history().open[-1][1])

    @classmethod
    def disable(cls) -> None:
        host().check_main("nuke.Undo.disable")
        history().disabled += 1

    @classmethod
    def enable(cls) -> None:
        host().check_main("nuke.Undo.enable")
        history().disabled = max(0, history().disabled - 1)

    @classmethod
    def disabled(cls) -> bool:
        return history().disabled > 0

    @classmethod
    def undoSize(cls) -> int:
        return len(history().steps)

    @classmethod
    def undoDescribe(cls) -> str:
        return history().steps[-1][0] if history().steps else ""

    @classmethod
    def undo(cls) -> None:
        host().check_main("nuke.Undo.undo")
        history().undo()

    def __enter__(self) -> Undo:
        Undo.begin(self._name)
        return self

    def __exit__(self, *error: Any) -> None:
        Undo.end()


@api
def undo() -> None:
    history().undo()
