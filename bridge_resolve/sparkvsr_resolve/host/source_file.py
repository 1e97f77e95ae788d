"""The media file of a plain clip, read in place of a render."""

from __future__ import annotations

import re

from sparkvsr_resolve.core import ClipSpan, Source

# Resolve writes a sequence as `name.[0001-0100].exr`.
_NUMBERED = re.compile(r"\[(\d+)-(\d+)\](?=[^/\\]*$)", re.ASCII)


def read_source(file_path: str, span: ClipSpan) -> Source:
    """The frames of a clip in its media file; at 100 % speed and the timeline's rate only.

    Args:
        file_path: as the media pool has it.
    """
    found = _NUMBERED.search(file_path)
    if found is None:
        return Source(file_path, span.left_offset, span.frames)
    first, digits = int(found[1]), len(found[1])
    pattern = _NUMBERED.sub(f"%0{digits}d", file_path)
    return Source(pattern, first + span.left_offset, span.frames)
