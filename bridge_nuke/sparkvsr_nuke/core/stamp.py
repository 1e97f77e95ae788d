"""What a result was made from, and whether that has changed since.

Nuke gives every node hashes of all that it computes a frame from. Equal hashes mean equal pictures.
Other hashes mean other pictures only within one session: another session, or another Nuke, may hash
the same tree differently, so there they are a reason for doubt, not a verdict. Hashes of one frame
say nothing about another one, where a knob is animated; so frames are compared one by one, those
that both sides have looked at. What hashes cannot tell, other frames and other sessions, digests of
the knobs above each input do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .frames import FrameRange, print_frames

FRESH, UNSURE, STALE = "fresh", "unsure", "stale"

Hashes = tuple[int, ...]
"""Of one node at one frame; empty when nobody looked there."""

Value = Union[str, float, None]


@dataclass(frozen=True)
class Stamp:
    """What a result was made from.

    Attributes:
        session: a name of the Nuke process that took the hashes, unique to it.
        plate: frame number to the hashes of the `plate` input there: of a result all its frames,
            else those that were looked at.
        keyframes: the same of the `keyframes` input: all listed frames, with or without hashes.
        range: first and last frame.
        settings: by the names of a person, all that changes pixels: guidance, upscale, view, ….
        trees: digests of all knobs above the inputs, by `plate` and `keyframes`; an input is left
            out where nobody could look.
    """

    session: str
    plate: Mapping[int, Hashes]
    keyframes: Mapping[int, Hashes]
    range: FrameRange
    settings: Mapping[str, Value]
    trees: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As an object for JSON, whose keys must be text."""
        return {
            "session": self.session,
            "plate": _with_text_keys(self.plate),
            "keyframes": _with_text_keys(self.keyframes),
            "range": list(self.range),
            "settings": dict(self.settings),
            "trees": dict(self.trees),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Stamp:
        """Read what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: it is not one.
        """
        first, last = content["range"]
        return cls(
            session=str(content["session"]),
            plate=_with_numbers(content["plate"]),
            keyframes=_with_numbers(content["keyframes"]),
            range=FrameRange(int(first), int(last)),
            settings=dict(content["settings"]),
            trees=dict(content["trees"]),
        )


@dataclass(frozen=True)
class Verdict:
    """FRESH, UNSURE or STALE, and a sentence for every change behind it."""

    state: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for the node's status; empty when the result is fresh."""
        start = {FRESH: "", UNSURE: "Perhaps stale: ", STALE: "Stale: "}[self.state]
        return start + " ".join(self.reasons)


def compare(made_from: Stamp, now: Stamp) -> Verdict:
    """Whether a result is still that of what the node has now."""
    changes = [*_other_frames(made_from, now), *_other_settings(made_from, now)]
    doubts = []
    for name, pictures in _other_pictures(made_from, now).items():
        trees = made_from.trees.get(name), now.trees.get(name)
        if pictures and made_from.session == now.session:
            changes.append(f"{pictures} changed.")
        elif None not in trees and trees[0] != trees[1]:
            changes.append(f"What feeds the input `{name}` changed.")
        elif pictures and None in trees:  # equal knobs outweigh hashes of another session
            doubts.append(f"{pictures} may have changed (it was restored in another session).")
    if changes:
        return Verdict(STALE, (*changes, *doubts))
    return Verdict(UNSURE, tuple(doubts)) if doubts else Verdict(FRESH)


def _other_frames(before: Stamp, now: Stamp) -> list[str]:
    changes = []
    if before.range != now.range:
        changes.append(f"The range was {before.range} and is now {now.range}.")
    for frames, what in (
        (now.keyframes.keys() - before.keyframes.keys(), "added"),
        (before.keyframes.keys() - now.keyframes.keys(), "removed"),
    ):
        if frames:
            changes.append(f"{_keyframes(frames)} {'were' if len(frames) > 1 else 'was'} {what}.")
    return changes


def _other_settings(before: Stamp, now: Stamp) -> list[str]:
    names = [*before.settings, *(name for name in now.settings if name not in before.settings)]
    return [
        f"{name} was {_shown(before.settings.get(name))} and is now "
        f"{_shown(now.settings.get(name))}."
        for name in names
        if before.settings.get(name) != now.settings.get(name)
    ]


def _other_pictures(before: Stamp, now: Stamp) -> dict[str, str]:
    """By input, the pictures whose hashes differ, as a person would call them; empty for none."""
    plate = _differing(before.plate, now.plate)
    keyframes = _differing(before.keyframes, now.keyframes)
    return {
        "plate": f"The plate at {print_frames(plate)}" if plate else "",
        "keyframes": _keyframes(keyframes) if keyframes else "",
    }


def _differing(before: Mapping[int, Hashes], now: Mapping[int, Hashes]) -> set[int]:
    """Frames at which both were looked at, and differ."""
    return {
        frame
        for frame in before.keys() & now.keys()
        if before[frame] and now[frame] and before[frame] != now[frame]
    }


def _keyframes(frames: set[int]) -> str:
    return f"Keyframe{'s' if len(frames) > 1 else ''} {print_frames(frames)}"


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "not set" if value is None or value == "" else str(value)


def _with_text_keys(hashes: Mapping[int, Hashes]) -> dict[str, list[int]]:
    return {str(frame): list(found) for frame, found in hashes.items()}


def _with_numbers(content: Mapping[str, Any]) -> dict[int, Hashes]:
    return {int(frame): tuple(int(value) for value in found) for frame, found in content.items()}
