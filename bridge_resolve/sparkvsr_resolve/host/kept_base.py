"""The ungraded render of an earlier run, used again where the clip is the same.

Of plain clips only: what a Fusion composition, a retime or a compound clip shows may have changed
without a trace in the API. Another grade is no change, for the base has none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError, read_json, write_json
from sparkvsr_resolve.core import BASE_NAME, VersionFolder, find_faults

from .captured_clip import ClipToCapture

NAME = "base.json"
_SCHEMA = 1


@dataclass(frozen=True)
class KeptBase:
    """The bases of a clip: of an earlier version, and of the one that is made now.

    Attributes:
        earlier: the version that may have one; None for none.
    """

    clip: ClipToCapture
    version: VersionFolder
    earlier: Optional[VersionFolder]

    def take(
        self, size: tuple[int, int], colour: Mapping[str, str], extension: str
    ) -> dict[int, Path]:
        """Absolute frame to file, in the new version's folder; nothing where there is no such base.

        Args:
            size, colour, extension: of the keyframes that were rendered with it.
        """
        if self.earlier is None or not self.clip.verdict.source_readable:
            return {}
        said = _read(self.earlier)
        if said is None or said["digest"] != self._digest(size, colour, extension):
            return {}
        moved = self.clip.span.record_in - said["first"]
        frames = range(self.clip.span.record_in, self.clip.span.record_out)
        found = {frame: _file(self.earlier, frame - moved, extension) for frame in frames}
        if find_faults(found, size):
            return {}
        made = {frame: _file(self.version, frame, extension) for frame in frames}
        for frame, path in made.items():
            _link(found[frame], path)
        return made

    def remember(self, size: tuple[int, int], colour: Mapping[str, str], extension: str) -> None:
        """Note what the new version's base was rendered from.

        Raises:
            BridgeError: it cannot be written.
        """
        content = {
            "schema": _SCHEMA,
            "digest": self._digest(size, colour, extension),
            "first": self.clip.span.record_in,
        }
        try:
            write_json(self.version.path / NAME, content)
        except OSError as error:
            raise BridgeError(
                f"Cannot write {self.version.path / NAME}: {error.strerror}.",
                "Make room on that disk.",
            ) from error

    def _digest(self, size: tuple[int, int], colour: Mapping[str, str], extension: str) -> str:
        clip = self.clip
        facts = {key: str(value) for key, value in asdict(clip.facts).items() if key != "name"}
        made_of = (clip.pool_item, clip.span.frames, clip.span.left_offset, facts, size)
        text = json.dumps([made_of, sorted(colour.items()), extension])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _file(version: VersionFolder, frame: int, extension: str) -> Path:
    return version.base_folder / f"{BASE_NAME}{frame:08d}.{extension}"


def _read(version: VersionFolder) -> Optional[dict[str, Any]]:
    try:
        content = read_json(version.path / NAME)
    except (OSError, ValueError):
        return None
    valid = content.get("schema") == _SCHEMA and type(content.get("first")) is int
    return content if valid else None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk without links
        shutil.copyfile(source, target)
