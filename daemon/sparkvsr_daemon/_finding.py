"""What `sparkvsr doctor` finds out: one line about one thing."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warn", "problem"]


class Finding(Struct, frozen=True, tag="finding", tag_field="event"):
    """One thing that was looked at; `hint` says what to do where it is not `ok`."""

    area: str
    level: Level
    text: str
    hint: str = ""
