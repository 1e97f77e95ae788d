"""Frame lists such as `1001 1010-1020x5 -8--5`, and the range of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional, Union

from sparkvsr_link import BridgeError

MOST_FRAMES = 1_000_000
"""Longest shot of a job, and therefore the longest list."""

RANGE_MODES = ("input", "global", "custom")

_PIECE = re.compile(r"(?P<first>-?\d+)(?:-(?P<last>-?\d+)(?:x(?P<step>\d+))?)?", re.ASCII)
_DIGITS = 9  # longer numbers are slips of the finger, and no frame number of Nuke


class FrameRange(NamedTuple):
    """First and last frame, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"

    def holds(self, frame: int) -> bool:
        return self.first <= frame <= self.last


def parse_frames(text: str) -> tuple[int, ...]:
    """Read a frame list: numbers, ranges `a-b` and stepped ranges `a-bxs`, by blanks or commas.

    Returns:
        The frames, ascending, each once; nothing for an empty list.

    Raises:
        BridgeError: one sentence for each piece that is no frame or range.
    """
    frames: set[int] = set()
    problems = []
    for piece in text.replace(",", " ").split():
        numbers = _numbers(piece)
        if isinstance(numbers, str):
            problems.append(numbers)
        else:
            frames.update(numbers)
    if not problems and len(frames) > MOST_FRAMES:
        problems.append(f"The list names {len(frames)} frames; {MOST_FRAMES} is the most.")
    if problems:
        raise BridgeError(" ".join(problems), "Write frames like `1001 1010-1020x5`.")
    return tuple(sorted(frames))


def print_frames(frames: Iterable[int]) -> str:
    """The shortest text that `parse_frames` reads as these frames.

    Each piece is one number or the longest run of equal steps, or that run without its last
    frame where the next piece begins with it; the shortest of all such texts is chosen.
    """
    numbers = sorted(set(frames))
    count = len(numbers)
    run_end = [min(index + 1, count - 1) for index in range(count)]
    for i in range(count - 3, -1, -1):
        if numbers[i + 1] - numbers[i] == numbers[i + 2] - numbers[i + 1]:
            run_end[i] = run_end[i + 1]
    lengths = [0] * (count + 1)  # of the shortest text from here on, with a blank before each piece
    ends = [0] * count
    for i in range(count - 1, -1, -1):
        candidates = (run_end[i], max(i, run_end[i] - 1), i)
        costs = [len(_piece(numbers, i, end)) + 1 + lengths[end + 1] for end in candidates]
        lengths[i] = min(costs)
        ends[i] = candidates[costs.index(lengths[i])]
    pieces = []
    i = 0
    while i < count:
        pieces.append(_piece(numbers, i, ends[i]))
        i = ends[i] + 1
    return " ".join(pieces)


def add_frame(text: str, frame: int) -> str:
    """The list with a frame more, in its shortest form.

    Raises:
        BridgeError: the list cannot be read.
    """
    return print_frames({*parse_frames(text), frame})


def remove_frame(text: str, frame: int) -> str:
    """The list without a frame, in its shortest form.

    Raises:
        BridgeError: the list cannot be read.
    """
    return print_frames({*parse_frames(text)} - {frame})


def choose_range(
    mode: str,
    input_range: Optional[FrameRange],
    global_range: FrameRange,
    custom_range: FrameRange,
) -> FrameRange:
    """The range that the node's knobs mean.

    Args:
        mode: one of RANGE_MODES.
        input_range: that of the plate; None when nothing is connected.

    Raises:
        BridgeError: there is no such range, it runs backwards, or is too long.
    """
    ranges = {"input": input_range, "global": global_range, "custom": custom_range}
    if mode not in ranges:
        raise BridgeError(f"The range `{mode}` is not known.", f"Use {', '.join(ranges)}.")
    chosen = ranges[mode]
    if chosen is None:
        raise BridgeError(
            "The range is that of the input, and nothing is connected to `plate`.",
            "Connect the plate, or set the range to global or custom.",
        )
    if chosen.first > chosen.last:
        raise BridgeError(
            f"The {mode} range runs backwards, from {chosen.first} to {chosen.last}.",
            "Exchange its first and last frame.",
        )
    if chosen.last - chosen.first >= MOST_FRAMES:
        raise BridgeError(
            f"The {mode} range {chosen} is longer than {MOST_FRAMES} frames.", "Shorten it."
        )
    return chosen


def _numbers(piece: str) -> Union[range, str]:
    """The frames of one piece, or a sentence about what is wrong with it."""
    match = _PIECE.fullmatch(piece)
    if match is None:
        return f"`{piece}` is no frame and no range."
    if any(len(digits) > _DIGITS for digits in re.findall(r"\d+", piece)):
        return f"`{piece}` holds a number of more than {_DIGITS} digits."
    first = int(match["first"])
    last = int(match["last"] or first)
    step = int(match["step"] or 1)
    if step == 0:
        return f"`{piece}` has a step of 0."
    if last < first:
        return f"`{piece}` runs backwards: write `{last}-{first}`."
    if last - first >= MOST_FRAMES * step:
        return f"`{piece}` is longer than {MOST_FRAMES} frames."
    return range(first, last + 1, step)


def _piece(numbers: Sequence[int], start: int, end: int) -> str:
    if start == end:
        return str(numbers[start])
    step = numbers[start + 1] - numbers[start]
    return f"{numbers[start]}-{numbers[end]}" + (f"x{step}" if step > 1 else "")
