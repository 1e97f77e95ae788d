"""How commands write for people and for programs: plain sentences, tables, lines of JSON."""

from __future__ import annotations

import sys
from typing import Any, Final

import msgspec
from rich.console import Console

_PIPE_WIDTH: Final = 200


def console() -> Console:
    """Stdout; as wide as the terminal, or wide enough for whole rows where a program reads."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def say(text: str) -> None:
    """Write a sentence as it is."""
    console().print(text, markup=False, soft_wrap=True)


def say_json(event: dict[str, Any]) -> None:
    """Write one line with one JSON object."""
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()
