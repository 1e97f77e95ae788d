"""Pictures in the viewer that the user's system opens them with."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path


def open_picture(path: Path) -> bool:
    """Show a picture without waiting for its viewer to be closed; False where there is none."""
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606  # a picture that was made here
            return True
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        quiet = subprocess.DEVNULL
        viewer = subprocess.Popen(
            [opener, str(path)],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )
    except OSError:
        return False
    threading.Thread(target=viewer.wait, name="sparkvsr-viewer", daemon=True).start()
    return True
