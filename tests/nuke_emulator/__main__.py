"""The emulated application as a program: a terminal session, with the exit codes of the real one.

    python -m nuke_emulator -t script.py [arguments]
    python -m nuke_emulator -x [-F 1001-1006] [--cont] script.nk

As in Nuke, the init.py of every folder of NUKE_PATH is run first, from the last to the first, then
that of `~/.nuke`; options stand before the file, and the exit code is 0, 1 after an error, or what
the Python script gave to `sys.exit`.
"""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from pathlib import Path

from .formats import FrameRanges
from .host import Profile
from .session import Session

ERROR = 1


def main(arguments: list[str]) -> int:
    """Run the session; gives its exit code."""
    mode, *rest = arguments or [""]
    if mode not in {"-t", "-x"} or not rest:
        print(__doc__, file=sys.stderr)
        return ERROR
    session = Session(Profile(gui=False)).open()
    try:
        studio = filter(None, reversed(os.environ.get("NUKE_PATH", "").split(os.pathsep)))
        session.start(*map(Path, studio), Path.home() / ".nuke")
        code = _python(rest) if mode == "-t" else _render(session, rest)
        session.quit()
    finally:
        for line in session.printed:
            print(line, flush=True)
        wrong = session.close()
    print(*wrong, sep="\n", file=sys.stderr, flush=True)
    return ERROR if wrong else code


def _python(arguments: list[str]) -> int:
    """Run a Python script that sees its arguments as those of the program."""
    sys.argv = arguments
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ERROR if end.code else 0
    except BaseException:
        traceback.print_exc()
        return ERROR
    return 0


def _render(session: Session, arguments: list[str]) -> int:
    """Open a script and render every enabled Write in it."""
    ranges, go_on = list[str](), False
    while arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option == "-F":
            ranges.append(arguments.pop(0))
        elif option == "--cont":
            go_on = True
        else:
            print(f"{option}: this emulator does not know it", file=sys.stderr)
            return ERROR
    try:
        session.module.scriptOpen(arguments[0])
        root = session.root
        frames = FrameRanges(ranges or [f"{root.firstFrame()}-{root.lastFrame()}"])
        session.execute_script(frames.toFrameList(), go_on)
    except Exception as error:  # of a callback, too
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return ERROR
    for name, frame, _ in session.rendered:
        print(f"{name} wrote frame {frame}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
