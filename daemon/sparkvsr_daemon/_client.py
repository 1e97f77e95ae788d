"""One conversation with the daemon, from one thread."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Self, TypeVar

from sparkvsr import __version__
from sparkvsr.errors import CancelledError, UnreachableError

from . import _messages as m
from ._channel import Channel
from ._compatibility import incompatible, left_alone
from ._ending import wait_for_end
from .connection import Connection
from .errors import OrderError, UnknownJobError, from_wire
from .protocol import VERSION, new_id

HELLO_TIMEOUT_S: Final = 3.0
"""The daemon's reason for its goodbye when somebody ended it on purpose."""
_POLL_S: Final = 0.1
_PING_AFTER_S: Final = 2.0
_DEAD_AFTER_S: Final = 20.0
_FAREWELL_MS: Final = 200
_CAN_WAIT: Final = (1, 1)
"""The version of the protocol since which `shutdown` knows `idle`."""

Reply = TypeVar("Reply", bound=m.Message)
JobEvent = m.NoticeEvent | m.Progress | m.FrameChunk | m.Done | m.Failed | m.CancelledEvent


def _name(job: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{4,64}", job):
        raise UnknownJobError(
            f"{job} is no job ID.", "Give at least the first four digits; see sparkvsr jobs."
        )
    return job


def never() -> bool:
    """For waits that nobody can cancel."""
    return False


class Client:
    """Talks to one daemon. Not for use from several threads, and for one restoration at a time.

    Made by `connect`. All methods raise `UnreachableError` when the daemon is gone.

    Attributes:
        boot: of the daemon: another one means that it was restarted.
        version: of the protocol, that the daemon speaks.
        upload_credit: how many chunks may be sent now.
        stopped: the daemon said that somebody ended it on purpose.
    """

    def __init__(self, connection: Connection) -> None:
        self.boot = connection.boot
        self.version: m.Version = VERSION
        self.upload_credit = 0
        self.stopped = False
        self._channel = Channel(connection)
        self._events: deque[tuple[JobEvent, bytes | None]] = deque()
        self._following: tuple[str, str] | None = None
        self._last_heard = self._last_ping = time.monotonic()
        try:
            self._hello()
        except BaseException:
            self._channel.close(0)
            raise

    def jobs(self) -> tuple[m.JobInfo, ...]:
        """The latest jobs, oldest first."""
        return self.request(m.Jobs(id=new_id()), m.JobList).jobs

    def cancel(self, job: str) -> m.JobInfo:
        """Cancel a job; what it has finished is kept for a later run.

        Raises:
            UnknownJobError: there is none with an id that begins like this, or several.
        """
        return self.request(m.Cancel(id=new_id(), job=_name(job)), m.Accepted).job

    def pause(self, job: str | None = None) -> tuple[m.JobInfo, ...]:
        """Let a job wait, or without one the whole queue; gives the jobs that wait by that.

        Raises:
            UnknownJobError: there is none with an id that begins like this, or several.
        """
        return self.request(m.Pause(id=new_id(), job=job and _name(job)), m.JobList).jobs

    def resume(self, job: str | None = None) -> tuple[m.JobInfo, ...]:
        """Let a job go on, or without one the whole queue; gives the jobs that go on by that."""
        return self.request(m.Resume(id=new_id(), job=job and _name(job)), m.JobList).jobs

    def retry(self, job: str) -> m.JobInfo:
        """Queue a job again that was parked, has failed or was cancelled.

        Raises:
            ManifestError: its pictures are no longer in the store.
        """
        return self.request(m.Retry(id=new_id(), job=_name(job)), m.Accepted).job

    def unload(self) -> str:
        """End the workers, which frees the GPU; says what was done.

        Raises:
            JobError: a job is running.
        """
        return self.request(m.Unload(id=new_id()), m.Confirmed).text

    def store(self) -> m.StoreReply:
        """What the daemon's store holds."""
        return self.request(m.StoreRequest(id=new_id()), m.StoreReply)

    def clean(self) -> m.StoreReply:
        """Remove from the store what no waiting or running job needs."""
        return self.request(m.Clean(id=new_id()), m.StoreReply)

    def status(self) -> m.StatusReply:
        """What the daemon is, and what it has done since its start."""
        return self.request(m.StatusRequest(id=new_id()), m.StatusReply)

    def shutdown(self) -> None:
        """Stop the daemon, and wait until it is gone. Jobs go on when one is started again.

        Raises:
            UnreachableError: it did not end.
        """
        self.request(m.Shutdown(id=new_id()), m.Goodbye)
        wait_for_end(self.boot)

    def leave_when_idle(self) -> str:
        """Have the daemon end as soon as no work goes on in it; wait only if that is now.

        Jobs that are paused go on when a daemon is started again. Ask as often as you like.

        Returns:
            What it still waits for, as a sentence; empty when it has ended.

        Raises:
            IncompatibleError: this daemon would end in the midst of its work; it was not asked.
            UnreachableError: it did not end.
        """
        if self.version < _CAN_WAIT:
            spoken = ".".join(map(str, self.version))
            raise left_alone(f"The daemon that runs is older and speaks protocol {spoken}.")
        try:
            reply = self.request(m.Shutdown(id=new_id(), when="idle"), m.Message)
        except UnreachableError:
            reply = None  # somebody else had asked before, and it has just become idle
        if isinstance(reply, m.Confirmed):
            return reply.text
        wait_for_end(self.boot)
        return ""

    def close(self) -> None:
        """End the conversation; jobs go on. Does nothing the second time."""
        if self._channel.closed:
            return
        with contextlib.suppress(UnreachableError):
            self._channel.send(m.Bye())
        self._channel.close(_FAREWELL_MS)

    def give_up(self) -> None:
        """Close without a word, because nobody is there to read it."""
        if not self._channel.closed:
            self._channel.close(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def send(self, message: m.Message, chunk: bytes | memoryview | None = None) -> None:
        """Send a message that has no reply, or whose reply is not waited for here."""
        if self._channel.closed:
            raise UnreachableError("This connection to the daemon was closed.", "Connect again.")
        self._channel.send(message, chunk)

    def request(
        self,
        message: m.Message,
        reply: type[Reply],
        *,
        cancelled: Callable[[], bool] = never,
        patience_s: float = _DEAD_AFTER_S,
    ) -> Reply:
        """Send a request and wait for its reply.

        Raises:
            CancelledError: `cancelled()` answered True.
            SparkVSRError: whatever the daemon answered.
        """
        self.send(message)
        return self.wait_reply(message.id, reply, cancelled, patience_s)  # type: ignore[attr-defined]

    def wait_reply(
        self,
        identifier: str,
        reply: type[Reply],
        cancelled: Callable[[], bool] = never,
        patience_s: float = _DEAD_AFTER_S,
    ) -> Reply:
        """Wait for the reply to a request that was sent before."""
        while True:
            message = self.turn(cancelled, patience_s)
            if message is None or getattr(message, "re", None) != identifier:
                continue
            if not isinstance(message, reply):
                raise OrderError(f"The daemon answered with {type(message).__name__}.")
            return message

    def turn(
        self, cancelled: Callable[[], bool] = never, patience_s: float = _DEAD_AFTER_S
    ) -> m.AnyMessage | None:
        """Wait a moment for one message and take it in; replies are handed back.

        Raises:
            CancelledError: `cancelled()` answered True.
            SparkVSRError: an error that the daemon sent.
            UnreachableError: it is silent, gone, or said goodbye.
        """
        if cancelled():
            raise CancelledError("The job was cancelled.")
        received = self._channel.receive(_POLL_S)
        if received is None:
            self._keep_alive(patience_s)
            return None
        self._last_heard = time.monotonic()
        message, chunk = received
        match message:
            case m.Credit():
                self.upload_credit += message.n
            case m.Ping():
                self.send(m.Pong(re=message.id))
            case m.ErrorReply():
                raise from_wire(message.code, message.message, message.hint)
            case m.Goodbye(re=None):
                self.stopped = message.reason == m.STOPPED
                raise UnreachableError(message.reason, "Run the command again to start it anew.")
            case (
                m.NoticeEvent()
                | m.Progress()
                | m.FrameChunk()
                | m.Done()
                | m.Failed()
                | m.CancelledEvent()
            ):
                if self._is_followed(message):
                    self._events.append((message, chunk))
            case _:
                return message
        return None

    def follow(self, job: str, request: str) -> None:
        """Keep the events of one job from now on, and forget those of the one followed before."""
        self._following = (job, request)
        self._events.clear()

    def next_event(self, cancelled: Callable[[], bool]) -> tuple[JobEvent, bytes | None]:
        """Wait for the next event of the job that is followed.

        Raises:
            CancelledError: `cancelled()` answered True.
        """
        if cancelled():
            raise CancelledError("The job was cancelled.")
        while not self._events:
            self.turn(cancelled)
        return self._events.popleft()

    def _is_followed(self, event: JobEvent) -> bool:
        if self._following is None:
            return False
        job, request = self._following
        return event.job == job and getattr(event, "re", request) == request

    def _hello(self) -> None:
        hello = m.Hello(id=new_id(), v=VERSION, client=f"sparkvsr {__version__}", pid=os.getpid())
        welcome = self.request(hello, m.Welcome, patience_s=HELLO_TIMEOUT_S)
        if welcome.v[0] != VERSION[0]:
            raise incompatible(VERSION, welcome.v)
        self.version = welcome.v
        self.upload_credit = welcome.limits.upload_credit

    def _keep_alive(self, patience_s: float) -> None:
        now = time.monotonic()
        if now - self._last_heard > patience_s:
            raise UnreachableError(
                f"The daemon has not answered for {patience_s:.0f} seconds.",
                "`sparkvsr daemon stop` ends it; the next command starts a new one.",
            )
        if now - max(self._last_heard, self._last_ping) > _PING_AFTER_S:
            self._last_ping = now
            self.send(m.Ping(id=new_id()))
