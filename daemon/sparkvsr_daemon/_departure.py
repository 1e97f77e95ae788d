"""The end of the daemon: now, or when no work goes on in it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import _messages as m
from ._log import LOG
from ._runner import Runner
from ._sessions import Session


class Departure:
    """Whether the daemon is to end, and when.

    Work that goes on by itself keeps a daemon that is to end when it is idle: jobs that run or
    are queued to, and clients that send pictures or fetch frames. Who is merely connected does
    not, nor does a job that waits for a person: that goes on in the next daemon.

    Args:
        sessions: gives all of them.

    Attributes:
        stopping: the daemon ends at the end of this turn.
        leaving: somebody asked it to end when it is idle.
        reason: what clients are told when it ends.
    """

    def __init__(self, runner: Runner, sessions: Callable[[], Iterable[Session]]) -> None:
        self.stopping = False
        self.leaving = False
        self.reason = m.STOPPED
        self._runner = runner
        self._sessions = sessions

    def ask(self, message: m.Shutdown) -> m.Goodbye | m.Confirmed:
        """Somebody wants the daemon to end; what to answer: goodbye if it does so at once."""
        LOG.info("a client asked for shutdown, %s", message.when)
        if message.when == "now":
            self.stopping = True
        else:
            self.leaving = True
            self.leave_if_idle()
        if self.stopping:
            return m.Goodbye(reason=self.reason, re=message.id)
        return m.Confirmed(re=message.id, text=self._what_is_left())

    def leave_if_idle(self) -> None:
        """End the daemon if that was asked for and nothing goes on."""
        if self.leaving and not self.stopping and not self._runner.to_do and not self._at_work():
            LOG.info("no work goes on, so the daemon leaves as it was asked to")
            self.stopping = True
            self.reason = m.LEFT

    def _at_work(self) -> int:
        return sum(session.at_work for session in self._sessions())

    def _what_is_left(self) -> str:
        if self._runner.to_do:
            return f"The daemon ends when its jobs are done: {self._runner.to_do} unfinished."
        at_work = self._at_work()
        clients = "1 client has" if at_work == 1 else f"{at_work} clients have"
        return f"The daemon ends when {clients} sent or fetched all pictures."
