"""What the trust of each frame says, in ranges and in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..job import Shot

LOW_TRUST = 0.5
"""Below this a frame needs a look."""

_MOST_RANGES = 12


def low_trust_ranges(
    trust: Sequence[float],
    threshold: float = LOW_TRUST,
    gap: int = 2,
    cuts: Collection[int] = (),
) -> list[tuple[int, int]]:
    """The stretches of frames that cannot be relied on.

    Args:
        trust: one value (0 to 1) for each frame.
        threshold: a frame below it is low.
        gap: low stretches with at most this many better frames between them count as one.
        cuts: indices at which a new scene begins; no stretch crosses one.

    Returns:
        First and last index (both included, both low) of each stretch, in order.
    """
    ranges: list[tuple[int, int]] = []
    for index, value in enumerate(trust):
        if value >= threshold:
            continue
        since = range(ranges[-1][1] + 1, index + 1) if ranges else range(0)
        if ranges and len(since) <= gap + 1 and not any(i in cuts for i in since):
            ranges[-1] = (ranges[-1][0], index)
        else:
            ranges.append((index, index))
    return ranges


def keyframe_suggestion(trust: Sequence[float], first: int, last: int) -> int:
    """The index in `first` to `last` where a keyframe helps most.

    That is the lowest trust; of several equally low ones the nearest to the middle.
    """
    middle = (first + last) / 2
    return min(range(first, last + 1), key=lambda index: (trust[index], abs(index - middle)))


def verdict(trust: Sequence[float], shot: Shot) -> list[str]:
    """The trust of a shot that has keyframes, in sentences, with the host's frame numbers."""
    lowest = min(range(len(trust)), key=lambda index: trust[index])
    ranges = low_trust_ranges(trust, cuts=shot.cuts)
    if not ranges:
        return [
            f"No low trust anywhere; the lowest is {trust[lowest]:.2f}, at frame "
            f"{shot.frame_number(lowest)}."
        ]
    longest = sorted(ranges, key=lambda r: r[0] - r[1])[:_MOST_RANGES]
    sentences = [_sentence(trust, shot, *r) for r in sorted(longest)]
    if len(ranges) > _MOST_RANGES:
        sentences.append(f"And {len(ranges) - _MOST_RANGES} shorter stretches of low trust.")
    return sentences


def _sentence(trust: Sequence[float], shot: Shot, first: int, last: int) -> str:
    if first == last:
        return f"Frame {shot.frame_number(first)}: low trust; add a keyframe there."
    near = shot.frame_number(keyframe_suggestion(trust, first, last))
    return (
        f"Frames {shot.frame_number(first)}–{shot.frame_number(last)}: low trust; "
        f"add a keyframe near {near}."
    )
