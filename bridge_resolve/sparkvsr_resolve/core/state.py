"""What a marker remembers about the last result of a clip.

It is JSON in the marker's customData, which nobody sees in Resolve, and which other scripts use as
well: text that is not ours is never read as ours and never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .markers import CLIP, Marker

STATE_SCHEMA = 1
STATE_MARKER_NAME = "SparkVSR result"
"""Name of a marker that is made for nothing else, where no other one is free."""

_SIGN = "sparkvsr"  # the key that makes it ours; its value is the schema


@dataclass(frozen=True)
class ClipState:
    """The last restoration of a clip.

    Attributes:
        clip: unique id of the item on the timeline.
        job: digest of the job.
        version: number of the version folder.
        result: its file, or the pattern of its pictures; it may have failed.
        keyframes: source frame to digest, see `keyframe_digest`.
        placed: file of the result that was last placed; empty for none.
    """

    clip: str
    job: str
    version: int
    result: str
    keyframes: Mapping[int, str] = field(default_factory=dict)
    placed: str = ""

    def to_text(self) -> str:
        """For a marker's customData; `read_state` reads it."""
        content = {
            _SIGN: STATE_SCHEMA,
            "clip": self.clip,
            "job": self.job,
            "version": self.version,
            "result": self.result,
            "keyframes": {str(frame): digest for frame, digest in sorted(self.keyframes.items())},
            "placed": self.placed,
        }
        return json.dumps(content, separators=(",", ":"))


def read_state(text: str) -> Optional[ClipState]:
    """What is in customData; None when it is empty, somebody else's, or of another version."""
    content = _ours(text)
    if content is None or content[_SIGN] != STATE_SCHEMA:
        return None
    texts = [content.get(name) for name in ("clip", "job", "result", "placed")]
    version, keyframes = content.get("version"), content.get("keyframes")
    if not all(isinstance(value, str) for value in texts) or type(version) is not int:
        return None
    if not isinstance(keyframes, dict) or not all(isinstance(d, str) for d in keyframes.values()):
        return None
    clip, job, result, placed = map(str, texts)
    try:
        by_frame = {int(frame): digest for frame, digest in keyframes.items()}
    except ValueError:
        return None
    return ClipState(clip, job, version, result, by_frame, placed)


def find_state(markers: Iterable[Marker], clip: str) -> Optional[tuple[Marker, ClipState]]:
    """The state of a clip, and the marker that holds it.

    Args:
        clip: unique id. A copy of a clip has copies of its markers, which tell of the original.
    """
    for marker in markers:
        state = read_state(marker.custom_data)
        if state is not None and state.clip == clip:
            return marker, state
    return None


def choose_carrier(markers: Iterable[Marker], clip: str) -> Optional[Marker]:
    """The marker whose customData may take the state of a clip; None when there is none.

    It is the one that has it; else a clip marker, which moves with the clip; else any. Clip markers
    that tell of another clip came with a copy, and are free.

    Args:
        markers: those of the plan's keyframes, and those of STATE_MARKER_NAME.
    """
    markers = list(markers)
    found = find_state(markers, clip)
    if found is not None:
        return found[0]
    free = [marker for marker in markers if _is_free(marker)]
    return min(free, key=lambda marker: marker.owner != CLIP, default=None)


def _is_free(marker: Marker) -> bool:
    if not marker.custom_data.strip():
        return True
    return marker.owner == CLIP and read_state(marker.custom_data) is not None


def _ours(text: str) -> Optional[dict[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and type(content.get(_SIGN)) is int else None
