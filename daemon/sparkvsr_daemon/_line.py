"""The line from one restoration to the daemon: when it breaks, it is taken up again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from sparkvsr.backend import Cancelled, Notice, OnNotice
from sparkvsr.errors import CancelledError, UnreachableError

from ._client import Client
from .errors import ConnectionFileError, IncompatibleError

TRIES: Final = 5
FIRST_PAUSE_S: Final = 0.25
_POLL_S: Final = 0.05

Answer = TypeVar("Answer")


class Line:
    """Holds the client of one restoration, and puts another in its place when the daemon is lost.

    Args:
        client: to begin with. It is closed only when its daemon is lost.
        reconnect: gives the next one, starting a daemon if need be; None: a loss is the end.
        on_notice: is told of every loss.
        cancelled: asked while nobody answers.

    Attributes:
        client: the present one.
    """

    def __init__(
        self,
        client: Client,
        reconnect: Callable[[], Client] | None,
        on_notice: OnNotice,
        cancelled: Cancelled,
    ) -> None:
        self.client = client
        self._given = client
        self._reconnect = reconnect
        self._on_notice = on_notice
        self._cancelled = cancelled
        self._tries = 0

    def run(self, action: Callable[[Client], Answer]) -> Answer:
        """Do something with the client, from the beginning if the daemon is lost meanwhile.

        Raises:
            UnreachableError: as `take_up`.
        """
        while True:
            try:
                return action(self.client)
            except UnreachableError as error:
                self.take_up(error)

    def went_on(self) -> None:
        """A frame has come: what was lost before does not count any more."""
        self._tries = 0

    def take_up(self, lost: UnreachableError) -> None:
        """Connect again after `lost`, which is raised again if that is of no use.

        Raises:
            UnreachableError: the daemon was ended on purpose, or does not come back, or was lost
                too often without a frame in between.
            CancelledError: `cancelled()` answered True.
        """
        while True:
            if self._reconnect is None or self.client.stopped or self._tries == TRIES:
                raise lost
            self._tries += 1
            self.client.give_up()
            text = f"The daemon was lost: {lost.message} Connecting again, try {self._tries}."
            self._on_notice(Notice("warning", text, {"try": self._tries, "of": TRIES}))
            self._wait(FIRST_PAUSE_S * 2 ** (self._tries - 1))
            try:
                self.client = self._reconnect()
                return
            except (IncompatibleError, ConnectionFileError):
                raise
            except UnreachableError as error:
                lost = error

    def close(self) -> None:
        """End the conversation, unless it is still the one that was given."""
        if self.client is not self._given:
            self.client.close()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._cancelled():
            if time.monotonic() >= end:
                return
            time.sleep(_POLL_S)
        raise CancelledError(
            "The job was cancelled while the daemon was lost.",
            "The daemon was not told. If the job goes on when one is started again, "
            "`sparkvsr cancel ID` ends it; `sparkvsr jobs` lists it.",
        )
