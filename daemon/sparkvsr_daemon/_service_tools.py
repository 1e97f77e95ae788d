"""Runs the tools by which operating systems are told about services."""

from __future__ import annotations

import subprocess
from typing import Final

from sparkvsr.errors import InputError, JobError

NOT_NEEDED: Final = "The daemon does not need it: commands start it when none runs."
_PATIENCE_S: Final = 60.0


def ask(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool.

    Raises:
        InputError: it is not here.
        JobError: it does not come back.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except FileNotFoundError:
        raise InputError(f"There is no {command[0]} here.", NOT_NEEDED) from None
    except subprocess.TimeoutExpired:
        raise JobError(
            f"`{' '.join(command)}` has not ended within {_PATIENCE_S:.0f} seconds.",
            "Run it yourself to see why.",
        ) from None


def tell(*command: str) -> None:
    """Run a tool that has to succeed.

    Raises:
        InputError: it is not here.
        JobError: it fails.
    """
    asked = ask(*command)
    if asked.returncode:
        raise JobError(
            f"`{' '.join(command)}` failed: {said(asked)}.", "Run it yourself to see more."
        )


def said(asked: subprocess.CompletedProcess[str]) -> str:
    """What a tool printed, to be put into a sentence."""
    words = (asked.stderr or asked.stdout).split()
    return " ".join(words).rstrip(".") or f"status {asked.returncode}"
