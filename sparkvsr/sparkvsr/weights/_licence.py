"""The notice of the base model's licence: shown once, before the first download."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ..events import Notified
from ._events import OnWeightsEvent

SHOWN_FILE: Final = "notices.json"
BASE_MODEL: Final = "zai-org/CogVideoX1.5-5B-I2V"

NOTICE: Final = Notified(
    "licence",
    f"These weights derive from {BASE_MODEL}, which has a licence of its own, the CogVideoX "
    "licence: commercial use needs a registration and is capped at 1 million visits a month. "
    "SparkVSR's code is under Apache-2.0. Read both before commercial work.",
    {"base_model": BASE_MODEL, "licence": "CogVideoX"},
)


class _Shown(msgspec.Struct):
    """Base model to the time its notice was shown, ISO 8601 in UTC."""

    notices: dict[str, str]
    schema: int = 1


def show_licence_once(models: Path, on_event: OnWeightsEvent) -> None:
    """Show the notice unless the file beside the models says that it was shown."""
    record = models / SHOWN_FILE
    if record.exists():
        return
    on_event(NOTICE)
    shown = _Shown({BASE_MODEL: datetime.now(UTC).isoformat(timespec="seconds")})
    record.write_bytes(msgspec.json.encode(shown))
