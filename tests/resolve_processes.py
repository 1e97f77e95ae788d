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
        profile: fields of the emulator's profile.
        marks: frames of the timeline with keyframe markers; the clip has 10 to 21.
        left: timelines that a run has left, less their prefix.
        faults: what `Session.fail` takes.
    """

    def __init__(
        self,
        folder: Path,
        profile: dict[str, Any] | None = None,
        marks: tuple[int, ...] = (10, 15, 21),
        left: tuple[str, ...] = (),
        faults: tuple[tuple[str, int, Any], ...] = (),
        playing: bool = False,
    ) -> None:
        self.folder = folder / "resolve"
        self.folder.mkdir()
        self.home = folder / "home"
        plan = folder / "emulated.json"
        content = {
            "folder": str(self.folder),
            "profile": profile or {},
            "marks": marks,
            "left": left,
            "faults": faults,
            "playing": playing,
        }
        plan.write_text(json.dumps(content), encoding="utf-8")
        here = os.pathsep.join([str(MODULES), str(MODULES.parent)])
        paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))
        self.environ = {
            **os.environ,
            "PYTHONPATH": paths,
            "SPARKVSR_HOME": str(self.home),
            "SPARKVSR_EMULATED": str(plan),
        }

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

    def report(self, action: str) -> dict[str, Any]:
        """What the process that was connected to Resolve has left of it."""
        path = self.folder / f"{action}.report.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def settings(self, **settings: Any) -> list[str]:
        return [f"--{name}={value}" for name, value in settings.items()]
