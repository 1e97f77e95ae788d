"""Stands in for the agent where a test decides when its previews return, and how."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import numpy as np

from artist import Artist
from sparkvsr.media import write_picture
from sparkvsr_link import LinkError

GONE = LinkError("agent_gone", "The SparkVSR agent ended with status 1.", "Try again.")


class Previewer:
    """Answers as the agent does; a preview shows its guidance in every pixel.

    Attributes:
        open: while it is cleared, previews begin and do not return.
        asked: frame and guidance of every preview, in their order.
        jobs: their jobs.
        errors: what the next previews fail with, None where they do not.
        size: width, height of its pictures.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = threading.Event()
        self.open.set()
        self.asked: list[tuple[int, float]] = []
        self.jobs: list[dict[str, Any]] = []
        self.errors: list[Exception | None] = []
        self.most_at_a_time = 0
        self.size = (16, 12)
        self._now = 0
        self._one_by_one = threading.Lock()
        self._picture: Path | None = None

    def call(self, method: str, timeout: float | None = None, **params: Any) -> Any:
        """In place of `AGENT.call`."""
        assert threading.current_thread() is not threading.main_thread()
        if method == "status":
            return {"daemon": None}
        assert method == "preview"
        frame, guidance = params["frame"], params["job"]["settings"]["guidance"]
        self.asked.append((frame, guidance))
        self.jobs.append(params["job"])
        self._now += 1
        self.most_at_a_time = max(self.most_at_a_time, self._now)
        with self._one_by_one:
            self.open.wait(60)
            self._now -= 1
            error = self.errors.pop(0) if self.errors else None
            if error is not None:
                raise error
            picture = self._write(guidance)
        return {"picture": str(picture), "frame": frame, "guidance": guidance}

    def _write(self, guidance: float) -> Path:
        """Another picture has another name, and the one before is removed."""
        self.folder.mkdir(exist_ok=True)
        digest = hashlib.sha256(repr(guidance).encode()).hexdigest()[:16]
        picture = self.folder / f"0123abcd-{digest}.exr"
        if self._picture is not None and self._picture != picture:
            self._picture.unlink()
        width, height = self.size
        write_picture(picture, np.full((height, width, 3), guidance, np.float32))
        self._picture = picture
        return picture


def is_preview(artist: Artist, frame: int, guidance: float = 1.0) -> bool:
    """Whether the node gives a picture of a `Previewer` there."""
    return bool((artist.picture(frame).planes["rgba.red"] == guidance).all())
