"""Pictures in the viewer that the user's system opens them with."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

_OPENS_S = 3.0  # within which it says that there is no viewer


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
        return viewer.wait(_OPENS_S) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:  # some are the viewer themselves
        threading.Thread(target=viewer.wait, name="sparkvsr-viewer", daemon=True).start()
        return True
