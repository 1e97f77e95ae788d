"""`sparkvsr resolve` as real processes, at an emulated Resolve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MODULES = Path(__file__).with_name("resolve_child")
PATIENCE_S = 60.0


class Terminal:
    """A person at a terminal, with a home of their own.

    Args:
        scene: see `scene`.
    """

    def __init__(self, folder: Path, **scene: Any) -> None:
        self.folder = folder / "resolve"
        self.folder.mkdir()
        self.home = folder / "home"
        self._plan = folder / "emulated.json"
        self.scene(**scene)
        self._shown = folder / "shown.txt"
        viewer = folder / "bin" / "xdg-open"
        viewer.parent.mkdir()
        viewer.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{self._shown}"\n', encoding="utf-8")
        viewer.chmod(0o755)
        here = os.pathsep.join([str(MODULES), str(MODULES.parent)])
        paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
        self.environ = {
            **os.environ,
            "PATH": os.pathsep.join([str(viewer.parent), os.environ["PATH"]]),
            "PYTHONPATH": paths,
            "SPARKVSR_HOME": str(self.home),
            "SPARKVSR_EMULATED": str(self._plan),
        }

    def scene(self, profile: dict[str, Any] | None = None, playing: bool = False) -> None:
        """What the next process finds.

        Args:
            profile: fields of the emulator's profile.
            playing: the timeline plays, and does not stop.
        """
        content = {"folder": str(self.folder), "profile": profile or {}, "playing": playing}
        self._plan.write_text(json.dumps(content), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sparkvsr_daemon.cli", "resolve", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def shown(self) -> Path:
        """The picture that the system's viewer was asked to show last."""
        return Path(self._shown.read_text(encoding="utf-8"))

    def report(self, action: str) -> dict[str, Any]:
        """What the process that was connected to Resolve has left of it."""
        path = self.folder / f"{action}.report.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
