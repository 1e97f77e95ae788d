"""`sparkvsr model` as real processes that ask a hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub_server import Hub

FOLDER = Path("home", "data", "models", "Somebody--Tiny")


def environment(hub: Hub, folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HF_", "SPARKVSR_"))
    }
    return {
        **kept,
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(folder / "hf"),
        "NO_PROXY": "127.0.0.1,localhost",
        "SPARKVSR_HOME": str(folder / "home"),
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sparkvsr_daemon.cli", "model", *arguments]


def model(hub: Hub, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=environment(hub, folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def shown_at_a_terminal(hub: Hub, folder: Path, *arguments: str) -> bytes:
    """What a command shows on a terminal; it must succeed."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command(*arguments), env=environment(hub, folder), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how the system says that the other end is closed
            while read := os.read(ours, 1024):
                shown += read
        os.close(ours)
        assert process.wait(30) == 0
    return shown
