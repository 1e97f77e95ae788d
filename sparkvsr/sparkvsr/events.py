"""What a restoration tells while it runs. `sparkvsr restore --json` prints each as one line.

{"event": "started", "source": …, "output": …, "frames": 72, …}
{"event": "notice", "kind": "warning", "text": …, "data": {…}}
{"event": "progress", "frames": 12, "of": 72, "fps": 11.2, "seconds_left": 5.4}
{"event": "done", "output": …, "frames": 72, "seconds": 6.5, "fps": 11.1, "trust": 0.83, …}
{"event": "previewed", "output": …, "frame": 1042, "guidance": 1.2, …}
{"event": "error", "code": …, "message": …, "hint": …}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Started(msgspec.Struct, frozen=True, tag_field="event", tag="started"):
    """The input is sound and the work begins.

    Sizes in pixels, of source and output; frames per second as `24000/1001`; the timecode of the
    first frame, None where nobody says it.
    """

    source: str
    output: str
    frames: int
    first_frame: int
    size: tuple[int, int]
    output_size: tuple[int, int]
    rate: str
    timecode: str | None
    keyframes: tuple[int, ...]


class Notified(msgspec.Struct, frozen=True, tag_field="event", tag="notice"):
    """`kind` is `started` (the engine), `upload`, `note` or `warning`."""

    kind: str
    text: str
    data: dict[str, Any] = {}


class Progress(msgspec.Struct, frozen=True, tag_field="event", tag="progress"):
    """Frames finished so far."""

    frames: int
    of: int
    fps: float
    seconds_left: float


class Done(msgspec.Struct, frozen=True, tag_field="event", tag="done"):
    """The output is in its place. `trust` is the mean over all frames, 0 to 1."""

    output: str
    frames: int
    seconds: float
    fps: float
    trust: float
    engine: str
    report: str | None = None


class Previewed(msgspec.Struct, frozen=True, tag_field="event", tag="previewed"):
    """The picture of one frame (host frame number) is in its place."""

    output: str
    frame: int
    guidance: float
    trust: float
    seconds: float


class Failed(msgspec.Struct, frozen=True, tag_field="event", tag="error"):
    """Nothing was put in the output's place; see `sparkvsr.errors` for the codes."""

    code: str
    message: str
    hint: str


Event = Started | Notified | Progress | Done | Previewed | Failed
OnEvent = Callable[[Event], None]
