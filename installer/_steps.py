"""Steps that say what they do, and programs that are started and waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# A host's or a shell's Python settings must not reach our own environment.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")


class StepError(Exception):
    """Setting up cannot go on; the message is one sentence that says what to do."""


@contextmanager
def step(text: str) -> Iterator[None]:
    """One line: what is being done, then how many seconds it took."""
    print(f"{text} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def run(command: Sequence[str | Path], *, folder: Path, log: Path | None = None) -> int:
    """Start a program, wait for it, and return its exit status.

    Args:
        folder: its working directory.
        log: takes all that it prints; None leaves it to the terminal.

    Raises:
        KeyboardInterrupt: Ctrl-C; the program, which got the same signal, has ended by then.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    environ["PYTHONNOUSERSITE"] = "1"
    sys.stdout.flush()
    with Path(log or os.devnull).open("ab") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL if log else None,
            stdout=sink if log else None,
            stderr=sink if log else None,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise
