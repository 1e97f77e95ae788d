"""Has Resolve written all of the frames that it was asked for, and are they what they should be?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Optional

from sparkvsr_link import read_exr_header

from .exr_pixels import is_black, pixel_digest

_SHOWN = 4  # frames in a sentence


def file_sizes(files: Collection[Path]) -> dict[Path, int]:
    """Bytes of each file; one that is not there has none."""
    return {file: file.stat().st_size if file.is_file() else 0 for file in files}


def is_settled(before: Mapping[Path, int], now: Mapping[Path, int]) -> bool:
    """Whether files are all there and did not grow between two looks of `file_sizes`."""
    return before == now and all(now.values())


def find_faults(
    files: Mapping[int, Path], size: Optional[tuple[int, int]] = None
) -> tuple[str, ...]:
    """All that is wrong with rendered EXR files; nothing when they can be used.

    They must be whole, have R, G and B, fill their picture, and be of one size.

    Args:
        files: absolute frame to file.
        size: width and height that they must have; None for that of the first one that is whole.

    Returns:
        A sentence for each fault, with the frames that have it.
    """
    frames_with: dict[str, list[int]] = {}
    for frame, file in sorted(files.items()):
        fault, found = _look(file)
        if not fault and found is not None:
            size = size or found
            if found != size:
                fault = "{}×{} pixels in place of {}×{}".format(*found, *size)
        if fault:
            frames_with.setdefault(fault, []).append(frame)
    return tuple(f"{_frames(frames)}: {fault}." for fault, frames in frames_with.items())


def find_black(files: Mapping[int, Path]) -> tuple[int, ...]:
    """Frames whose pictures are black all over, which Resolve gives where it could not render.

    A picture that cannot be judged is not one of them, see `is_black`.

    Raises:
        OSError, ValueError: a file is not whole; `find_faults` says which.
    """
    return tuple(frame for frame, file in sorted(files.items()) if is_black(file))


def find_equal(files: Mapping[int, Path]) -> tuple[tuple[int, int], ...]:
    """Pairs of neighbouring keyframes with the same pixels, to the last bit.

    Two frames of footage never have; in a render the playhead did not move. Stills and freeze
    frames do, of right.

    Raises:
        OSError, ValueError: as for `find_black`.
    """
    frames = sorted(files)
    digests = {frame: pixel_digest(files[frame]) for frame in frames}
    return tuple(
        (frame, following)
        for frame, following in zip(frames, frames[1:])  # noqa: B905, RUF007 (new in 3.10)
        if digests[frame] == digests[following]
    )


def _look(file: Path) -> tuple[str, Optional[tuple[int, int]]]:
    """What is wrong with a file by itself, and its size."""
    try:
        header = read_exr_header(file)
    except FileNotFoundError:
        return "missing", None
    except OSError as error:
        return f"cannot be read, {error.strerror}", None
    except ValueError as error:
        return str(error), None
    lacking = [name for name in "RGB" if name not in header.channels]
    if not header.complete:
        fault = "cut off, some of its lines are missing"
    elif lacking:
        fault = f"no channel {', '.join(lacking)}"
    elif header.data_window != header.display_window:
        fault = "it does not fill its picture from corner to corner"
    else:
        fault = ""
    return fault, header.size


def _frames(frames: Collection[int]) -> str:
    shown = ", ".join(str(frame) for frame in list(frames)[:_SHOWN])
    more = f" and {len(frames) - _SHOWN} more" if len(frames) > _SHOWN else ""
    return f"Frame{'s' if len(frames) > 1 else ''} {shown}{more}"
