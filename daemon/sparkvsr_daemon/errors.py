"""The errors that only exist between client and daemon, and how any error crosses the wire.

They extend the tree of `sparkvsr.errors`:

    SparkVSRError
    ├── ProtocolError             a peer broke the protocol; five of them close a session
    │   ├── EnvelopeError         not our magic, or the wrong number of parts
    │   ├── HeaderError           the header is no map, or a field is missing or out of range
    │   ├── UnknownTypeError      an unknown message type, or one that flows the other way
    │   ├── TooLargeError         a part is larger than the limits in `welcome`
    │   ├── CreditError           a chunk was sent without credit
    │   └── OrderError            nothing is wrong with the message, but it does not belong here
    ├── InputError
    │   ├── BlobError             the bytes received do not have the hash they were announced under
    │   ├── ManifestError         the manifest is not valid, or names blobs that are not there
    │   ├── UnknownJobError       no job has this id, or several begin with it
    │   └── LimitError            more than this daemon takes: jobs, frames, bytes, clients
    ├── JobError
    │   ├── WorkerCrashedError    the process that ran the job died, again and again
    │   ├── BusyError             not while a job runs
    │   └── StoreFullError        the store may not grow so large
    └── UnreachableError
        ├── IncompatibleError     the daemon speaks another major version, or is too old
        └── ConnectionFileError   the connection file cannot be trusted

A traceback never crosses the wire: it goes to the log.
"""

from __future__ import annotations

from typing import Final

from sparkvsr.errors import (
    InputError,
    JobError,
    SparkVSRError,
    UnreachableError,
    error_from_code,
)

MAX_TEXT: Final = 4000


class ProtocolError(SparkVSRError):
    """A peer broke the protocol.

    Attributes:
        request: id of the offending request, when it could be read.
    """

    code = "protocol_error"

    def __init__(self, message: str, hint: str = "", *, request: str | None = None) -> None:
        super().__init__(message, hint)
        self.request = request


class EnvelopeError(ProtocolError):
    """Not our magic, or the wrong number of parts."""

    code = "bad_envelope"


class HeaderError(ProtocolError):
    """The header is no MessagePack map, or a field is missing or out of range."""

    code = "bad_header"


class UnknownTypeError(ProtocolError):
    """A message type that this version does not know, or that flows the other way."""

    code = "unknown_type"


class TooLargeError(ProtocolError):
    """A part is larger than the limits allow."""

    code = "too_large"


class CreditError(ProtocolError):
    """A chunk was sent without credit."""

    code = "out_of_credit"


class OrderError(ProtocolError):
    """A message that does not belong at this point of the conversation."""

    code = "out_of_order"


class BlobError(InputError):
    """The bytes received do not have the hash they were announced under."""

    code = "bad_blob"


class ManifestError(InputError):
    """The manifest is not valid, or names blobs that the daemon does not hold."""

    code = "bad_manifest"


class UnknownJobError(InputError):
    """No job has this id, or several begin with it."""

    code = "unknown_job"


class LimitError(InputError):
    """More than this daemon takes: queued jobs, frames of a job, bytes of a client, clients."""

    code = "over_limit"


class WorkerCrashedError(JobError):
    """The process that ran the job died, again and again."""

    code = "worker_crashed"


class BusyError(JobError):
    """Not while a job runs."""

    code = "busy"


class StoreFullError(JobError):
    """The store may not grow so large as this needs."""

    code = "store_full"


class IncompatibleError(UnreachableError):
    """The daemon speaks another major version of the protocol, or one too old for what is asked."""

    code = "incompatible"


class ConnectionFileError(UnreachableError):
    """The connection file cannot be trusted."""

    code = "bad_connection_file"


def to_wire(error: BaseException) -> dict[str, str]:
    """The code, message and hint of any error; what is not of our tree becomes `internal`."""
    if not isinstance(error, SparkVSRError):
        error = SparkVSRError(
            f"Something unforeseen happened ({type(error).__name__}).",
            "The daemon's log tells more: `sparkvsr daemon status` names it.",
        )
    return {
        "code": error.code,
        "message": error.message[:MAX_TEXT],
        "hint": error.hint[:MAX_TEXT],
    }


def from_wire(code: str, message: str, hint: str) -> SparkVSRError:
    """The error that `to_wire` took apart; an unknown code gives a `JobError`."""
    return error_from_code(code, message, hint)
