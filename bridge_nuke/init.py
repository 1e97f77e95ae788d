"""Nuke runs this at every start, on farms too, when NUKE_PATH names this folder.

It makes the bridge importable. It never stops Nuke from starting: what goes wrong becomes one line,
here and from every button. Nuke 13 must be able to read this file, so it keeps to Python 3.7.
"""

import sys

import nuke


def _start_sparkvsr(file):
    from pathlib import Path

    if sys.version_info < (3, 9):
        raise RuntimeError(
            "it needs Nuke 14 or later, for Python 3.9; this is Python {}.{}".format(
                *sys.version_info
            )
        )
    folder = Path(file).resolve().parent
    if str(folder) not in sys.path:  # Nuke adds it, unless it was told not to
        sys.path.append(str(folder))
    beside = str(folder.parent / "daemon")
    sys.path.append(beside)
    try:
        import sparkvsr_link  # noqa: F401 from here on it is known, without a path
    finally:
        sys.path.remove(beside)  # the rest of that folder is not made for Nuke's Python
    from sparkvsr_nuke.host import start

    start.in_every_session()


def _stand_in_for_sparkvsr(line):
    """A module that answers every button of a node with one line."""
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    module = ModuleType("sparkvsr_nuke", line)
    module.__spec__ = ModuleSpec("sparkvsr_nuke", None)  # by it the buttons see that it is there
    module.press = lambda node, button: nuke.message(line)
    sys.modules["sparkvsr_nuke"] = module


try:
    _start_sparkvsr(__file__)
except Exception as error:
    _line = "SparkVSR was not started: {}.".format(" ".join(str(error).split()) or repr(error))
    nuke.tprint(_line)
    _stand_in_for_sparkvsr(_line)
