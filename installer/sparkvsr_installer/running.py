"""Programs of a version that the installer starts: its agent, and `sparkvsr`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sparkvsr_link import Link, LinkError, data_folder

from .files import same_place
from .installation import Installation
from .steps import StepError, clean_environ, run, step
from .version import Record, sparkvsr_command

_PATIENCE_S: Final = 120.0  # a cold disk, a virus scanner
_DAEMON_S: Final = 60.0


def start_agent_once(record: Record, *, private: bool) -> None:
    """See whether the agent answers; one for others leaves no traces in this user's home.

    Raises:
        StepError: it does not.
    """
    with step("Starting the agent once"), TemporaryDirectory(prefix="sparkvsr-") as folder:
        environ = os.environ if private else {**os.environ, "SPARKVSR_HOME": folder}
        try:
            with Link.start(list(record.agent), environ) as started:
                started.call("hello", {"client": "installer"}, _PATIENCE_S)
        except LinkError as error:
            raise StepError(f"{error.message} {error.hint}") from error


def tell(installation: Installation, record: Record, *arguments: str) -> list[str]:
    """Run `sparkvsr` of a version; gives what it said when it failed, as a note. Raises nothing."""
    environ = clean_environ()
    if not same_place(installation.folder, data_folder(environ)):
        environ["SPARKVSR_HOME"] = str(installation.folder)  # as when it was installed
    try:
        done = subprocess.run(
            sparkvsr_command(record.python, *arguments),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_DAEMON_S,
            env=environ,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"`sparkvsr {' '.join(arguments)}` did not work: {error}"]
    return [done.stderr.strip()] if done.returncode else []


def run_sparkvsr(record: Record, arguments: Sequence[str], folder: Path) -> int:
    """Run `sparkvsr` of a version in this terminal; gives its exit status."""
    return run(sparkvsr_command(record.python, *arguments), folder=folder)
