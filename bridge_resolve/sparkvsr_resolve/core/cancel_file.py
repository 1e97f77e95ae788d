"""A script asks another one, which drives Resolve, to stop.

Menu scripts are processes of their own and know nothing of each other but the lock. So the wish is
a file `cancel` next to it, which names the process that is meant: a file that was left over stops
nobody else.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Optional

from sparkvsr_link import BridgeError, read_json, write_json

from .crash_file import ScriptLock

_OWNER = re.compile(r"process (\d+)", re.ASCII)


class CancelFile:
    """The wish of a folder's lock.

    Args:
        folder: of the lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "cancel"

    def ask(self) -> Optional[int]:
        """Ask the process that has the lock to stop.

        Returns:
            Its number; None when nobody has the lock.

        Raises:
            BridgeError: it cannot be asked.
        """
        owner = self._owner()
        if owner is None:
            return None
        try:
            write_json(self._path, {"process": owner})
        except OSError as error:
            raise BridgeError(
                f"Cannot write {self._path}: {error.strerror}.", "Make room on that disk."
            ) from error
        return owner

    @property
    def asked(self) -> bool:
        """Whether this process was asked; usable from any thread."""
        try:
            return read_json(self._path).get("process") == os.getpid()
        except (OSError, ValueError):
            return False

    def forget(self) -> None:
        """What this process was asked before counts no more; what another one was, stays."""
        if self.asked:
            with suppress(OSError):
                self._path.unlink()

    def _owner(self) -> Optional[int]:
        try:
            ScriptLock.take(self._folder).release()
        except BridgeError as refused:
            with suppress(OSError):
                found = _OWNER.match((self._folder / "lock").read_text(encoding="utf-8"))
                if found:
                    return int(found[1])
            raise refused
        return None
