"""`result.json`: what a version holds. It is written last, so where it is, the result is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

from ._errors import BridgeError
from ._files import read_json, write_json
from .stamp import Stamp

RECORD_SCHEMA = 1
RECORD_NAME = "result.json"


@dataclass(frozen=True)
class ResultRecord:
    """What a complete result is, and what it was made from.

    Attributes:
        first, last: its frames, both included.
        width, height: its size in pixels.
        stamp: what it was made from.
        job: digest of the job, see `job_digest`.
    """

    first: int
    last: int
    width: int
    height: int
    stamp: Stamp
    job: str


def job_digest(job: Mapping[str, Any]) -> str:
    """SHA-256 of a job object; the order of its keys does not matter."""
    text = json.dumps(job, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_record(version: Path, record: ResultRecord) -> None:
    """Declare the result of a version complete.

    Raises:
        BridgeError: the file cannot be written.
    """
    content = {**asdict(record), "schema": RECORD_SCHEMA, "stamp": record.stamp.to_json()}
    try:
        write_json(version / RECORD_NAME, content)
    except OSError as error:
        raise BridgeError(
            f"Cannot write {version / RECORD_NAME}: {error.strerror}.",
            "The restored frames are there; make room on that disk and restore again.",
        ) from error


def read_record(version: Path) -> Optional[ResultRecord]:
    """What a version's `result.json` says; None when there is none, so when it is not complete.

    Raises:
        BridgeError: there is one that cannot be read, or that another version of SparkVSR wrote.
    """
    path = version / RECORD_NAME
    try:
        content = read_json(path)
        if content["schema"] != RECORD_SCHEMA:
            raise ValueError(f"it has schema {content['schema']}, and {RECORD_SCHEMA} is read here")
        numbers = {name: content[name] for name in ("first", "last", "width", "height")}
        if not all(type(number) is int for number in numbers.values()):
            raise ValueError("its frames or its size are no whole numbers")
        return ResultRecord(
            **numbers, stamp=Stamp.from_json(content["stamp"]), job=str(content["job"])
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise BridgeError(
            f"Cannot use {path}: {what}.", "Choose another version, or restore again."
        ) from error
