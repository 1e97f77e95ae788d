"""One run of a node: which phase may follow which, and what the status line says."""

from __future__ import annotations

import enum
import threading
from typing import Final


class Phase(enum.Enum):
    """Where a run is; the value is the word for it."""

    IDLE = "idle"
    CONNECTING = "starting SparkVSR"
    CHECKING = "checking"
    EXPORTING_PLATE = "exporting plate"
    EXPORTING_KEYS = "exporting keyframes"
    SUBMITTING = "submitting"
    RUNNING = "restoring"
    PREVIEWING = "making a preview"
    READING_BACK = "reading back"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS: Final = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})

# The next steps of each phase while all goes well; every one of them may also fail or be cancelled.
_NEXT: Final[dict[Phase, frozenset[Phase]]] = {
    # A node that was reopened finds its job running: nothing is exported again.
    Phase.IDLE: frozenset({Phase.CONNECTING, Phase.RUNNING}),
    Phase.CONNECTING: frozenset({Phase.CHECKING}),
    Phase.CHECKING: frozenset({Phase.EXPORTING_PLATE}),
    Phase.EXPORTING_PLATE: frozenset({Phase.EXPORTING_KEYS}),
    Phase.EXPORTING_KEYS: frozenset({Phase.SUBMITTING, Phase.PREVIEWING}),
    Phase.SUBMITTING: frozenset({Phase.RUNNING}),
    # It begins again where another agent takes it up.
    Phase.RUNNING: frozenset({Phase.RUNNING, Phase.READING_BACK}),
    Phase.READING_BACK: frozenset({Phase.DONE}),
    Phase.PREVIEWING: frozenset({Phase.DONE}),
}


class RunState:
    """The phase of one run and its progress; usable from any thread.

    A cancel and the end of the work may come at the same time from two threads: `advance` lets the
    first one win and tells the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phase = Phase.IDLE
        self._done = 0
        self._total = 0
        self._why = ""

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def ended(self) -> bool:
        return self._phase in ENDS

    def advance(self, phase: Phase, total: int = 0, why: str = "") -> bool:
        """Go on to another phase.

        Args:
            total: how many frames it has; 0 when it has no progress.
            why: a sentence for the status line, of a failure or an end.

        Returns:
            False when the run had ended already, and stays as it ended.

        Raises:
            ValueError: this phase cannot follow the present one.
        """
        with self._lock:
            if self._phase in ENDS:
                return False
            if phase not in _NEXT[self._phase] | {Phase.FAILED, Phase.CANCELLED}:
                raise ValueError(f"{phase.value} cannot follow {self._phase.value}")
            self._phase, self._done, self._total, self._why = phase, 0, total, why
            return True

    def progress(self, done: int) -> None:
        """So many frames of the present phase are finished; what comes late or twice is ignored."""
        with self._lock:
            self._done = max(self._done, min(done, self._total))

    def percent(self) -> int:
        """0 to 100 within the present phase, as a progress bar takes it."""
        with self._lock:
            return 100 * self._done // self._total if self._total else 0

    def status(self) -> str:
        """The status line, such as `Exporting plate: 3 of 96 frames`."""
        with self._lock:
            text = self._phase.value[0].upper() + self._phase.value[1:]
            if self._phase is Phase.IDLE:
                return ""
            if self._total:
                return f"{text}: {self._done} of {self._total} frames"
            if self._why:
                return f"{text}: {self._why}"
            return text + ("." if self._phase in ENDS else " …")
