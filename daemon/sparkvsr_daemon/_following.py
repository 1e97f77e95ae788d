"""Follows one job until its last frame, over as many daemons as that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import Cancelled, Notice, OnNotice, RestoredFrame
from sparkvsr.errors import CancelledError, UnreachableError

from . import _messages as m
from ._client import Client, JobEvent
from ._line import TRIES, Line
from .errors import ManifestError, OrderError, from_wire
from .protocol import new_id

RESULT_CREDIT: Final = 8


class Following:
    """One job whose blobs were sent.

    Args:
        send_again: sends what the daemon lacks by now; False when it lacks nothing.
        cancelled: when it answers True, the job is cancelled for everybody.
    """

    def __init__(
        self,
        job: str,
        line: Line,
        send_again: Callable[[], bool],
        on_notice: OnNotice,
        cancelled: Cancelled,
    ) -> None:
        self._job = job
        self._line = line
        self._send_again = send_again
        self._on_notice = on_notice
        self._cancelled = cancelled
        self._finished = 0
        self._told: set[str] = set()

    def frames(self) -> Iterator[RestoredFrame]:
        """Every frame once, in order, counted from the first that the job gives.

        Raises:
            SparkVSRError: what ended the job.
            UnreachableError: the daemon is gone for good.
        """
        while True:
            try:
                info = self._submit()
                for frame in self._received(info):
                    self._finished += 1
                    self._line.went_on()
                    yield frame
                return
            except UnreachableError as error:
                self._line.take_up(error)

    def _submit(self) -> m.JobInfo:
        accepted = self._accepted()
        job = accepted.job
        for text in _situation(accepted):
            self._note(text)
        if job.state == "queued" and self._line.client.status().paused:
            self._note("The whole queue is paused. `sparkvsr resume` lets it go on.")
        return job

    def _accepted(self) -> m.Accepted:
        for _ in range(TRIES):  # a daemon may be lost, with some blobs, while these are sent again
            try:
                return self._ask()
            except ManifestError:
                if not self._send_again():
                    raise
        return self._ask()

    def _ask(self) -> m.Accepted:
        client = self._line.client
        submit = m.Submit(
            id=new_id(), manifest=self._job, first=self._finished, credit=RESULT_CREDIT
        )
        client.follow(self._job, submit.id)
        return client.request(submit, m.Accepted)

    def _received(self, info: m.JobInfo) -> Iterator[RestoredFrame]:
        """What the present daemon gives, from the first frame that is still to come."""
        assembly = _Assembly(info.layout, self._finished)
        told_before = frozenset(self._told)  # a daemon repeats all notices of the job
        client = self._line.client
        while True:
            event, chunk = self._next_event(client)
            match event:
                case m.FrameChunk():
                    client.send(m.Credit(n=1, job=self._job))
                    picture = assembly.take(event, chunk or b"")
                    if picture is not None:
                        yield RestoredFrame(event.index, picture, event.trust)
                case m.NoticeEvent():
                    self._told.add(event.text)
                    if event.text not in told_before:
                        self._on_notice(
                            Notice(event.kind, event.text, {"job": self._job} | event.data)
                        )
                case m.Done():
                    if assembly.finished != info.frames:
                        raise OrderError("The daemon ended the job before its last frame.")
                    return
                case m.Failed():
                    raise from_wire(event.code, event.message, event.hint)
                case m.CancelledEvent():
                    raise CancelledError(f"Job {self._job[: m.SHORT_ID]} was cancelled.")

    def _next_event(self, client: Client) -> tuple[JobEvent, bytes | None]:
        try:
            return client.next_event(self._cancelled)
        except CancelledError:
            client.cancel(self._job)
            raise

    def _note(self, text: str) -> None:
        self._on_notice(Notice("note", text, {"job": self._job}))


class _Assembly:
    """Puts the pieces of frames together, one frame at a time, in order.

    Args:
        finished: how many frames there are already.
    """

    def __init__(self, layout: m.Layout, finished: int) -> None:
        self.finished = finished
        self._layout = layout
        self._buffer = bytearray()

    def take(self, piece: m.FrameChunk, chunk: bytes) -> NDArray[Any] | None:
        """Add a piece; the picture (H W 3) when it is complete by that."""
        if piece.offset == 0:
            self._buffer.clear()  # what came of this frame was damaged in the store, and made anew
        expected = (self.finished, len(self._buffer), self._layout)
        if (piece.index, piece.offset, piece.layout) != expected:
            raise OrderError(f"Frame {piece.index} came where {self.finished} was expected.")
        self._buffer += chunk
        if len(self._buffer) < self._layout.nbytes:
            return None
        if len(self._buffer) > self._layout.nbytes:
            raise OrderError(f"Frame {piece.index} has more bytes than it should.")
        picture = np.frombuffer(self._buffer, self._layout.dtype).reshape(self._layout.shape)
        self.finished += 1
        self._buffer = bytearray()
        return picture


def _situation(accepted: m.Accepted) -> Iterator[str]:
    state, short = accepted.job.state, accepted.job.id[: m.SHORT_ID]
    if state == "done":
        yield f"Job {short} was finished before; its frames come from the daemon's store."
    elif state in ("pausing", "paused"):
        yield f"Job {short} is paused. `sparkvsr resume {short}` lets it go on."
    elif accepted.ahead:
        yield f"Job {short} waits for {accepted.ahead} other job{'s' * (accepted.ahead > 1)}."
