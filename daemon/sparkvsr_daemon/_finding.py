"""What `sparkvsr doctor` finds out: one line about one thing."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warning", "fault"]


class Finding(Struct, frozen=True, tag="finding", tag_field="event"):
    """One thing that was looked at; `hint` says what to do where it is not `ok`.

    A `fault` keeps SparkVSR, or a part of it, from working; with a `warning` it works, but not as
    well or as safely as it could.
    """

    area: str
    level: Level
    text: str
    hint: str = ""
