"""Which colour space a file is taken to be in. Picture headers come from real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
import pytest

from sparkvsr.color import ColorSpaces, FileFacts, default_keyframe_space, default_space
from sparkvsr.errors import SettingsError

SPACES = ColorSpaces()
SRGB, VIDEO, LINEAR = "sRGB - Display", "Rec.1886 Rec.709 - Display", "Linear Rec.709 (sRGB)"
FLOAT8 = "float[8]"
ACESCG = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)


def movie(primaries: int | str, transfer: int | str) -> FileFacts:
    return FileFacts("plate.mov", ".mov", is_movie=True, primaries=primaries, transfer=transfer)


def picture(folder: Path, file: str, kind: str, *attributes: Any) -> FileFacts:
    """Write a picture with OpenImageIO, and say what its header says."""
    path = folder / file
    spec = oiio.ImageSpec(4, 4, 3, kind)
    for attribute in attributes:
        spec.attribute(*attribute)
    output = oiio.ImageOutput.create(str(path))
    assert output is not None
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.full((4, 4, 3), 0.5, np.float32))
    output.close()
    source = oiio.ImageInput.open(str(path))
    assert source is not None
    header = {entry.name: entry.value for entry in source.spec().extra_attribs}
    source.close()
    is_float = kind in ("half", "float")
    return FileFacts(str(path), path.suffix, is_float=is_float, attributes=header)


@pytest.mark.parametrize(
    ("primaries", "transfer", "space"),
    [
        (1, 1, VIDEO),
        ("bt709", "bt709", VIDEO),
        (6, 6, VIDEO),
        (1, 13, SRGB),
        (1, 4, "Gamma 2.2 Rec.709 - Display"),
        (1, 8, LINEAR),
        (9, 16, "Rec.2100-PQ - Display"),
        ("bt2020", "smpte2084", "Rec.2100-PQ - Display"),
        (2, 16, "Rec.2100-PQ - Display"),
        (9, 18, "Rec.2100-HLG - Display"),
        ("bt2020", "arib-std-b67", "Rec.2100-HLG - Display"),
        (12, 16, "ST2084-P3-D65 - Display"),
        (12, 13, "Display P3 - Display"),
        (9, 8, "Linear Rec.2020"),
    ],
)
def test_tags_of_movies(primaries: int | str, transfer: int | str, space: str) -> None:
    assert default_space(movie(primaries, transfer), SPACES) == (space, "")


@pytest.mark.parametrize(
    ("primaries", "transfer"), [(2, 2), ("unknown", "unknown"), (1, 2), (0, 0)]
)
def test_a_movie_without_tags_is_video_and_a_warning_says_so(
    primaries: int | str, transfer: int | str
) -> None:
    space, warning = default_space(movie(primaries, transfer), SPACES)
    assert space == VIDEO
    assert "plate.mov" in warning
    assert "--source-space" in warning


@pytest.mark.parametrize(("primaries", "transfer"), [(9, 14), (9, 1), (12, 1)])
def test_sdr_video_of_wide_primaries_passes_as_video_with_a_warning(
    primaries: int, transfer: int
) -> None:
    space, warning = default_space(movie(primaries, transfer), SPACES)
    assert space == VIDEO
    assert "primaries" in warning


@pytest.mark.parametrize(
    ("primaries", "transfer"), [(1, 9), (10, 17), (1, 10), (1, 5), (8, 1), (99, 1), ("?", "?")]
)
def test_tags_that_stand_for_no_space_are_asked_for(
    primaries: int | str, transfer: int | str
) -> None:
    with pytest.raises(SettingsError, match=f"primaries {primaries}".replace("?", r"\?")) as caught:
        default_space(movie(primaries, transfer), SPACES)
    assert "--source-space" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.png", "uint8"), ("a.png", "uint16"), ("a.jpg", "uint8"), ("a.tif", "uint16")],
)
def test_integer_pictures_are_srgb(tmp_path: Path, name: str, kind: str) -> None:
    assert default_space(picture(tmp_path, name, kind), SPACES) == (SRGB, "")


def test_a_png_that_says_it_is_pq_is_taken_at_its_word(tmp_path: Path) -> None:
    facts = picture(tmp_path, "a.png", "uint16", ("CICP", "int[4]", (9, 16, 0, 1)))
    assert default_space(facts, SPACES) == ("Rec.2100-PQ - Display", "")


@pytest.mark.parametrize(("name", "kind"), [("a.exr", "half"), ("a.tif", "float")])
def test_floats_without_a_word_are_linear_rec709_and_a_warning_says_so(
    tmp_path: Path, name: str, kind: str
) -> None:
    space, warning = default_space(picture(tmp_path, name, kind), SPACES)
    assert space == LINEAR
    assert name in warning
    assert "--source-space" in warning


@pytest.mark.parametrize(
    ("attribute", "space"),
    [
        (("chromaticities", FLOAT8, ACESCG), "ACEScg"),
        (("oiio:ColorSpace", "ACEScg"), "ACEScg"),
        (("colorInteropID", "lin_ap1_scene"), "ACEScg"),
        (("colorSpace", "ACES - ACEScct"), "ACEScct"),
    ],
)
def test_what_an_exr_header_says_is_believed(
    tmp_path: Path, attribute: tuple[Any, ...], space: str
) -> None:
    facts = picture(tmp_path, "a.exr", "half", attribute)
    assert default_space(facts, SPACES) == (space, "")


@pytest.mark.parametrize(
    "space",
    ["Linear Rec.709 (sRGB)", "Linear Rec.2020", "Linear P3-D65", "Linear AdobeRGB",
     "Linear ARRI Wide Gamut 3", "Linear ARRI Wide Gamut 4", "Linear S-Gamut3",
     "Linear S-Gamut3.Cine", "Linear DaVinci WideGamut"],
)  # fmt: skip
def test_the_table_of_primaries_agrees_with_the_config(space: str) -> None:
    columns = SPACES.transform(space, "lin_ciexyzd65_display")(np.eye(3, dtype=np.float32)[None])[0]
    white = columns.sum(axis=0)
    xyz = np.vstack([columns, white])
    chromaticities = (xyz[:, :2] / xyz.sum(axis=1, keepdims=True)).ravel()
    assert chromaticities[6:] == pytest.approx((0.3127, 0.3290), abs=1e-3)
    # Ways of adapting from white to white differ, so the table's own tolerance cannot hold here.
    facts = FileFacts(
        "a.exr", ".exr", is_float=True, attributes={"chromaticities": _closest(chromaticities)}
    )
    assert default_space(facts, SPACES) == (space, "")


def _closest(measured: Any) -> tuple[float, ...]:
    from sparkvsr.color._defaults import _CHROMATICITIES

    def distance(row: tuple[float, ...]) -> float:
        return float(np.abs(np.subtract(row, measured)).max())

    closest = min(_CHROMATICITIES.values(), key=distance)
    assert distance(closest) < 0.01
    return closest


@pytest.mark.parametrize(
    ("name", "kind", "space"), [("a.exr", "half", LINEAR), ("a.png", "uint8", SRGB)]
)
def test_a_space_that_the_config_has_not_gives_a_warning(
    tmp_path: Path, name: str, kind: str, space: str
) -> None:
    facts = picture(tmp_path, name, kind)
    facts = replace(facts, attributes={"colorSpace": "House Film"})
    taken, warning = default_space(facts, SPACES)
    assert taken == space
    assert "House Film" in warning
    assert space in warning


def test_unknown_primaries_give_a_warning(tmp_path: Path) -> None:
    odd = (0.6, 0.3, 0.3, 0.6, 0.2, 0.1, 0.3127, 0.329)
    facts = picture(tmp_path, "a.exr", "half", ("chromaticities", FLOAT8, odd))
    space, warning = default_space(facts, SPACES)
    assert space == LINEAR
    assert "primaries" in warning


@pytest.mark.parametrize("attributes", [(), (("oiio:ColorSpace", "KodakLog"),)])
def test_dpx_is_asked_for(tmp_path: Path, attributes: tuple[tuple[str, str], ...]) -> None:
    facts = picture(tmp_path, "plate.dpx", "uint16", *attributes)
    with pytest.raises(SettingsError, match=r"plate\.dpx") as caught:
        default_space(facts, SPACES)
    assert "--source-space" in caught.value.hint


def test_a_config_without_the_usual_space_asks_for_it(tmp_path: Path) -> None:
    config = tmp_path / "config.ocio"
    config.write_text(
        "ocio_profile_version: 1\nsearch_path: ''\nroles: {default: one}\n"
        "displays:\n  monitor:\n    - !<View> {name: plain, colorspace: one}\n"
        "colorspaces:\n  - !<ColorSpace> {name: one, isdata: false}\n"
    )
    with pytest.raises(SettingsError, match="no space that is known here as srgb"):
        default_space(FileFacts("a.png", ".png"), ColorSpaces(str(config)))


PNG, EXR, DPX = (
    FileFacts("k.png", ".png"),
    FileFacts("k.exr", ".exr", is_float=True),
    FileFacts("k.dpx", ".dpx", attributes={"oiio:ColorSpace": "KodakLog"}),
)


@pytest.mark.parametrize(
    ("keyframe", "source", "source_space", "space"),
    [
        (PNG, movie(1, 1), "rec709", VIDEO),  # a still of a Rec.709 timeline
        (PNG, PNG, "srgb", SRGB),
        (PNG, EXR, "acescg", SRGB),
        (EXR, EXR, "acescg", "ACEScg"),
        (DPX, DPX, "logc3", "ARRI LogC3 (EI800)"),
        (PNG, DPX, "logc3", SRGB),
    ],
)
def test_what_a_keyframe_does_not_say_follows_the_source(
    keyframe: FileFacts, source: FileFacts, source_space: str, space: str
) -> None:
    assert default_keyframe_space(keyframe, source, source_space, SPACES) == (space, "")


def test_an_exr_keyframe_of_a_movie_is_linear_with_a_warning() -> None:
    space, warning = default_keyframe_space(EXR, movie(1, 1), "rec709", SPACES)
    assert space == LINEAR
    assert "--keyframe-space" in warning


def test_a_dpx_keyframe_of_anything_else_is_asked_for() -> None:
    with pytest.raises(SettingsError) as caught:
        default_keyframe_space(DPX, EXR, "acescg", SPACES)
    assert "--keyframe-space" in caught.value.hint


def test_a_keyframe_that_says_its_space_is_believed(tmp_path: Path) -> None:
    keyframe = picture(tmp_path, "k.exr", "half", ("oiio:ColorSpace", "ACEScg"))
    assert default_keyframe_space(keyframe, EXR, "linear", SPACES) == ("ACEScg", "")
