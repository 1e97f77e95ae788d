"""What Resolve's own settings allow: external scripting, and the folders of its Media Storage.

Read from its `config.dat`: lines `Key = value`, as public scripts that read and write it show; it
is not documented. So what is not there as expected cannot be told, and is never a fault.
"""

from __future__ import annotations

import codecs
import locale
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

from sparkvsr_installer.hosts import find_hosts, resolve_settings
from sparkvsr_installer.machine import Machine

from ._finding import Finding

_GENERAL: Final = "Preferences > System > General > External scripting using"
_STORAGE: Final = "Preferences > System > Media Storage"
_ROOT: Final = re.compile(r"Site\.1\.FS\.(\d+)\.Root")
_NO_FOLDERS: Final = ("", "ResolveVirtual")
_PATIENCE_S: Final = 5.0
_PROCESSES: Final = ("resolve", "resolve.exe", "davinci resolve")


def look_at_resolve(machine: Machine) -> Iterator[Finding]:
    """Nothing where Resolve is not on this machine."""
    if not any(host.name == "resolve" for host in find_hosts(machine)):
        return
    if is_running():
        yield Finding("resolve", "ok", "runs now: `sparkvsr resolve doctor` asks it itself")
    try:
        config = parse_config(resolve_settings(machine).read_bytes())
    except OSError as error:
        config = {}
        text = f"cannot be told, as Resolve's config.dat cannot be read ({error.strerror})"
    else:
        text = "cannot be told, as Resolve's config.dat does not say"
    yield judge_scripting(config.get("System.Scripting.Mode"), text)
    yield judge_storage(config, text)


def parse_config(content: bytes) -> dict[str, str]:
    """Key to value; whatever encoding a folder's name is in, that folder is found by it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            windows = sys.platform == "win32"
            text = (
                content.decode(locale.getencoding(), "replace")
                if windows
                else content.decode("utf-8", "surrogateescape")
            )
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def judge_scripting(mode: str | None, unknown: str) -> Finding:
    """Who may drive Resolve by scripts.

    None is no warning: menu and panel work so, and to shut others out is a choice to be respected.
    """
    if mode == "0":
        text = (
            "None: SparkVSR works from Resolve's menu; `sparkvsr resolve …` in a terminal needs "
            f"Local ({_GENERAL})"
        )
        return Finding("scripting", "ok", text)
    if mode == "1":
        return Finding("scripting", "ok", "Local: menu and `sparkvsr resolve …` work")
    if mode == "2":
        text = "Network: anybody on your network may drive Resolve, as it asks for no password."
        return Finding("scripting", "warning", text, f"In Resolve, {_GENERAL}: set Local.")
    return Finding("scripting", "ok", f"{unknown}; in Resolve: {_GENERAL}")


def judge_storage(config: dict[str, str], unknown: str) -> Finding:
    """Whether one of the folders that Resolve renders to can be written.

    They are told by their place in Resolve's list: their names are those of disks and shows.
    """
    found = {
        int(match[1]): value for key, value in config.items() if (match := _ROOT.fullmatch(key))
    }
    count = config.get("Site.1.FS.Count", "")
    if not found and not count:
        return Finding("media storage", "ok", f"{unknown}; in Resolve: {_STORAGE}")
    roots = {
        number: root
        for number, root in sorted(found.items())
        if root not in _NO_FOLDERS and (not count.isdecimal() or number <= int(count))
    }
    hint = f"In Resolve, {_STORAGE}: add a folder that you may write to, and restart Resolve."
    if not roots:
        return Finding("media storage", "warning", "Resolve lists no folder to work in.", hint)
    states = {number: state_of(Path(root)) for number, root in roots.items()}
    text = ", ".join(f"folder {number} {state}" for number, state in states.items())
    if "can be written" in states.values():
        return Finding("media storage", "ok", text)
    return Finding("media storage", "warning", text, hint)


def state_of(root: Path) -> str:
    """Whether a folder is there and can be written; a share without its server never answers."""
    found: list[str] = []
    look = threading.Thread(target=lambda: found.append(_state(root)), daemon=True)
    look.start()
    look.join(_PATIENCE_S)
    return found[0] if found else f"does not answer within {_PATIENCE_S:.0f} s"


def is_running() -> bool:
    """Whether a process is called like Resolve's."""
    names = (process.info["name"] or "" for process in psutil.process_iter(["name"]))
    return any(name.lower() in _PROCESSES for name in names)


def _state(root: Path) -> str:
    if not root.is_dir():
        return "is not there"
    ours = root / "SparkVSR"  # may be ours to write where its parent is not
    folder = ours if ours.is_dir() else root
    return "can be written" if os.access(folder, os.W_OK | os.X_OK) else "cannot be written"
