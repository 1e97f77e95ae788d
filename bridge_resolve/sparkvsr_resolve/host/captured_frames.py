"""Are the rendered frames all there, and are they what they should be?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import (
    ClipSpan,
    Kind,
    file_sizes,
    find_black,
    find_equal,
    find_faults,
    pixel_digest,
)

from .captured_clip import ClipToCapture

_REPEATS = {Kind.STILL, Kind.RETIMED, Kind.MIXED_RATE}
"""Clips whose frames may be equal of right."""
_SHOWN = 4

Files = Mapping[int, Path]


def check_frames(clip: ClipToCapture, files: Files, size: tuple[int, int]) -> None:
    """Refuse frames that cannot be used.

    Args:
        files: absolute frame to file.
        size: width and height that they must have.

    Raises:
        BridgeError: which are missing, cut off, or of another size.
    """
    if _are_exr(files):
        faults = find_faults(files, size)
    else:
        missing = [path.name for path, length in file_sizes(files.values()).items() if not length]
        faults = (f"Missing: {', '.join(missing[:_SHOWN])}.",) if missing else ()
    if faults:
        raise BridgeError(
            f"Resolve did not render all of `{clip.name}` as it should. {' '.join(faults)}",
            "Look at these frames in Resolve, see that the disk has room, then try again.",
        )


def find_doubts(clip: ClipToCapture, keys: Files, base: Files) -> Iterator[str]:
    """What looks wrong and may be right: warnings for the user, a sentence each.

    Other pictures than EXR are not looked at.

    Args:
        keys, base: absolute frame to file, which `check_frames` found whole.
    """
    if not _are_exr(keys):
        return
    black = find_black(keys)
    if black:
        yield f"Keyframes of `{clip.name}` are black: {_timecodes(clip.span, black)}."
    if not _REPEATS & set(clip.verdict.kinds):
        for one, other in find_equal(keys):
            yield (
                f"Keyframes of `{clip.name}` show the same picture: "
                f"{_timecodes(clip.span, (one, other))}."
            )
    ungraded = [
        frame
        for frame, file in sorted(keys.items())
        if frame in base and pixel_digest(file) == pixel_digest(base[frame])
    ]
    if ungraded:
        yield (
            f"`{clip.name}` is not graded at {_timecodes(clip.span, ungraded)}: these keyframes "
            "are the pictures that are to be restored."
        )


def _are_exr(files: Files) -> bool:
    return all(file.suffix == ".exr" for file in files.values())


def _timecodes(span: ClipSpan, frames: Sequence[int]) -> str:
    more = f" and {len(frames) - _SHOWN} more" if len(frames) > _SHOWN else ""
    return ", ".join(map(span.timecode, frames[:_SHOWN])) + more
