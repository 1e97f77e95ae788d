"""What every step of the bridge works with: Resolve, time, and a voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Optional, TypeVar

from sparkvsr_link import BridgeError

from .clock import Clock

if TYPE_CHECKING:
    from fusionscript import MediaPool, Project, Resolve, Timeline

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long the bridge waits for a person to close a dialog before it gives up."""
_LOOK_S = 0.25
_TRIES = 3
LOOK = "Look at Resolve, then try again."

_CLOSE = "Close the dialog or the Project Manager in Resolve, then try again."


@dataclass(frozen=True)
class Desk:
    """Made once when the bridge starts.

    Attributes:
        resolve: the application, watched.
        say: shows a person one line.
        cancelled: whether they want to stop.
    """

    resolve: Resolve
    clock: Clock
    say: Callable[[str], None] = print
    cancelled: Callable[[], bool] = lambda: False

    @property
    def project(self) -> Project:
        """The open one.

        Raises:
            BridgeError: none is open, or Resolve does not answer.
        """
        manager = self.asked("its projects", self.resolve.GetProjectManager)
        project: Optional[Project] = self._soon(manager.GetCurrentProject)
        if project is None:
            raise BridgeError("No project is open in Resolve.", "Open one, then try again.")
        return project

    @property
    def pool(self) -> MediaPool:
        return self.asked("its media pool", self.project.GetMediaPool)

    @property
    def timeline(self) -> Timeline:
        """The current one.

        Raises:
            BridgeError: there is none.
        """
        timeline: Optional[Timeline] = self._soon(self.project.GetCurrentTimeline)
        if timeline is None:
            raise BridgeError("No timeline is open in Resolve.", "Open the clip's timeline.")
        return timeline

    def asked(
        self,
        what: str,
        ask: Callable[[], Optional[T]],
        is_answer: Callable[[object], bool] = lambda answer: True,
    ) -> T:
        """Ask until there is an answer: Resolve gives none now and then where it has one.

        Args:
            what: completes `Resolve does not tell …`.
            is_answer: refuses more than None, False and '', which never are.

        Raises:
            BridgeError: there is none, after some tries.
        """
        answer = self._soon(ask, is_answer)
        if answer is None:
            raise BridgeError(f"Resolve does not tell {what}.", LOOK)
        return answer

    def number(self, what: str, ask: Callable[[], Optional[float]]) -> int:
        """Ask for a whole number, which may come as a float; see `asked`."""
        return round(self.asked(what, ask, _is_number))

    def _soon(
        self,
        ask: Callable[[], Optional[T]],
        is_answer: Callable[[object], bool] = lambda answer: True,
    ) -> Optional[T]:
        for _ in range(_TRIES):
            answer = ask()
            if answer is not None and answer is not False and answer != "" and is_answer(answer):
                return answer
            self.clock.sleep(_LOOK_S)
        return None

    def gate(self) -> None:
        """Wait until Resolve can be written to.

        With a dialog open, in the Project Manager and while it renders, Resolve does nothing of
        what it is asked, and does not say so.

        Raises:
            BridgeError: it stayed so.
        """
        if not self.wait_until(lambda: bool(self.resolve.GetCurrentPage()), PATIENCE_S):
            raise BridgeError("Resolve shows a dialog or the Project Manager, or renders.", _CLOSE)

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Look again and again; whether it came to hold in time."""
        end = self.clock.now() + seconds
        while not holds():
            if self.clock.now() >= end:
                return False
            self.clock.sleep(_LOOK_S)
        return True

    def change(
        self,
        what: str,
        do: Callable[[], object],
        holds: Callable[[], bool],
        settle_s: float = 2.0,
        hint: str = LOOK,
    ) -> None:
        """Change something of Resolve's, and look whether it has changed.

        What it returns is no proof: True is said of what did not happen, too.

        Args:
            what: completes `Resolve did not …`.
            holds: whether it has changed.
            settle_s: how long the change may take to show.
            hint: of the error, where more is known than `Look at Resolve`.

        Raises:
            BridgeError: it has not, after some tries.
        """
        for _ in range(_TRIES):
            self.gate()
            do()
            if self.wait_until(holds, settle_s):
                return
        raise BridgeError(f"Resolve did not {what}.", hint)

    def gained(self, what: str, do: Callable[[], Optional[T]]) -> T:
        """Ask for something to be made, until it is there.

        Raises:
            BridgeError: it was refused, after some tries.
        """
        for _ in range(_TRIES):
            self.gate()
            made = do()
            if made:
                return made
            self.clock.sleep(_LOOK_S)
        raise BridgeError(f"Resolve did not {what}.", LOOK)


def _is_number(answer: object) -> bool:
    return isinstance(answer, (int, float)) and type(answer) is not bool and isfinite(answer)
