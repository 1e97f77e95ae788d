"""The scripts in Resolve's menu, as text: the installer writes them to `Fusion/Scripts/Utility`.

Every Python file in that folder becomes an entry of the menu, so nothing else may lie there. They
are read by whatever Python Resolve has found, so they keep to what Python 2.7 can read, too.
"""

from __future__ import annotations

from collections.abc import Mapping

LAUNCHERS: Mapping[str, str] = {
    "panel": "SparkVSR panel.py",
    "restore": "SparkVSR - Restore clip under playhead.py",
    "preview": "SparkVSR - Preview.py",
    "cancel": "SparkVSR - Cancel.py",
    "clean_up": "SparkVSR - Clean up.py",
}
"""Action to file name."""

_TEXT = """\
# {name}: an entry of Resolve's menu Workspace > Scripts.
# Written by the installer of SparkVSR, which replaces and removes it, unless it was edited.
import json
import os
import sys

INSTALL = {install}


def _import_menu():
    if sys.version_info < (3, 9):
        raise RuntimeError(
            "it needs Python 3.9 or later, and Resolve found Python %d.%d" % sys.version_info[:2]
        )
    try:
        with open(INSTALL) as file:
            root = json.load(file)["root"]
    except (IOError, ValueError, KeyError, TypeError):
        raise RuntimeError("%s does not say where it is; run its installer again" % INSTALL)
    folders = [os.path.join(root, "bridge_resolve"), os.path.join(root, "daemon")]
    if not all(os.path.isdir(folder) for folder in folders):
        raise RuntimeError("it is not at %s any more; run its installer again" % root)
    before = list(sys.path)
    sys.path[:0] = folders
    try:
        import sparkvsr_link  # from here on both are known, without a path
        from sparkvsr_resolve.host import menu
    finally:
        sys.path[:] = before  # the rest of these folders is not made for Resolve's Python
    return menu


try:
    _menu = _import_menu()
except Exception as error:
    print("SparkVSR was not started: %s." % (" ".join(str(error).split()) or repr(error)))
else:
    _menu.{action}({arguments})
"""


def launcher_text(action: str, install: str) -> str:
    """The script of a menu entry.

    Args:
        action: one of LAUNCHERS.
        install: the `install.json` that names the version in use, absolute.
    """
    names = ("resolve", "fusion", "bmd") if action == "panel" else ("resolve",)
    return _TEXT.format(
        name=LAUNCHERS[action].rpartition(".")[0],
        install=ascii(install),
        action=action,
        arguments=", ".join(f'globals().get("{name}")' for name in names),
    )
