"""The daemon's log: one rotating file, the id of the job on each line.

    2026-03-01T12:30:05.123+01:00 ERROR 0123456789ab sparkvsr_daemon: failed: engine_failed
    2026-03-01T12:30:05.123+01:00 ERROR 0123456789ab sparkvsr_daemon: | Traceback (most recent …

Lines that are about no job have `-` in place of the id. Every line of a record begins like its
first one; the text of those that follow begins with `| `. So `grep` finds all of a job, and a text
with line breaks in it cannot pass for another record. Frames, keys and the user's paths never go
there.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from ._messages import SHORT_ID
from ._redact import Redactor
from .paths import find_paths

LOG: Final = logging.getLogger("sparkvsr_daemon")
WORKER_LOG: Final = logging.getLogger("sparkvsr_daemon.worker")

FILES: Final = 5
NO_JOB: Final = "-"
CONTINUED: Final = "| "
_FILE_BYTES: Final = 5 << 20
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def start_logging(path: Path) -> None:
    """Send the daemon's log lines to a file, keeping five of 5 MiB."""
    handler = RotatingFileHandler(
        path,
        maxBytes=_FILE_BYTES,
        backupCount=FILES - 1,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(LineFormatter(Redactor(find_paths())))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def job_log(job_id: str, logger: logging.Logger = LOG) -> logging.LoggerAdapter[logging.Logger]:
    """A logger for lines about one job, or about none if the id is empty.

    For what a worker prints: `job_log(job_id, WORKER_LOG)`.
    """
    return logging.LoggerAdapter(logger, {"job": job_id[:SHORT_ID] or NO_JOB})


class LineFormatter(logging.Formatter):
    """Writes a record as lines that all begin with time, level, job and logger."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        written = datetime.fromtimestamp(record.created).astimezone()
        time = written.isoformat(timespec="milliseconds")
        job = getattr(record, "job", NO_JOB)
        prefix = f"{time} {record.levelname} {job} {record.name}: "
        text = self._redactor.paths(super().format(record))
        first, *more = text.splitlines() or [""]
        lines = [first, *(CONTINUED + line for line in more)]
        return "\n".join(prefix + _CONTROL.sub(_escaped, line) for line in lines)


def _escaped(control: re.Match[str]) -> str:
    """What a terminal would act on, as text."""
    return f"\\x{ord(control[0]):02x}"
