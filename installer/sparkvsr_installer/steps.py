"""Steps that say what they do, and programs that are started and waited for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# A host's or a shell's Python settings must not reach our own environment.
_FOREIGN: Final = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")
# Where pip puts things is ours to say; which index it asks, and how, stays the user's.
_ELSEWHERE: Final = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")
_LOOK_S: Final = 0.5
_TAIL_BYTES: Final = 4096

TIMES: Final[list[tuple[str, float]]] = []
"""Every step that this process has finished, with its seconds."""


class StepError(Exception):
    """Setting up cannot go on; the message is one sentence that says what to do."""


@contextmanager
def step(text: str) -> Iterator[Callable[[str], None]]:
    """One line: what is being done, then how many seconds it took.

    What is given shows, where stdout is a terminal, what the step is at; it goes with the next.
    """
    print(f"{text} ... ", end="", flush=True)
    start = time.monotonic()
    try:
        yield lambda now: _show(f"{text} ... ", f"{time.monotonic() - start:.0f} s: {now}")
    except BaseException:
        _show(f"{text} ... ", "")
        print("stopped", flush=True)
        raise
    seconds = time.monotonic() - start
    _show(f"{text} ... ", "")
    print(f"{seconds:.1f} s", flush=True)
    TIMES.append((text, seconds))


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    log: Path | None = None,
    show: Callable[[str], None] | None = None,
) -> int:
    """Start a program, wait for it, and return its exit status.

    Args:
        folder: its working directory.
        log: takes all that it prints; None leaves it to the terminal.
        show: told of the last line in the log while the program runs.

    Raises:
        KeyboardInterrupt: Ctrl-C; the program, which got the same signal, has ended by then.
    """
    sys.stdout.flush()
    with Path(log or os.devnull).open("ab") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environ(),
            stdin=subprocess.DEVNULL if log else None,
            stdout=sink if log else None,
            stderr=sink if log else None,
        )
        try:
            while True:
                try:
                    return process.wait(_LOOK_S if log and show else None)
                except subprocess.TimeoutExpired:
                    if log and show:
                        show(_last_line(log))
        except KeyboardInterrupt:
            process.wait()
            raise


def clean_environ() -> dict[str, str]:
    """The environment for programs of our own."""
    dropped = (*_FOREIGN, *_ELSEWHERE)
    environ = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**environ, "PYTHONNOUSERSITE": "1", "PIP_USER": "0"}


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _show(before: str, now: str) -> None:
    if not sys.stdout.isatty():
        return
    room = max(0, shutil.get_terminal_size().columns - len(before) - 1)
    # Blanks, as not every console of Windows knows how to erase a line
    print(f"\r{before}{now[:room]:<{room}}\r{before}{now[:room]}", end="", flush=True)
