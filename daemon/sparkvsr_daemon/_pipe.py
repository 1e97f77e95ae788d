"""What supervisor and worker say to each other over the worker's stdin and stdout.

Each message is a 4-byte big-endian length and a MessagePack map. Pixels never go this way: both
sides have the store.
"""

from __future__ import annotations

from typing import IO, Any

import msgspec
from msgspec import Struct

from ._messages import NoticeKind


class RunJob(Struct, frozen=True, tag="run"):
    """Supervisor to worker: run the job whose manifest is the blob `job`."""

    job: str


class CancelJob(Struct, frozen=True, tag="cancel"):
    """Supervisor to worker: stop it at the next chance."""

    job: str


class WorkerNotice(Struct, frozen=True, tag="notice"):
    """Worker to supervisor: something the person should know."""

    job: str
    kind: NoticeKind
    text: str
    data: dict[str, Any]


class FrameStored(Struct, frozen=True, tag="frame"):
    """Worker to supervisor: this restored frame is in the store."""

    job: str
    index: int
    trust: float


class JobFinished(Struct, frozen=True, tag="finished"):
    """Worker to supervisor: all frames of the job are in the store."""

    job: str


class JobStopped(Struct, frozen=True, tag="stopped"):
    """Worker to supervisor: the job ended early; code `cancelled` means that it was asked to."""

    job: str
    code: str
    message: str
    hint: str


ToWorker = RunJob | CancelJob
FromWorker = WorkerNotice | FrameStored | JobFinished | JobStopped


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
