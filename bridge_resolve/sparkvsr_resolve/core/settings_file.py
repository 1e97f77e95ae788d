"""The settings of each project, kept between runs.

A project of Resolve has no place for data of scripts, so they lie in the user's data folder as
`resolve/projects/<unique id>.json`: a project that is renamed keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sparkvsr_link import BridgeError, read_json, write_json

from .settings import ClipSettings

SETTINGS_SCHEMA = 1

_NOT_IN_UID = re.compile(r"[^0-9A-Za-z-]+")


def settings_path(data: Path, project_uid: str) -> Path:
    """The file of a project.

    Args:
        data: the user's SparkVSR data folder.
    """
    return data / "resolve" / "projects" / f"{_NOT_IN_UID.sub('_', project_uid)}.json"


def save_settings(path: Path, settings: ClipSettings) -> None:
    """Keep the settings of a project.

    Raises:
        BridgeError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"schema": SETTINGS_SCHEMA, **asdict(settings)})
    except OSError as error:
        raise BridgeError(
            f"Cannot write {path}: {error.strerror}.",
            "Make room on that disk, or see to it that you may write there.",
        ) from error


def load_settings(path: Path) -> ClipSettings:
    """The settings that were kept; the defaults when there are none.

    What another version added is ignored, what it lacks has its default. Values are not checked
    here beyond their type: `find_problems` does that.

    Raises:
        BridgeError: the file is damaged.
    """
    try:
        content = read_json(path)
        if content["schema"] != SETTINGS_SCHEMA:
            raise ValueError(f"it has schema {content['schema']}")
        return parse_settings(content)
    except FileNotFoundError:
        return ClipSettings()
    except (OSError, ValueError, KeyError) as error:
        raise BridgeError(
            f"The settings in {path} cannot be used: {error}.",
            "Remove that file to begin with the defaults.",
        ) from error


def parse_settings(content: Mapping[str, Any]) -> ClipSettings:
    """Settings out of a JSON object, see `load_settings`.

    Raises:
        ValueError: a value has the wrong type.
    """
    return ClipSettings(
        **{
            field.name: _typed(field.name, content[field.name], field.default)
            for field in fields(ClipSettings)
            if field.name in content
        }
    )


def _typed(name: str, value: Any, default: Any) -> Any:
    """The value as one of the default's type; whole numbers are numbers too."""
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise ValueError(f"`{name}` is {value!r}")
    return value
