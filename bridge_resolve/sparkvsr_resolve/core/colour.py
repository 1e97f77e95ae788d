"""What rendered pictures are in: Resolve's settings, as OpenColorIO names of the built-in config.

A render leaves Resolve in the output space of its timeline. Where a project has no colour
management that is what the monitor gets: Rec.709 with gamma 2.4, unless it says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .job import Spaces

USUAL = "Rec.1886 Rec.709 - Display"

# Resolve's names without blanks and signs; the longest that begins a name counts.
_NAMES = {
    "rec709": USUAL,
    "rec709gamma24": USUAL,
    "rec709gamma22": "Gamma 2.2 Rec.709 - Display",
    "rec709scene": "Camera Rec.709",
    "srgb": "sRGB - Display",
    "p3d65gamma26": "Gamma 2.6 P3-D65 - Display",
    "p3d65st2084": "ST2084-P3-D65 - Display",
    "rec2100st2084": "Rec.2100-PQ - Display",
    "rec2100hlg": "Rec.2100-HLG - Display",
    "rec2020st2084": "Rec.2100-PQ - Display",
    "rec2020hlg": "Rec.2100-HLG - Display",
    "davinciwgintermediate": "DaVinci Intermediate WideGamut",
    "davinciwglinear": "Linear DaVinci WideGamut",
    "acescct": "ACEScct",
    "acescg": "ACEScg",
    "linearrec709": "Linear Rec.709 (sRGB)",
}


@dataclass(frozen=True)
class Colour:
    """What a timeline's renders are in.

    Attributes:
        name: by OpenColorIO.
        space, gamma: as Resolve names it; gamma is empty where the space says it.
        science: `ACES`, `managed`, or empty for none.
        warning: a sentence where the name is a guess; else empty.
    """

    name: str
    space: str = ""
    gamma: str = ""
    science: str = ""
    warning: str = ""

    @property
    def spaces(self) -> Spaces:
        return Spaces(self.name, self.name, self.name)


def read_colour(settings: Mapping[str, str]) -> Colour:
    """What the settings of a timeline about colour mean for its renders."""
    mode = settings.get("colorScienceMode", "")
    if mode.startswith("aces"):
        return _named(settings.get("colorAcesODT", ""), "", "ACES")
    managed = "managed" if "Managed" in mode else ""
    return _named(
        settings.get("colorSpaceOutput", ""), settings.get("colorSpaceOutputGamma", ""), managed
    )


def _named(space: str, gamma: str, science: str) -> Colour:
    if not space and not science:
        return Colour(USUAL)
    written = _bare(space + gamma)
    known = [key for key in _NAMES if written.startswith(key)]
    if known:
        return Colour(_NAMES[max(known, key=len)], space, gamma, science)
    words = " ".join(word for word in (space, gamma) if word) or "an output space without a name"
    return Colour(
        USUAL,
        space,
        gamma,
        science,
        f"The timeline's output space, {words}, is not known to SparkVSR: its pictures are taken "
        "as Rec.709 with gamma 2.4.",
    )


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
