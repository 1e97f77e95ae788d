"""The scripts in Resolve's menu, as text: an installer writes them to `Fusion/Scripts/Utility`.

Every Python file in that folder becomes an entry of the menu, so nothing else may lie there. They
are read by whatever Python Resolve has found, so they keep to what Python 2.7 can read, too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sparkvsr_link import BridgeError

LAUNCHERS: Mapping[str, str] = {
    "panel": "SparkVSR panel.py",
    "restore": "SparkVSR - Restore clip under playhead.py",
    "preview": "SparkVSR - Preview.py",
    "cancel": "SparkVSR - Cancel.py",
    "clean_up": "SparkVSR - Clean up.py",
}
"""Action to file name."""

_TEXT = '''\
# {name}: an entry of Resolve's menu Workspace > Scripts.
# Written by the installer of SparkVSR, which replaces and removes it; edits are lost.
import json
import os
import sys

ROOT = {root}


def _installed_root():
    """Where install.json says that SparkVSR is, if it was moved after this file was written."""
    home = os.path.expanduser("~")
    if os.environ.get("SPARKVSR_HOME"):
        folder = os.environ["SPARKVSR_HOME"]
    elif sys.platform == "win32":
        local = os.path.join(home, "AppData", "Local")
        folder = os.path.join(os.environ.get("LOCALAPPDATA") or local, "sparkvsr")
    elif sys.platform == "darwin":
        folder = os.path.join(home, "Library", "Application Support", "sparkvsr")
    else:
        share = os.path.join(home, ".local", "share")
        folder = os.path.join(os.environ.get("XDG_DATA_HOME") or share, "sparkvsr")
    try:
        with open(os.path.join(folder, "install.json")) as file:
            return json.load(file)["root"]
    except (IOError, ValueError, KeyError, TypeError):
        return ROOT


def _import_menu():
    if sys.version_info < (3, 9):
        raise RuntimeError(
            "it needs Python 3.9 or later, and Resolve found Python %d.%d" % sys.version_info[:2]
        )
    found = ROOT if os.path.isdir(os.path.join(ROOT, "bridge_resolve")) else _installed_root()
    folders = [os.path.join(found, "bridge_resolve"), os.path.join(found, "daemon")]
    if not all(os.path.isdir(folder) for folder in folders):
        raise RuntimeError("it is not at %s any more; run its installer again" % found)
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
'''


def launcher_text(action: str, root: str) -> str:
    """The script of a menu entry.

    Args:
        action: one of LAUNCHERS.
        root: folder that holds `bridge_resolve` and `daemon`, absolute.
    """
    names = ("resolve", "fusion", "bmd") if action == "panel" else ("resolve",)
    return _TEXT.format(
        name=LAUNCHERS[action].rpartition(".")[0],
        root=ascii(root),
        action=action,
        arguments=", ".join(f'globals().get("{name}")' for name in names),
    )


def write_launchers(folder: Path, root: Path) -> tuple[Path, ...]:
    """Write all menu entries into a folder of Resolve's, which is made if it does not exist.

    Raises:
        BridgeError: a file of that name is not ours, or the folder cannot be written.
    """
    files = tuple(folder / name for name in LAUNCHERS.values())
    foreign = [file for file in files if file.exists() and not _is_ours(file)]
    if foreign:
        raise BridgeError(
            f"{foreign[0]} was not written by SparkVSR.", "Move it away, then try again."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for action, file in zip(LAUNCHERS, files):  # noqa: B905  # Python 3.9 has no strict
            file.write_text(launcher_text(action, str(root)), encoding="utf-8")
    except OSError as error:
        raise BridgeError(
            f"The folder {folder} cannot be written: {error.strerror}.",
            "Choose the Scripts/Utility folder of your own user.",
        ) from error
    return files


def _is_ours(file: Path) -> bool:
    return "Written by the installer of SparkVSR" in file.read_text(
        encoding="utf-8", errors="replace"
    )


def main(arguments: Sequence[str]) -> int:
    """`python -m sparkvsr_resolve.launchers FOLDER`: put SparkVSR into Resolve's menu."""
    if len(arguments) != 1:
        print("Name one folder: Fusion/Scripts/Utility of DaVinci Resolve.", file=sys.stderr)
        return 2
    try:
        files = write_launchers(Path(arguments[0]), Path(__file__).resolve().parents[2])
    except BridgeError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return 2
    for file in files:
        print(file)
    print("Restart Resolve: it reads its menu when it starts.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
