"""Picks frames of a shot to make keyframes of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from ..depth import Frame
from ..errors import SettingsError
from ..media import MediaInfo
from ..planner import SLOT
from ._cuts import find_cuts
from ._iframes import find_iframes
from ._spread import at_random, even, kept_apart, over_scenes, thinned

How = Literal["iframes", "random", "scenes", "uniform"]
HOW: Final[tuple[How, ...]] = get_args(How)


class PickSource(Protocol):
    """What is picked from; every `sparkvsr.media.SourceReader` is one."""

    @property
    def info(self) -> MediaInfo:
        """What the range is."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Every frame of the range in order, H W 3."""
        ...


@dataclass(frozen=True)
class Picked:
    """The answer of `pick_keyframes`; indices are 0-based in the source's range.

    Attributes:
        indices: of the picked frames, ascending.
        reasons: why, one for each index.
        cuts: indices at which a new scene begins, without 0; only `scenes` looks for them.
        notes: sentences for the person, in the host's frame numbers.
    """

    indices: tuple[int, ...]
    reasons: tuple[str, ...]
    cuts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def pick_keyframes(
    source: PickSource, how: How, count: int, *, gap: int = SLOT, seed: int = 0
) -> Picked:
    """Pick up to `count` frames, at least `gap` apart. Fewer are never filled up; a note says so.

    - `uniform`: evenly from the first frame to the end, on multiples of 4.
    - `scenes`: the first frame of each scene, then evenly inside of the scenes, on multiples of 4
      from their start. Reads the source once.
    - `iframes`: frames that the movie's encoder coded on their own; of too many an even spread.
      Decodes the movie once.
    - `random`: every choice that keeps the gap is equally likely; the same for the same seed.

    Raises:
        SettingsError: `count` is below 1 or `gap` below 4, or no frame can be picked this way.
        SourceError: a frame cannot be read.
    """
    if count < 1:
        raise SettingsError(f"{count} keyframes cannot be picked.", "Ask for 1 or more.")
    if gap < SLOT:
        raise SettingsError(
            f"A gap of {gap} frames is too small.",
            f"Use {SLOT} or more: the model holds {SLOT} frames in one latent slot.",
        )
    info = source.info
    match how:
        case "uniform":
            return _picked(info, even(0, info.frames, count, gap), "even", count, gap)
        case "random":
            return _picked(info, at_random(info.frames, count, gap, seed), "random", count, gap)
        case "iframes":
            return _from_iframes(source, count, gap)
        case "scenes":
            return _from_scenes(source, count, gap)


def _picked(info: MediaInfo, indices: list[int], reason: str, count: int, gap: int) -> Picked:
    return Picked(
        indices=tuple(indices),
        reasons=(reason,) * len(indices),
        notes=_missing(info, len(indices), count, gap),
    )


def _from_iframes(source: PickSource, count: int, gap: int) -> Picked:
    info = source.info
    found = find_iframes(source)
    if not found:
        raise SettingsError(
            f"None of the {_span(info)} of {info.name} is an I-frame.",
            "Choose a wider range, or pick by scenes: --pick scenes.",
        )
    indices = thinned(kept_apart(found, gap), count)
    notes = []
    if len(found) == info.frames > 1:
        notes.append(
            f"Every frame of {info.name} is an I-frame, so they tell nothing; those picked are "
            "spread evenly."
        )
    if len(indices) < count:
        notes.append(
            f"Only {len(indices)} of {count} keyframes are picked: the {_span(info)} hold no more "
            f"I-frames that are at least {gap} frames apart."
        )
    return Picked(tuple(indices), ("codec I-frame",) * len(indices), notes=tuple(notes))


def _from_scenes(source: PickSource, count: int, gap: int) -> Picked:
    info = source.info
    cuts = find_cuts(source.frames())
    indices = over_scenes(info.frames, cuts, count, gap)
    starts = {0, *cuts}
    notes = [] if cuts else [f"No cut was found: the {_span(info)} are one scene."]
    without = len(starts.difference(indices))
    if without:
        notes.append(
            f"{without} of {len(starts)} scenes get no keyframe: the longest come first, and "
            f"scenes shorter than {gap} frames get none."
        )
    return Picked(
        indices=tuple(indices),
        reasons=tuple("first of a scene" if i in starts else "even" for i in indices),
        cuts=cuts,
        notes=(*notes, *_missing(info, len(indices), count, gap)),
    )


def _missing(info: MediaInfo, picked: int, count: int, gap: int) -> tuple[str, ...]:
    if picked == count:
        return ()
    return (
        f"Only {picked} of {count} keyframes are picked: no more fit into the {_span(info)}, "
        f"at least {gap} frames apart.",
    )


def _span(info: MediaInfo) -> str:
    return f"frames {info.first_frame} to {info.first_frame + info.frames - 1}"
