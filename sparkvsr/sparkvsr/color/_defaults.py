"""Which colour space a file is in, from what it says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import SettingsError
from ._spaces import ColorSpaces

_UNSPECIFIED: Final = frozenset({0, 2, 3})

# Code points of ITU-T H.273 under the names that libav uses, in lower case.
_PRIMARIES: Final = {
    "bt709": 1, "unknown": 2, "unspecified": 2, "bt470m": 4, "bt470bg": 5, "smpte170m": 6,
    "smpte240m": 7, "film": 8, "bt2020": 9, "smpte428": 10, "smpte431": 11, "smpte432": 12,
}  # fmt: skip
_TRANSFERS: Final = {
    "bt709": 1, "unknown": 2, "unspecified": 2, "gamma22": 4, "gamma28": 5, "smpte170m": 6,
    "smpte240m": 7, "linear": 8, "log": 9, "log100": 9, "log_sqrt": 10, "log316": 10,
    "iec61966-2-4": 11, "bt1361e": 12, "iec61966-2-1": 13, "bt2020-10": 14, "bt2020-12": 15,
    "smpte2084": 16, "smpte428": 17, "arib-std-b67": 18,
}  # fmt: skip

_VIDEO, _SRGB, _GAMMA22, _LINEAR, _PQ, _HLG = "video", "srgb", "gamma22", "linear", "pq", "hlg"
_SDR: Final = (_VIDEO, _SRGB, _GAMMA22)
_CURVES: Final = {
    **dict.fromkeys((1, 6, 7, 11, 12, 14, 15, *_UNSPECIFIED), _VIDEO),
    4: _GAMMA22, 13: _SRGB, 8: _LINEAR, 16: _PQ, 18: _HLG,
}  # fmt: skip
_GAMUTS: Final = {
    # The primaries of standard definition differ little from Rec.709 and no config has them.
    **dict.fromkeys((1, 5, 6, 7, *_UNSPECIFIED), "Rec.709"),
    9: "Rec.2020", 12: "P3",
}  # fmt: skip
_TAGGED: Final = {
    ("Rec.709", _VIDEO): "rec709",
    ("Rec.709", _SRGB): "srgb",
    ("Rec.709", _GAMMA22): "g22_rec709_display",
    ("Rec.709", _LINEAR): "linear",
    ("Rec.2020", _PQ): "pq",
    ("Rec.2020", _HLG): "hlg",
    ("Rec.2020", _LINEAR): "lin_rec2020",
    ("P3", _SRGB): "displayp3_display",
    ("P3", _PQ): "st2084_p3d65_display",
    ("P3", _LINEAR): "lin_p3d65",
}

# x and y of red, green, blue, white; from the makers' and SMPTE, ITU-R and ACES documents.
_CHROMATICITIES: Final[Mapping[str, tuple[float, ...]]] = {
    "linear": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "lin_rec2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "lin_p3d65": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    "lin_adobergb": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290),
    "aces2065_1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, 0.32168, 0.33767),
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "lin_arri_wide_gamut_3": (0.6840, 0.3130, 0.2210, 0.8480, 0.0861, -0.1020, 0.3127, 0.3290),
    "lin_arri_wide_gamut_4": (0.7347, 0.2653, 0.1424, 0.8576, 0.0991, -0.0308, 0.3127, 0.3290),
    "lin_sgamut3": (0.730, 0.280, 0.140, 0.855, 0.100, -0.050, 0.3127, 0.3290),
    "lin_sgamut3cine": (0.766, 0.275, 0.225, 0.800, 0.089, -0.087, 0.3127, 0.3290),
    "lin_davinci_widegamut": (0.8000, 0.3130, 0.1682, 0.9877, 0.0790, -0.1155, 0.3127, 0.3290),
}
_SAME_CHROMATICITY: Final = 0.0006  # of x and y; files round them to 3 or 4 places

_LOG_FILES: Final = (".dpx", ".cin")
_SPACE_ATTRIBUTES: Final = ("colorInteropID", "oiio:ColorSpace", "colorSpace", "ColorSpace")


@dataclass(frozen=True)
class FileFacts:
    """What a file says about its colours.

    Attributes:
        name: as the person wrote it, for sentences.
        suffix: with its dot, any case.
        is_movie: it has the tags of a movie.
        is_float: it stores half or float values.
        primaries, transfer: of a movie, code points of ITU-T H.273 or the names that libav uses.
        attributes: of a picture's header, as OpenImageIO names them.
    """

    name: str
    suffix: str
    is_movie: bool = False
    is_float: bool = False
    primaries: int | str = 2
    transfer: int | str = 2
    attributes: Mapping[str, Any] = field(default_factory=dict)


def default_space(
    facts: FileFacts, spaces: ColorSpaces, *, option: str = "--source-space"
) -> tuple[str, str]:
    """The colour space that a file is taken to be in, and a warning or "".

    Args:
        option: what to name in hints: where a person would say it.

    Raises:
        SettingsError: it must be asked for: DPX and Cineon, tags that stand for no space of the
            config, or a config without the space that is usual for such files.
    """
    if facts.is_movie:
        return _of_movie(facts, spaces, option)
    if facts.suffix.lower() in _LOG_FILES:
        raise SettingsError(
            f"{facts.name} does not say which log curve and primaries it holds; files of this "
            "kind hold many.",
            f"Say it with {option}, for example {option} logc3.",
        )
    stated = _stated(facts)
    if stated and spaces.knows(stated):
        return spaces.check(stated), ""
    space, why = ("linear", "does not say its colour space") if facts.is_float else ("srgb", "")
    if stated:
        why = f"says it is in {stated}, which is no colour space of {spaces.config}"
    elif facts.is_float and (primaries := _chromaticities(facts)):
        named = _of_chromaticities(primaries, spaces)
        if named:
            return named, ""
        why = "has primaries that are of no known space"
    space = _known(space, facts, spaces, option)
    warning = f"{facts.name} {why}; it is taken as {space}. If not so, use {option}."
    return space, warning if why else ""


def default_keyframe_space(
    keyframe: FileFacts, source: FileFacts, source_space: str, spaces: ColorSpaces
) -> tuple[str, str]:
    """The same for a keyframe; what it does not say itself follows the source.

    A still of a Rec.709 timeline is a PNG with that timeline's codes: so a picture of integers is
    taken to be in the source's space where that is an SDR display's, and a keyframe of the same
    kind as the source, float or DPX, is taken to be in the same space as the source.

    Raises:
        SettingsError: as `default_space`.
    """
    said = _stated(keyframe) or _chromaticities(keyframe)
    alike = (keyframe.suffix.lower(), keyframe.is_float) == (source.suffix.lower(), source.is_float)
    is_still = not keyframe.is_float and keyframe.suffix.lower() not in _LOG_FILES
    if not said and (alike or (is_still and spaces.is_sdr(source_space))):
        return spaces.check(source_space), ""
    return default_space(keyframe, spaces, option="--keyframe-space")


def _of_movie(facts: FileFacts, spaces: ColorSpaces, option: str) -> tuple[str, str]:
    primaries, transfer = _code(facts.primaries, _PRIMARIES), _code(facts.transfer, _TRANSFERS)
    curve, gamut = _CURVES.get(transfer), _GAMUTS.get(primaries)
    if curve in (_PQ, _HLG) and primaries in _UNSPECIFIED:
        gamut = "Rec.2020"
    space = _TAGGED.get((str(gamut), str(curve)))
    if space is not None and spaces.knows(space):
        if transfer not in _UNSPECIFIED:
            return spaces.check(space), ""
        why = "does not say its colour space"
    elif gamut is not None and curve in _SDR:
        why = f"is SDR video with {gamut} primaries, which no colour space here is for"
    else:
        raise SettingsError(
            f"{facts.name} is tagged with primaries {facts.primaries} and transfer "
            f"{facts.transfer} of ITU-T H.273, which no colour space here is for.",
            f"Say with {option} how it is to be taken.",
        )
    warning = f"{facts.name} {why}; it is taken as Rec.709 video. If not so, use {option}."
    return _known("rec709", facts, spaces, option), warning


def _code(tag: int | str, names: Mapping[str, int]) -> int:
    """A code point; -1 for a name that is not known."""
    return tag if isinstance(tag, int) else names.get(tag.lower(), -1)


def _stated(facts: FileFacts) -> str:
    """The colour space that a picture's header names, or ""."""
    if facts.suffix.lower() in _LOG_FILES:
        return ""
    values = (facts.attributes.get(attribute) for attribute in _SPACE_ATTRIBUTES)
    # OpenImageIO says sRGB of every integer file that says nothing.
    unsaid = ("",) if facts.is_float else ("", "srgb_rec709_scene")
    return next((v for v in values if isinstance(v, str) and v not in unsaid), "")


def _chromaticities(facts: FileFacts) -> Sequence[float]:
    """x and y of red, green, blue and white in a picture's header; empty if it has none."""
    value = facts.attributes.get("chromaticities", ())
    return value if len(value) == 8 else ()


def _of_chromaticities(stated: Sequence[float], spaces: ColorSpaces) -> str:
    """The linear space with these primaries and white, or ""."""
    for space, known in _CHROMATICITIES.items():
        near = all(abs(a - b) < _SAME_CHROMATICITY for a, b in zip(stated, known, strict=True))
        if near and spaces.knows(space):
            return spaces.check(space)
    return ""


def _known(space: str, facts: FileFacts, spaces: ColorSpaces, option: str) -> str:
    if not spaces.knows(space):
        raise SettingsError(
            f"{facts.name} does not say its colour space, and {spaces.config} has no space that is "
            f"known here as {space}.",
            f"Say it with {option}.",
        )
    return spaces.check(space)
