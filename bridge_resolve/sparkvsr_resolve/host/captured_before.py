"""Pictures of a clip that were captured before, for previews: what they show is kept beside them.

Resolve does not tell a grade. So whether that of the keyframes has changed since only the person
knows, who is told how old the pictures are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError, read_json, write_json
from sparkvsr_resolve.core import (
    ClipSettings,
    Source,
    Spaces,
    VersionFolder,
    job_object,
    list_versions,
    remove_version,
)

from .bench import Looked
from .restore import Prepared, read_job

STAMP_NAME = "captured.json"
_SCHEMA = 1


@dataclass(frozen=True)
class Before:
    """What was captured, and the job for it with other settings; when: local time, for people."""

    version: VersionFolder
    job: Mapping[str, Any]
    when: str


def keep_stamp(prepared: Prepared, for_preview: bool = False) -> None:
    """Write down what the pictures of a version show.

    Args:
        for_preview: nothing but a preview was wanted, so they may go when there are newer ones.

    Raises:
        BridgeError: the disk is full.
    """
    content = {
        "schema": _SCHEMA,
        "for_preview": for_preview,
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "shows": _shows(prepared.looked, prepared.settings),
    }
    path = prepared.version.path / STAMP_NAME
    try:
        write_json(path, content)
    except OSError as error:
        raise BridgeError(
            f"Cannot write {path}: {error.strerror}.", "Make room on that disk."
        ) from error


def find_before(folder: Path, looked: Looked, settings: ClipSettings) -> Optional[Before]:
    """The newest pictures of a clip, if they show it as it is now and are all there.

    Args:
        folder: of the clip's versions.
        settings: of the job; those of the capture must be the same.

    Raises:
        BridgeError: the folder cannot be read.
    """
    shows = _shows(looked, settings)
    for version in reversed(list_versions(folder)):
        stamp, job = _stamp(version), read_job(version)
        if stamp is None or job is None:
            continue
        if stamp.get("shows") != shows or not _is_whole(job, version):
            return None
        return Before(version, _renewed(job, version, settings), str(stamp.get("when")))
    return None


def forget_previews(folder: Path, but: VersionFolder) -> None:
    """Remove versions that were captured for a preview only.

    Raises:
        BridgeError: the folder cannot be read.
    """
    for version in list_versions(folder):
        stamp = _stamp(version)
        if stamp is not None and stamp.get("for_preview") and version.path != but.path:
            remove_version(version)


def _shows(looked: Looked, settings: ClipSettings) -> dict[str, Any]:
    """All that pictures depend on, as far as Resolve tells; plain JSON."""
    clip = looked.clip
    span = clip.span
    return {
        "clip": [clip.project, clip.timeline, clip.item, clip.pool_item, clip.facts.file_path],
        "span": [span.record_in, span.record_out, span.left_offset, str(span.rate)],
        "speed": [clip.facts.speed, round(clip.facts.source_seconds or 0.0, 3)],
        "settings": [settings.base, settings.deliver],
        "keyframes": [[key.index, key.picture] for key in looked.plan.keyframes],
    }


def _stamp(version: VersionFolder) -> Optional[dict[str, Any]]:
    try:
        found = read_json(version.path / STAMP_NAME)
    except (OSError, ValueError):
        return None
    return found if found.get("schema") == _SCHEMA else None


def _is_whole(job: Mapping[str, Any], version: VersionFolder) -> bool:
    """Every picture that was captured is still there. Of files of the user the agent speaks."""
    source = Path(job["source"])
    files = [Path(key["picture"]) for key in job["keyframes"]]
    if source.parent == version.base_folder:
        frames = range(job["first"], job["last"] + 1)
        files += [source.with_name(source.name.replace("%08d", f"{at:08d}")) for at in frames]
    return all(file.is_file() for file in files)


def _renewed(
    job: Mapping[str, Any], version: VersionFolder, settings: ClipSettings
) -> dict[str, Any]:
    """The same job with other settings."""
    first = job["first"]
    source = Source(job["source"], first, job["last"] - first + 1)
    pictures = {key["frame"] - first: Path(key["picture"]) for key in job["keyframes"]}
    spaces = Spaces(*(job.get(f"{of}_space", "") for of in ("source", "keyframe", "output")))
    made = job_object(settings, source, version, pictures, spaces)
    return {**made, **{name: job[name] for name in ("rate", "timecode") if name in job}}
