"""Colour management in small: each space is a power law, so that a round trip can be told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
SPACES = {
    "Rec.709 Gamma 2.4": 2.4,
    "sRGB": 2.2,
    "Linear": 1.0,
    "DaVinci WG/Intermediate": 3.0,
    "ACEScct": 3.2,
}
NUMBERS = {name: number for number, name in enumerate(SPACES, 1)}


def managed(settings: dict[str, str]) -> bool:
    return settings["colorScienceMode"] != "davinciYRGB"


def convert(picture: Pixels, source: str, target: str) -> Pixels:
    """From one space to another, negatives mirrored; the same space to the bit."""
    if source == target:
        return picture
    power = SPACES[source] / SPACES[target]
    return np.asarray(np.sign(picture) * np.abs(picture) ** np.float32(power), np.float32)


def into_timeline(picture: Pixels, settings: dict[str, str], own: str) -> Pixels:
    """What a clip is graded in.

    Args:
        own: the clip's Input Color Space, or nothing where it follows the project.
    """
    if not managed(settings):
        return picture
    return convert(picture, own or settings["colorSpaceInput"], settings["colorSpaceTimeline"])


def out_of_timeline(picture: Pixels, settings: dict[str, str]) -> Pixels:
    if not managed(settings):
        return picture
    return convert(picture, settings["colorSpaceTimeline"], settings["colorSpaceOutput"])


def number(settings: dict[str, str]) -> int:
    """Of the output transform, in pictures; 0 when colours are not managed."""
    return NUMBERS[settings["colorSpaceOutput"]] if managed(settings) else 0
