"""Showing a file in the program that the user has for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from sparkvsr_link import BridgeError

_OPENS_S = 3.0  # within which it says that there is no viewer


def open_file(path: Path) -> None:
    """Open a file as a double click does; returns at once.

    Raises:
        BridgeError: there is no such file, or nothing to open it with.
    """
    if not path.is_file():
        raise BridgeError(f"There is no file {path} any more.", "Make it anew.")
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606  # a picture or a report of ours
        return
    opener = _opener()
    command = shutil.which(opener)
    if command is None:
        raise BridgeError(
            f"There is no {opener} here to open files with.", f"Open {path} yourself."
        )
    # Some openers stay until the file is closed again: a thread takes note of their end.
    threading.Thread(
        target=subprocess.run,
        args=([command, str(path)],),
        kwargs={"stdin": subprocess.DEVNULL, "check": False},
        name="sparkvsr-viewer",
        daemon=True,
    ).start()


def open_picture(path: Path) -> bool:
    """Show a picture without waiting for its viewer to be closed; False where there is none."""
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606  # a picture that was made here
            return True
        opener = _opener()
        quiet = subprocess.DEVNULL
        viewer = subprocess.Popen(
            [opener, str(path)],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )
        return viewer.wait(_OPENS_S) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:  # some are the viewer themselves
        threading.Thread(target=viewer.wait, name="sparkvsr-viewer", daemon=True).start()
        return True


def _opener() -> str:
    return "open" if sys.platform == "darwin" else "xdg-open"
