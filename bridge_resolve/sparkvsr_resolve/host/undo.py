"""Changes to Resolve that are taken back, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Optional

from sparkvsr_link import BridgeError

from .desk import Desk

_ROUNDS = 2  # a step may fail because of what a later one takes back


class Undo:
    """A context manager: at its end the steps run, the last one first.

    A step that fails keeps no other one from running, and hides no error: what it was for is said
    to the person.

    Args:
        always: run them after success, too: for what was changed for the time being only.
        prepare: what all steps need, such as their timeline; it runs before the first one.
    """

    def __init__(
        self, desk: Desk, always: bool = False, prepare: Callable[[], None] = lambda: None
    ) -> None:
        self._desk = desk
        self._always = always
        self._prepare = prepare
        self._steps: list[tuple[str, Callable[[], None]]] = []

    def later(self, what: str, step: Callable[[], None]) -> None:
        """Remember a step. To be called before the change, which may fail half-way.

        Args:
            what: noun for people, as in `SparkVSR could not take back …`.
            step: looks for itself what there is to take back; nothing is no error.
        """
        self._steps.append((what, step))

    def __enter__(self) -> Undo:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if error is not None or self._always:
            left = self._run()
            if left:
                self._desk.say(f"SparkVSR could not take back {', '.join(left)}: look at Resolve.")

    def _run(self) -> list[str]:
        """What could not be taken back."""
        left = self._steps[::-1]
        try:
            self._desk.gate()
            self._prepare()
        except BridgeError:  # nothing can be written: waiting again at every step would take long
            return [what for what, _ in left]
        for _ in range(_ROUNDS):
            left = [(what, step) for what, step in left if not _succeeds(step)]
        return [what for what, _ in left]


def _succeeds(step: Callable[[], None]) -> bool:
    try:
        step()
    except Exception:  # whatever the API raises, the other steps are still to be done
        return False
    return True
