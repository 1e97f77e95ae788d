"""Every message of protocol 1.1, as a typed structure. docs/protocol.md is the specification.

`id` names a request, `re` the request that is answered. Digests are lower-case hex SHA-256.
Fields that a later minor version adds are ignored here; that is why they must have defaults there.
Those that 1.1 added are left out where they are at their default: so 1.0 is spoken byte for byte.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

MAX_CHUNK: Final = 1 << 20
MAX_HEADER: Final = 64 << 10
MAX_BLOB: Final = 2 << 30
MAX_CREDIT: Final = 64
MAX_DIGESTS: Final = 256
MAX_LISTED_JOBS: Final = 32
UPLOAD_CREDIT: Final = 8
SHORT_ID: Final = 12
"""Digits of a job id that people see."""

Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
JobName = Annotated[str, Meta(pattern=r"\A[0-9a-f]{4,64}\Z")]
RequestId = Annotated[str, Meta(min_length=1, max_length=32)]
Word = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
FrameIndex = Annotated[int, Meta(ge=0, le=1_000_000)]
Side = Annotated[int, Meta(ge=1, le=131_072)]
CreditCount = Annotated[int, Meta(ge=0, le=MAX_CREDIT)]
Digests = Annotated[tuple[Digest, ...], Meta(max_length=MAX_DIGESTS)]
Version = tuple[Annotated[int, Meta(ge=0, le=65535)], Annotated[int, Meta(ge=0, le=65535)]]

Dtype = Literal["|u1", "<u2", "<f2", "<f4"]
ITEM_BYTES: Final[dict[str, int]] = {"|u1": 1, "<u2": 2, "<f2": 2, "<f4": 4}

JobState = Literal[
    "queued", "running", "pausing", "paused", "cancelling", "done", "failed", "parked", "cancelled"
]
NoticeKind = Literal["started", "note", "warning", "upload"]


class Layout(Struct, frozen=True):
    """How the bytes of one picture are laid out: rows top down, pixels left to right, R G B.

    Attributes:
        shape: height, width, channels (always 3).
        dtype: one of four names; nothing else is ever turned into a NumPy type.
    """

    shape: tuple[Side, Side, Literal[3]]
    dtype: Dtype

    def __post_init__(self) -> None:
        if self.nbytes > MAX_BLOB:
            raise ValueError(f"{self.nbytes} bytes are above the limit of {MAX_BLOB}")

    @property
    def nbytes(self) -> int:
        """Bytes of one picture."""
        return prod(self.shape) * ITEM_BYTES[self.dtype]


class JobInfo(Struct, frozen=True, kw_only=True):
    """One job, as `jobs` lists it.

    Attributes:
        created: seconds since 1970.
        layout: of the result.
        reason: why it is paused, parked, or has failed.
        preview: one frame, wanted quickly.
        windows, windows_kept: of its plan; of these, how many are safe on disk or done with.
        windows_restored, windows_repeated: how many were restored in all starts of the daemon; of
            these, how many that had been safe before.
    """

    id: Digest
    state: JobState
    frames: FrameIndex
    done: FrameIndex
    engine: Word
    engine_version: Word
    layout: Layout
    created: float
    reason: Word = ""
    preview: bool = False
    windows: Count = 0
    windows_kept: Count = 0
    windows_restored: Count = 0
    windows_repeated: Count = 0


class WorkerInfo(Struct, frozen=True, kw_only=True):
    """One worker process; `job` is what it runs, empty when it is idle."""

    pid: Count
    job: Word = ""


class Limits(Struct, frozen=True, kw_only=True):
    """What the daemon accepts. `upload_credit` is granted by `welcome` itself."""

    header: Count = MAX_HEADER
    chunk: Count = MAX_CHUNK
    blob: Count = MAX_BLOB
    digests: Count = MAX_DIGESTS
    upload_credit: Count = UPLOAD_CREDIT


class Message(Struct, frozen=True, kw_only=True, tag_field="t"):
    """Base of all messages."""


# Both ways.


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    id: RequestId


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    re: RequestId


class Credit(Message, frozen=True, kw_only=True, tag="credit"):
    """Room for `n` more chunks: of results of `job`; to the client, without `job`, of uploads."""

    n: CreditCount
    job: Digest | None = None


# Client to daemon.


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    id: RequestId
    v: Version
    client: Word = ""
    pid: Count = 0


class Missing(Message, frozen=True, kw_only=True, tag="missing"):
    id: RequestId
    digests: Digests


class Put(Message, frozen=True, kw_only=True, tag="put"):
    id: RequestId
    digest: Digest
    nbytes: Annotated[int, Meta(ge=1, le=MAX_BLOB)]


class Chunk(Message, frozen=True, kw_only=True, tag="chunk"):
    """One piece of the blob that `put` announced; carries the raw part."""

    put: RequestId
    offset: Count


class Submit(Message, frozen=True, kw_only=True, tag="submit"):
    id: RequestId
    manifest: Digest
    first: FrameIndex = 0
    credit: CreditCount = 0


class Attach(Message, frozen=True, kw_only=True, tag="attach"):
    id: RequestId
    job: JobName
    first: FrameIndex = 0
    credit: CreditCount = 0


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    id: RequestId
    job: JobName


class Pause(Message, frozen=True, kw_only=True, tag="pause"):
    """Let a job wait, or the whole queue; what is finished is kept."""

    id: RequestId
    job: JobName | None = None


class Resume(Message, frozen=True, kw_only=True, tag="resume"):
    """The opposite of `pause`."""

    id: RequestId
    job: JobName | None = None


class Retry(Message, frozen=True, kw_only=True, tag="retry"):
    """Queue a job again that was parked, failed or was cancelled."""

    id: RequestId
    job: JobName


class Jobs(Message, frozen=True, kw_only=True, tag="jobs"):
    id: RequestId


class StatusRequest(Message, frozen=True, kw_only=True, tag="status"):
    id: RequestId


class Unload(Message, frozen=True, kw_only=True, tag="unload"):
    """End the workers, which frees all memory of the GPU; refused while a job runs."""

    id: RequestId


class StoreRequest(Message, frozen=True, kw_only=True, tag="store"):
    id: RequestId


class Clean(Message, frozen=True, kw_only=True, tag="clean"):
    """Remove from the store whatever no waiting or running job needs."""

    id: RequestId


class Shutdown(Message, frozen=True, kw_only=True, tag="shutdown", omit_defaults=True):
    """End the daemon: now, or (since 1.1) when no work goes on in it any more.

    A daemon that speaks 1.0 ignores `when` and ends now.
    """

    id: RequestId
    when: Literal["now", "idle"] = "now"


class Bye(Message, frozen=True, kw_only=True, tag="bye"):
    pass


# Daemon to client.


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    re: RequestId
    v: Version
    boot: Word
    server: Word
    limits: Limits


class MissingReply(Message, frozen=True, kw_only=True, tag="missing_reply"):
    re: RequestId
    digests: Digests


class Stored(Message, frozen=True, kw_only=True, tag="stored"):
    re: RequestId
    digest: Digest


class Accepted(Message, frozen=True, kw_only=True, tag="accepted"):
    re: RequestId
    job: JobInfo
    ahead: Count = 0


class NoticeEvent(Message, frozen=True, kw_only=True, tag="notice"):
    job: Digest
    kind: NoticeKind
    text: Text
    data: Annotated[dict[str, Any], Meta(max_length=32)] = {}


class Progress(Message, frozen=True, kw_only=True, tag="progress"):
    job: Digest
    done: FrameIndex
    of: FrameIndex


class FrameChunk(Message, frozen=True, kw_only=True, tag="frame"):
    """One piece of one restored frame; carries the raw part. `re` is the `submit` or `attach`."""

    re: RequestId
    job: Digest
    index: FrameIndex
    offset: Count
    layout: Layout
    trust: Annotated[float, Meta(ge=0, le=1)]


class Done(Message, frozen=True, kw_only=True, tag="done"):
    re: RequestId
    job: Digest
    frames: FrameIndex


class Failed(Message, frozen=True, kw_only=True, tag="failed"):
    job: Digest
    code: Word
    message: Text
    hint: Text = ""


class CancelledEvent(Message, frozen=True, kw_only=True, tag="cancelled"):
    job: Digest


class JobList(Message, frozen=True, kw_only=True, tag="job_list"):
    re: RequestId
    jobs: Annotated[tuple[JobInfo, ...], Meta(max_length=MAX_LISTED_JOBS)]


class StoreReply(Message, frozen=True, kw_only=True, tag="store_reply"):
    """What the store holds, in bytes.

    Attributes:
        used: of all; `cap` is what it may grow to, `free` what the disk has left.
        blobs, blob_bytes: pictures and manifests that clients sent.
        jobs, job_bytes: jobs with results, finished or not.
        needed: of all, by jobs that wait or run, and by clients that are sending one.
        freed: by `clean`.
    """

    re: RequestId
    cap: Count
    used: Count
    free: Count
    blobs: Count
    blob_bytes: Count
    jobs: Count
    job_bytes: Count
    needed: Count
    freed: Count = 0


class Confirmed(Message, frozen=True, kw_only=True, tag="confirmed"):
    """It was done; `text` says what, for a person."""

    re: RequestId
    text: Text = ""


class StatusReply(Message, frozen=True, kw_only=True, tag="status_reply", omit_defaults=True):
    """Counters are since the start of the daemon.

    Attributes:
        paused: the whole queue waits.
        leaving: it ends when it is idle, as somebody has asked; since 1.1.
    """

    re: RequestId
    boot: Word
    pid: Count
    server: Word
    log: Text
    uptime_s: float
    sessions: Count
    queued: Count
    paused: bool
    workers: tuple[WorkerInfo, ...]
    blobs_received: Count
    bytes_received: Count
    frames_computed: Count
    windows_restored: Count
    bytes_sent: Count
    protocol_errors: Count
    leaving: bool = False


class ErrorReply(Message, frozen=True, kw_only=True, tag="error"):
    re: RequestId | None
    code: Word
    message: Text
    hint: Text = ""


STOPPED: Final = "The daemon was stopped."
"""The reason of a `goodbye` when somebody ended the daemon on purpose: do not connect again."""
LEFT: Final = "The daemon had nothing to do and left, as somebody had asked."
"""The reason of a `goodbye` after `shutdown` with `idle`: connect again when there is work."""


class Goodbye(Message, frozen=True, kw_only=True, tag="goodbye"):
    reason: Text
    re: RequestId | None = None


ClientMessage = (
    Hello | Missing | Put | Chunk | Submit | Attach | Credit | Cancel | Pause | Resume | Retry
    | Jobs | StatusRequest | StoreRequest | Clean | Unload | Ping | Pong | Shutdown | Bye
)  # fmt: skip
DaemonMessage = (
    Welcome | MissingReply | Credit | Stored | Accepted | NoticeEvent | Progress | FrameChunk | Done
    | Failed | CancelledEvent | JobList | StatusReply | StoreReply | Confirmed | Ping | Pong
    | ErrorReply | Goodbye
)  # fmt: skip
AnyMessage = ClientMessage | DaemonMessage
