"""The daemon's log: one rotating file. Frames, keys and the user's paths never go there."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger("sparkvsr_daemon")
WORKER_LOG: Final = logging.getLogger("sparkvsr_daemon.worker")

_FILES: Final = 5
_FILE_BYTES: Final = 5 << 20


def start_logging(path: Path) -> None:
    """Send the daemon's log lines to a file, keeping five of 5 MiB."""
    handler = RotatingFileHandler(
        path, maxBytes=_FILE_BYTES, backupCount=_FILES - 1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def job_log(job_id: str, logger: logging.Logger = LOG) -> logging.LoggerAdapter[logging.Logger]:
    """A logger for lines about one job; for what its worker says, `job_log(id, WORKER_LOG)`."""
    return logging.LoggerAdapter(logger, {"job": job_id[:12]})
