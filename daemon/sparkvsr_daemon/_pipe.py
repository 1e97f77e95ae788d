"""What supervisor and worker say to each other over the worker's stdin and stdout.

Each message is a 4-byte big-endian length and a MessagePack map. Pixels never go this way: both
sides have the store.
"""

from __future__ import annotations

from typing import IO, Any, Final

import msgspec
from msgspec import Struct

from sparkvsr.kept import PlanChoice

from ._messages import NoticeKind

ABOUT_JOB: Final = "\0job "
"""Begins a line on the worker's stderr that names the job which those behind it are about."""


class RunJob(Struct, frozen=True, tag="run"):
    """Supervisor to worker: lead the job whose manifest is the blob `job`.

    A job that comes while another runs is run at that one's next window border.

    Attributes:
        first: so many of its frames are in the store.
        choice: of an earlier start.
    """

    job: str
    first: int = 0
    choice: PlanChoice | None = None


class RestoreWindow(Struct, frozen=True, tag="window"):
    """Supervisor to worker: help the leader of a job with one window of its plan."""

    job: str
    choice: PlanChoice
    position: int


class StopJob(Struct, frozen=True, tag="stop"):
    """Supervisor to worker: stop it at the next chance."""

    job: str


class Claimed(Struct, frozen=True, tag="claimed"):
    """Supervisor to worker: restore this window now; None: the one you want is there."""

    job: str
    position: int | None


class JobStarted(Struct, frozen=True, tag="started"):
    """Worker to supervisor: it is at it now."""

    job: str


class JobPlanned(Struct, frozen=True, tag="planned"):
    """Worker to supervisor: the windows of a job.

    Attributes:
        needs: for every window the positions of those that it has anchors of.
        order: see `sparkvsr.planner.Plan`.
        devices: on how many devices the engine could run at once.
    """

    job: str
    choice: PlanChoice
    needs: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    devices: int


class WindowWanted(Struct, frozen=True, tag="wanted"):
    """Worker to supervisor: it cannot go on without this window; `Claimed` is the answer."""

    job: str
    position: int


class WindowStored(Struct, frozen=True, tag="kept"):
    """Worker to supervisor: this restored window is in the store."""

    job: str
    choice: PlanChoice
    position: int
    nbytes: int


class WindowDamaged(Struct, frozen=True, tag="damaged"):
    """Worker to supervisor: the file of a window is not what was written, and was removed."""

    job: str
    choice: PlanChoice
    position: int


class WindowDropped(Struct, frozen=True, tag="dropped"):
    """Worker to supervisor: nobody needs this window any more, so it was removed."""

    job: str
    choice: PlanChoice
    position: int


class WorkerNotice(Struct, frozen=True, tag="notice"):
    """Worker to supervisor: something the person should know."""

    job: str
    kind: NoticeKind
    text: str
    data: dict[str, Any]


class FrameStored(Struct, frozen=True, tag="frame"):
    """Worker to supervisor: this restored frame is in the store.

    Attributes:
        index: counted from the first frame that the job gives.
        crc32: of its bytes.
    """

    job: str
    index: int
    trust: float
    crc32: int


class JobFinished(Struct, frozen=True, tag="finished"):
    """Worker to supervisor: all frames of the job are in the store."""

    job: str


class JobStopped(Struct, frozen=True, tag="stopped"):
    """Worker to supervisor: the job ended early; code `cancelled` means that it was asked to."""

    job: str
    code: str
    message: str
    hint: str


class HelpEnded(Struct, frozen=True, tag="helped"):
    """Worker to supervisor: it is done with a `RestoreWindow`; `code` is empty if all went well."""

    job: str
    position: int
    code: str = ""


ToWorker = RunJob | RestoreWindow | StopJob | Claimed
FromWorker = (
    JobStarted | JobPlanned | WindowWanted | WindowStored | WindowDamaged | WindowDropped
    | WorkerNotice | FrameStored | JobFinished | JobStopped | HelpEnded
)  # fmt: skip


def send(stream: IO[bytes], message: ToWorker | FromWorker) -> None:
    """Write one message and flush.

    Raises:
        OSError: the other side is gone.
    """
    data = msgspec.msgpack.encode(message)
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.flush()


def receive_from_supervisor(stream: IO[bytes]) -> ToWorker | None:
    """The next message, waiting for it; None when the supervisor is gone."""
    data = _read(stream)
    return None if data is None else msgspec.msgpack.decode(data, type=ToWorker)


def receive_from_worker(stream: IO[bytes]) -> FromWorker | None:
    """The next message, waiting for it; None when the worker is gone."""
    data = _read(stream)
    return None if data is None else msgspec.msgpack.decode(data, type=FromWorker)


def _read(stream: IO[bytes]) -> bytes | None:
    prefix = stream.read(4)
    if len(prefix) < 4:
        return None
    size = int.from_bytes(prefix, "big")
    data = stream.read(size)
    return data if len(data) == size else None
