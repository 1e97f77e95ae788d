"""Agents as hosts start them, and what they have told."""

from __future__ import annotations

import queue
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np

from sparkvsr.media import write_picture
from sparkvsr_link import Link

COMMAND = [sys.executable, "-I", "-m", "sparkvsr_daemon.cli", "agent"]
PATIENCE_S = 60.0
FRAMES = 6


class Agent:
    """A real agent behind a real link; usable in a `with`."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._new: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.link = Link.start(COMMAND, on_notification=self._on_notification)

    def _on_notification(self, method: str, params: Any) -> None:
        assert method == "event"
        self.events.append(params)
        self._new.put(params)

    def call(self, method: str, **params: Any) -> Any:
        return self.link.call(method, params, PATIENCE_S)

    def wait_for(self, ticket: str, kind: str, text: str = "") -> dict[str, Any]:
        """The next event of a ticket of this kind, whose text holds `text`."""
        while True:
            event = self._new.get(timeout=PATIENCE_S)
            if (event["ticket"], event["event"]) == (ticket, kind) and text in str(event):
                return event

    def wait_until_paused(self, ticket: str) -> None:
        """Until the job waits in a daemon whose queue is paused."""
        self.wait_for(ticket, "notice", "The whole queue is paused")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.link.close()


def make_shot(folder: Path, name: str = "out", **settings: Any) -> dict[str, Any]:
    """A plate of six frames from 1001 on with a keyframe, and a job for it as a host sends it."""
    random = np.random.default_rng(0)
    for number in range(1001, 1001 + FRAMES):
        picture = random.integers(0, 255, (24, 32, 3), np.uint8)
        write_picture(folder / f"plate.{number}.png", picture)
    write_picture(folder / "key.png", random.integers(0, 255, (24, 32, 3), np.uint8))
    return {
        "source": str(folder / "plate.####.png"),
        "output": str(folder / name / "v1.####.png"),
        "keyframes": [{"frame": 1003, "picture": str(folder / "key.png")}],
        "settings": {"upscale": 1.0, "engine": "flow"} | settings,
    }


def outputs(job: dict[str, Any]) -> list[str]:
    """What lies in the folder of the output, parts included."""
    folder = Path(job["output"]).parent
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


WHOLE = [f"v1.{number}.png" for number in range(1001, 1001 + FRAMES)]
