"""A restoration that is under way: its version folder remembers it, for a later session to end it.

The file is there from before the agent is asked until the result is placed or given up. The job
itself lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError, read_json, write_json

from .colour import Colour
from .settings import ClipSettings
from .settings_file import parse_settings
from .workplace import VersionFolder

RUN_SCHEMA = 1


@dataclass(frozen=True)
class Run:
    """What is needed to place the result, besides its job.

    Attributes:
        clip: what the clip was like; a clip of which this differs is not the one that was captured.
        earlier: file of the clip's earlier result; empty for none.
    """

    settings: ClipSettings
    colour: Colour
    clip: str
    earlier: str = ""


def run_path(version: VersionFolder) -> Path:
    return version.path / "run.json"


def write_run(version: VersionFolder, run: Run) -> None:
    """Remember a restoration.

    Raises:
        BridgeError: it cannot be written.
    """
    path = run_path(version)
    try:
        write_json(path, {"schema": RUN_SCHEMA, **asdict(run)})
    except OSError as error:
        raise BridgeError(
            f"Cannot write {path}: {error.strerror}.", "Make room on that disk."
        ) from error


def read_run(version: VersionFolder) -> Optional[Run]:
    """The restoration that is under way in a version; None when there is none.

    Raises:
        BridgeError: its file is damaged.
    """
    path = run_path(version)
    try:
        return _parse(read_json(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BridgeError(
            f"What {path} remembers of a restoration cannot be used: {error}.",
            "Remove that file, then restore the clip anew.",
        ) from error


def remove_run(version: VersionFolder) -> None:
    """Forget a restoration.

    Raises:
        BridgeError: its file cannot be removed.
    """
    path = run_path(version)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise BridgeError(
            f"Cannot remove {path}: {error.strerror}.", "Remove it, or the result comes back again."
        ) from error


def _parse(content: Mapping[str, Any]) -> Run:
    if content["schema"] != RUN_SCHEMA:
        raise ValueError("another version of SparkVSR wrote it")
    colour = {field.name: content["colour"][field.name] for field in fields(Colour)}
    texts = [*colour.values(), content["clip"], content["earlier"]]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("values of the wrong type")
    return Run(
        parse_settings(content["settings"]), Colour(**colour), content["clip"], content["earlier"]
    )
