"""Starts the daemon in the background, cut off from the program that needed it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from .paths import FOLDER_VARIABLES, Paths

_HOST_VARIABLES: Final = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")


def spawn_daemon(paths: Paths) -> subprocess.Popen[bytes]:
    """Start a daemon that outlives this process. If one runs already, the new one ends at once."""
    paths.create()
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "sparkvsr_daemon"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=paths.data,
        env=_clean_environment(),
        start_new_session=True,
    )
    # Should it end before this process does, somebody has to take notice, or it stays a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _clean_environment() -> dict[str, str]:
    """This process' environment without what a host application put there for itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _HOST_VARIABLES and not name.startswith("QT_")
    }
    for name in FOLDER_VARIABLES:
        if kept.get(name):
            kept[name] = str(Path(kept[name]).absolute())
    return kept | {"PYTHONNOUSERSITE": "1"}
