"""What lies on disk: our folders, the store, the weights, the room that is left."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.filesize import decimal

from sparkvsr.weights import DEFAULT_REPO, find_model, verify

from ._finding import Finding, Level
from ._redact import cache_folder
from .paths import HOME_VARIABLE, Paths

_LITTLE: Final = 10_000_000_000
_TOO_LITTLE: Final = 1_000_000_000
_SHORT_COMMIT: Final = 12


def look_at_folders(paths: Paths) -> Iterator[Finding]:
    """Where things are, and whether they are this user's alone."""
    for area, folder in (("runtime", paths.runtime), ("data", paths.data), ("log", paths.log)):
        yield _folder(f"{area} folder", folder)
    if sys.platform == "linux" and not {HOME_VARIABLE, "XDG_RUNTIME_DIR"} & os.environ.keys():
        yield Finding(
            "session",
            "warning",
            "XDG_RUNTIME_DIR is not set here, so daemons that were started where it is set are not "
            "found, and a second one may be started.",
            f"Use a log-in session (not su or sudo), or set {HOME_VARIABLE} everywhere.",
        )


def look_at_room(paths: Paths) -> Iterator[Finding]:
    """Size of store and cache, and what is free on their disks and on that of temporary files."""
    for area, folder in (("store", paths.store), ("cache", cache_folder())):
        size, files = _size_of(folder)
        taken = f"{decimal(size)} in {files} files" if folder.is_dir() else "none yet"
        yield _room(area, folder, taken, f"move it with {HOME_VARIABLE}")
    temporary = Path(tempfile.gettempdir())
    yield _room("temporary", temporary, "temporary files", "set TMPDIR to another folder")


def look_at_weights(*, read: bool) -> Iterator[Finding]:
    """Whether the weights are there.

    Args:
        read: compare every byte with what was fetched, which takes minutes.
    """
    model = find_model()
    if model is None:
        yield Finding(
            "weights", "ok", f"None; `sparkvsr model pull` fetches {DEFAULT_REPO}. flow needs none."
        )
        return
    if model.repo is None:
        name = "A folder of your own, SPARKVSR_MODEL"
        checked = "without a manifest, so it cannot be verified"
    else:
        name = f"{model.repo}, commit {(model.revision or '')[:_SHORT_COMMIT]}"
        checked = f"fetched and verified {model.fetched}"
    text = f"{name}, {decimal(model.bytes)}, {checked}"
    if model.embedding is None:
        yield Finding(
            "weights", "fault", f"{text}; its embedding is missing.", "Run `sparkvsr model pull`."
        )
        return
    if not read or model.repo is None:
        yield Finding("weights", "ok", text)
        return
    wrong = verify(model)
    if wrong:
        files = "; ".join(f"{problem.file} {problem.what}" for problem in wrong)
        yield Finding(
            "weights",
            "fault",
            f"{name} is damaged: {files}.",
            "Delete these files and run `sparkvsr model pull`.",
        )
    else:
        yield Finding("weights", "ok", f"{text}, and again now")


def _folder(area: str, folder: Path) -> Finding:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return Finding(area, "ok", f"{folder}, not made yet")
    if sys.platform != "win32":
        if status.st_uid != os.getuid():
            return Finding(
                area,
                "fault",
                f"{folder} belongs to another user.",
                f"Remove it, or set {HOME_VARIABLE} to a folder of your own.",
            )
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            return Finding(
                area,
                "warning",
                f"{folder} is open to other users (mode {mode:04o}).",
                "Restart the daemon, which closes it: sparkvsr daemon stop, then start.",
            )
    return Finding(area, "ok", str(folder))


def _room(area: str, folder: Path, taken: str, move: str) -> Finding:
    """Of the disk that a folder is on, or would be."""
    there = folder
    while not there.exists():
        there = there.parent
    usage = shutil.disk_usage(there)
    level: Level = "ok" if usage.free >= _LITTLE else "warning"
    if usage.free < _TOO_LITTLE:
        level = "fault"
    text = f"{taken}; {decimal(usage.free)} free of {decimal(usage.total)} on its disk"
    return Finding(area, level, text, "" if level == "ok" else f"Free some space there, or {move}.")


def _size_of(folder: Path) -> tuple[int, int]:
    """Bytes and number of files in a folder, which may be changed meanwhile."""
    size = files = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += Path(parent, name).stat().st_size
            except OSError:
                continue
            files += 1
    return size, files
