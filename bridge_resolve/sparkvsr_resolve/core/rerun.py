"""Which keyframes changed since the last result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sparkvsr_link import BridgeError

from .plan import Keyframe

_DIGITS = 16  # of a digest; customData of markers should stay short


@dataclass(frozen=True)
class Changes:
    """Source frames of keyframes, ascending.

    Attributes:
        changed: to be captured again, new ones among them.
        unchanged: whose pictures are still right.
        removed: no keyframes any more.
    """

    changed: tuple[int, ...]
    unchanged: tuple[int, ...]
    removed: tuple[int, ...]

    @property
    def any(self) -> bool:
        return bool(self.changed or self.removed)


def keyframe_digest(keyframe: Keyframe, grade: str) -> str:
    """A digest of all that the picture of a keyframe comes from.

    Of a captured one that is its frame and the grade, of a painted one its file's path, size and
    time of change.

    Args:
        grade: a digest of the clip's grade at that frame; empty when it could not be told.

    Returns:
        Sixteen hexadecimal digits; nothing when the grade could not be told, which counts as
        changed.

    Raises:
        BridgeError: the painted picture is not there any more.
    """
    if not keyframe.picture:
        return _digest(keyframe.source_frame, "capture", grade) if grade else ""
    try:
        found = Path(keyframe.picture).stat()
    except OSError as error:
        raise BridgeError(
            f"The picture {keyframe.picture} of the keyframe at {keyframe.timecode} cannot be "
            f"read: {error.strerror}.",
            "Put it back, or correct the path in the marker's note.",
        ) from error
    return _digest(keyframe.source_frame, keyframe.picture, found.st_size, found.st_mtime_ns)


def find_changes(before: Mapping[int, str], now: Mapping[int, str]) -> Changes:
    """Compare keyframes, given as source frame to digest; source frames stay when a clip moves."""
    unchanged = {frame for frame, digest in now.items() if digest and before.get(frame) == digest}
    return Changes(
        tuple(sorted(now.keys() - unchanged)),
        tuple(sorted(unchanged)),
        tuple(sorted(before.keys() - now.keys())),
    )


def _digest(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
