"""A machine as the installer sees it: its system, one user's home, and where named places are."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sparkvsr_link import data_folder

_WINDOWS_DEFAULTS: Final = {
    "APPDATA": "~/AppData/Roaming",
    "LOCALAPPDATA": "~/AppData/Local",
    "PROGRAMDATA": "/ProgramData",
    "PROGRAMFILES": "/Program Files",
    "HOME": "~",
}


@dataclass(frozen=True)
class Machine:
    """What places depend on; a test gives it a folder that is shaped like another machine.

    Attributes:
        system: as `sys.platform` says it: `linux`, `darwin` or `win32`.
        home: this user's home folder.
        environ: the environment variables.
        root: where places that begin with `/` are.
    """

    system: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = Path(Path(sys.prefix).anchor)

    def at(self, place: str) -> Path:
        """The path of a place as tables write it: `/opt/x`, `~/.x` or `%APPDATA%/x`."""
        if place.startswith("%"):
            name, _, rest = place[1:].partition("%")
            start = self.environ.get(name)
            folder = Path(start) if start else self.at(_WINDOWS_DEFAULTS[name])
            return folder / rest.lstrip("/")
        if place.startswith("~"):
            return self.home / place[1:].lstrip("/")
        return self.root / place.lstrip("/")

    def glob(self, place: str) -> list[Path]:
        """What is at a place whose parts may hold `*`, sorted; nothing where it cannot be read."""
        before, star, after = place.partition("*")
        folder, _, start = before.rpartition("/")
        try:
            if not star:
                return [self.at(place)] if self.at(place).exists() else []
            return sorted(self.at(folder or "/").glob(f"{start}*{after}"))
        except OSError:
            return []

    @property
    def data_folder(self) -> Path:
        """This user's SparkVSR data folder, absolute."""
        return data_folder(self.environ, self.system, self.home).absolute()
