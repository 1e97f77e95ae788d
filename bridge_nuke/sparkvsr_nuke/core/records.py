"""What a version says about itself, in two files that are whole or not there.

`job.json` is written when the job is submitted: a node that is opened again finds what may still be
running. `result.json` is written last: where it is, the result is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, TypeVar

from sparkvsr_link import BridgeError, read_json, write_json

from .stamp import Stamp
from .window import Window

RECORD_SCHEMA = 1
SUBMISSION_NAME = "job.json"
RECORD_NAME = "result.json"

T = TypeVar("T")


@dataclass(frozen=True)
class Submission:
    """A job that was submitted, and what it was made from.

    Attributes:
        job: the object that the agent took; giving it again is the same job, not another one.
        stamp: what plate and keyframes were when they were exported.
        window: the box that was exported.
    """

    job: Mapping[str, Any]
    stamp: Stamp
    window: Window


@dataclass(frozen=True)
class ResultRecord:
    """What a complete result is, and what it was made from.

    Attributes:
        first, last: its frames, both included.
        width, height: its size in pixels.
        stamp: what it was made from.
        job: digest of the job, see `job_digest`.
        window: as of `Submission`.
    """

    first: int
    last: int
    width: int
    height: int
    stamp: Stamp
    job: str
    window: Window


def write_submission(version: Path, submission: Submission) -> None:
    """Remember the job of a version.

    Raises:
        BridgeError: the file cannot be written.
    """
    content = {
        "job": dict(submission.job),
        "stamp": submission.stamp.to_json(),
        "window": list(submission.window),
    }
    _write(version / SUBMISSION_NAME, content)


def read_submission(version: Path) -> Optional[Submission]:
    """The job of a version; None when it was never submitted.

    Raises:
        BridgeError: it cannot be read, or another version of SparkVSR wrote it.
    """
    return _read(
        version / SUBMISSION_NAME,
        lambda content: Submission(
            dict(content["job"]), Stamp.from_json(content["stamp"]), _as_window(content["window"])
        ),
    )


def remove_submission(version: Path) -> None:
    """Forget a job that was cancelled or failed: the version counts as never submitted."""
    (version / SUBMISSION_NAME).unlink(missing_ok=True)


def write_record(version: Path, record: ResultRecord) -> None:
    """Declare the result of a version complete.

    Raises:
        BridgeError: the file cannot be written.
    """
    content = {**vars(record), "stamp": record.stamp.to_json(), "window": list(record.window)}
    _write(version / RECORD_NAME, content)


def read_record(version: Path) -> Optional[ResultRecord]:
    """What a complete result is; None while it is not complete.

    Raises:
        BridgeError: it cannot be read, or another version of SparkVSR wrote it.
    """
    return _read(version / RECORD_NAME, _as_record)


def _as_record(content: Mapping[str, Any]) -> ResultRecord:
    numbers = {name: content[name] for name in ("first", "last", "width", "height")}
    if not all(type(number) is int for number in numbers.values()):
        raise ValueError("its frames or its size are no whole numbers")
    stamp = Stamp.from_json(content["stamp"])
    window = _as_window(content["window"])
    return ResultRecord(**numbers, stamp=stamp, job=str(content["job"]), window=window)


def _as_window(content: Any) -> Window:
    x, y, r, t = (int(number) for number in content)
    return Window(x, y, r, t)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    try:
        write_json(path, {"schema": RECORD_SCHEMA, **content})
    except OSError as error:
        raise BridgeError(
            f"Cannot write {path}: {error.strerror}.",
            "Make room on that disk, or see to it that you may write there, and try again.",
        ) from error


def _read(path: Path, parse: Callable[[Mapping[str, Any]], T]) -> Optional[T]:
    try:
        content = read_json(path)
        if content["schema"] != RECORD_SCHEMA:
            raise ValueError(f"it has schema {content['schema']}, and {RECORD_SCHEMA} is read here")
        return parse(content)
    except FileNotFoundError:
        return None
    except KeyError as error:
        raise _unusable(path, f"it has no {error}") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, why: str) -> BridgeError:
    return BridgeError(f"Cannot use {path}: {why}.", "Choose another version, or restore again.")
