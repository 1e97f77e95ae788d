"""Is a result sequence whole? Reads headers and offset tables of its EXR files, no pixels."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sparkvsr_link import read_exr_header

from .frames import FrameRange, print_frames
from .versions import frame_file


def check_sequence(
    pattern: Path,
    frame_range: FrameRange,
    size: tuple[int, int],
    channels: Collection[str] = ("R", "G", "B"),
) -> tuple[str, ...]:
    """All that is wrong with a sequence; nothing when it can be read back.

    Returns:
        A sentence for each fault, with all frames that have it.

    Args:
        pattern: as of `VersionFolder.result`.
        size: width and height that every frame must have, of picture and data window alike.
        channels: those that every frame must have.
    """
    frames_with: dict[str, list[int]] = {}
    for frame in range(frame_range.first, frame_range.last + 1):
        for fault in _faults(frame_file(pattern, frame), size, channels):
            frames_with.setdefault(fault, []).append(frame)
    return tuple(
        f"Frame{'s' if len(frames) > 1 else ''} {print_frames(frames)} of {pattern}: {fault}."
        for fault, frames in frames_with.items()
    )


def _faults(file: Path, size: tuple[int, int], channels: Collection[str]) -> list[str]:
    try:
        header = read_exr_header(file)
    except FileNotFoundError:
        return ["missing"]
    except OSError as error:
        return [f"cannot be read, {error.strerror}"]
    except ValueError as error:
        return [str(error)]
    faults = []
    if not header.complete:
        faults.append("it is cut off, some of its lines are missing")
    if header.size != size:
        faults.append("it has {}×{} pixels, not {}×{}".format(*header.size, *size))
    if header.data_window != header.display_window or header.display_window[:2] != (0, 0):
        faults.append("it does not fill its picture from corner to corner")
    lacking = sorted(set(channels) - set(header.channels))
    if lacking:
        faults.append(f"it has no channel {', '.join(lacking)}")
    return faults
