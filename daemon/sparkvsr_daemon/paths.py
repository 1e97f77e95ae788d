"""Where the daemon keeps its state. `SPARKVSR_HOME` moves all of it."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from .errors import ConnectionFileError

HOME_VARIABLE: Final = "SPARKVSR_HOME"
FOLDER_VARIABLES: Final = (HOME_VARIABLE, "SPARKVSR_MODEL")
"""What may name a folder relative to the process that it was set for."""


@dataclass(frozen=True)
class Paths:
    """The folders, and the files that have one fixed name in them.

    Attributes:
        runtime: lock and connection file; on a local disk.
        data: the store, and the worker's temporary files.
        log: the log.
        config: what the person has set; only read.
    """

    runtime: Path
    data: Path
    log: Path
    config: Path

    @property
    def lock_file(self) -> Path:
        """Held by the running daemon for life."""
        return self.runtime / "daemon.lock"

    @property
    def connection_file(self) -> Path:
        """How to reach the running daemon."""
        return self.runtime / "connection.json"

    @property
    def store(self) -> Path:
        """Root of the content-addressed store."""
        return self.data / "store"

    @property
    def store_lock_file(self) -> Path:
        """Held, too: sessions of one user may have several runtime folders, but one store."""
        return self.data / "daemon.lock"

    @property
    def journal(self) -> Path:
        """What the daemon remembers over its own death."""
        return self.data / "journal.sqlite3"

    @property
    def scratch(self) -> Path:
        """Temporary files of workers, a folder each, which goes when its worker does."""
        return self.data / "scratch"

    @property
    def log_file(self) -> Path:
        """The log of supervisor and worker."""
        return self.log / "daemon.log"

    @property
    def settings_file(self) -> Path:
        """What the person has set about the daemon; need not be there."""
        return self.config / "daemon.toml"

    def create(self) -> None:
        """Make the folders, for this user only.

        Raises:
            ConnectionFileError: a folder belongs to somebody else.
        """
        for folder in (self.runtime, self.data, self.log):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                if folder.stat().st_uid != os.getuid():
                    raise ConnectionFileError(
                        f"The folder {folder} belongs to another user.",
                        f"Remove it, or set {HOME_VARIABLE} to a folder of your own.",
                    )
                folder.chmod(0o700)


def find_paths() -> Paths:
    """The paths of this user, all under `SPARKVSR_HOME` when that is set."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).absolute()
        return Paths(runtime=root / "run", data=root / "data", log=root / "log", config=root)
    with warnings.catch_warnings():
        # What stands in for this variable is part of docs/protocol.md; nobody needs to act on it.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        runtime = platformdirs.user_runtime_path("sparkvsr", appauthor=False)
    return Paths(
        runtime=runtime,
        data=platformdirs.user_data_path("sparkvsr", appauthor=False),
        log=platformdirs.user_log_path("sparkvsr", appauthor=False),
        config=platformdirs.user_config_path("sparkvsr", appauthor=False),
    )
