"""Folders `v001`, `v002`, …: one for each run, none used twice.

Hosts show what they remember of a known name, so a result never takes the place of another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from ._errors import BridgeError

_VERSION = re.compile(r"v(\d{3,})", re.ASCII)


def list_entries(folder: Path, hint: str) -> list[Path]:
    """What is in a folder, by name; nothing when it does not exist.

    Raises:
        BridgeError: it cannot be read, with this hint.
    """
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(folder, error, hint) from error


def list_numbered(folder: Path, hint: str) -> list[tuple[int, Path]]:
    """Number and path of all that is called like a version, files included; lowest first.

    Raises:
        BridgeError: as `list_entries`.
    """
    matches = [(_VERSION.fullmatch(entry.name), entry) for entry in list_entries(folder, hint)]
    return sorted((int(match[1]), entry) for match, entry in matches if match)


def make_numbered(folder: Path, inside: Collection[str], hint: str) -> tuple[int, Path]:
    """Make the next version: one above every number in use, by whatever and by whomever.

    Args:
        folder: where versions are; made when it does not exist.
        inside: names of the folders in it.

    Returns:
        Its number and path.

    Raises:
        BridgeError: it cannot be made there, with this hint.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            number = max((used for used, _ in list_numbered(folder, hint)), default=0) + 1
            path = folder / f"v{number:03d}"
            try:
                path.mkdir()
            except FileExistsError:
                continue  # another process was faster: look again
            for name in inside:
                (path / name).mkdir()
            return number, path
    except OSError as error:
        raise _unusable(folder, error, hint) from error


def _unusable(folder: Path, error: OSError, hint: str) -> BridgeError:
    return BridgeError(f"The folder {folder} cannot be used: {error.strerror or error}.", hint)
