"""Colour spaces by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sparkvsr.color import BUILTIN, SHORT_NAMES, ColorSpaces
from sparkvsr.errors import SettingsError

# A small config of the first OpenColorIO version: no encodings, no interchange roles. That its
# linear space has the primaries of Rec.709 OpenColorIO sees from its ACEScg.
FACILITY = """ocio_profile_version: 1
search_path: ""
roles: {default: raw, scene_linear: lin}
displays:
  monitor:
    - !<View> {name: plain, colorspace: gamma22}
colorspaces:
  - !<ColorSpace> {name: lin, isdata: false}
  - !<ColorSpace> {name: raw, isdata: true}
  - !<ColorSpace>
    name: gamma22
    isdata: false
    to_reference: !<ExponentTransform> {value: [2.2, 2.2, 2.2, 1]}
  - !<ColorSpace>
    name: filmlog
    isdata: false
    to_reference: !<LogTransform> {base: 1000, direction: inverse}
  - !<ColorSpace>
    name: acescg
    isdata: false
    to_reference: !<MatrixTransform>
      matrix: [1.70505, -0.62179, -0.08326, 0, -0.13026, 1.14080, -0.01055, 0,
               -0.02400, -0.12897, 1.15297, 0, 0, 0, 0, 1]
"""
ALONE = """ocio_profile_version: 2
search_path: ""
roles: {default: thing}
displays:
  monitor:
    - !<View> {name: plain, colorspace: thing}
colorspaces:
  - !<ColorSpace>
    name: thing
    isdata: false
    to_scene_reference: !<ExponentTransform> {value: [3.1, 3.2, 3.3, 1]}
"""


@pytest.fixture(scope="module")
def spaces() -> ColorSpaces:
    return ColorSpaces()


def one(value: float) -> NDArray[np.float32]:
    return np.full((1, 1, 3), value, np.float32)


@pytest.mark.parametrize(
    ("short", "name", "encoding"),
    [
        ("srgb", "sRGB - Display", "sdr-video"),
        ("rec709", "Rec.1886 Rec.709 - Display", "sdr-video"),
        ("linear", "Linear Rec.709 (sRGB)", "scene-linear"),
        ("acescg", "ACEScg", "scene-linear"),
        ("acescct", "ACEScct", "log"),
        ("logc3", "ARRI LogC3 (EI800)", "log"),
        ("logc4", "ARRI LogC4", "log"),
        ("slog3", "S-Log3 S-Gamut3.Cine", "log"),
        ("davinci", "DaVinci Intermediate WideGamut", "log"),
        ("pq", "Rec.2100-PQ - Display", "hdr-video"),
        ("hlg", "Rec.2100-HLG - Display", "hdr-video"),
    ],
)
def test_short_names(spaces: ColorSpaces, short: str, name: str, encoding: str) -> None:
    assert spaces.check(short) == spaces.check(name) == spaces.check(short.upper()) == name
    assert spaces.encoding(short) == encoding
    assert name in spaces.names()
    assert spaces.is_scene_linear(short) == (encoding == "scene-linear")
    assert spaces.is_sdr(short) == (encoding == "sdr-video")


# Published values of mid grey, white or peak.
@pytest.mark.parametrize(
    ("space", "code", "linear"),
    [
        ("srgb", 0.5, 0.21404),  # IEC 61966-2-1
        ("rec709", 0.5, 0.5**2.4),  # ITU-R BT.1886
        ("acescct", 0.4135884, 0.18),  # S-2016-001
        ("logc3", 400 / 1023, 0.18),  # ARRI: 18 % grey at code 400
        ("logc4", 0.2783958, 0.18),  # ARRI LogC4 specification
        ("slog3", 420 / 1023, 0.18),  # Sony: 18 % grey at code 420
        ("davinci", 0.336043, 0.18),  # Blackmagic, DaVinci Wide Gamut Intermediate
        ("pq", 0.508078, 1.0),  # SMPTE ST 2084: 100 nits
        ("pq", 0.751827, 10.0),  # 1000 nits
        ("hlg", 0.75, 2.0315),  # ITU-R BT.2408: 75 % is 203 nits
    ],
)
def test_curves_are_those_of_their_makers(
    spaces: ColorSpaces, space: str, code: float, linear: float
) -> None:
    assert spaces.to_linear(space)(one(code)) == pytest.approx(one(linear), rel=1e-3)
    assert spaces.from_linear(space)(one(linear)) == pytest.approx(one(code), rel=1e-3)


def test_transforms_are_not_clamped(spaces: ColorSpaces) -> None:
    picture = np.array([[[-0.25, 0.5, 900.0]]], np.float32)
    there = spaces.transform("acescg", "linear")
    back = spaces.transform("linear", "acescg")
    assert there(picture)[0, 0, 2] > 900
    assert back(there(picture)) == pytest.approx(picture, abs=1e-4)


def test_a_transform_leaves_its_input_alone_and_takes_halves(spaces: ColorSpaces) -> None:
    picture = np.full((2, 3, 3), 0.5, np.float16)
    result = spaces.transform("srgb", "linear")(picture)
    assert result.dtype == np.float32
    assert (picture == 0.5).all()
    assert result == pytest.approx(0.21404, abs=1e-5)


def test_the_same_space_under_two_names_is_the_identity(spaces: ColorSpaces) -> None:
    assert spaces.transform("linear", "lin_rec709").is_identity
    assert not spaces.transform("linear", "acescg").is_identity


@pytest.mark.parametrize("version", ["v1.0.0_aces-v1.3_ocio-v2.1", "v2.2.0_aces-v1.3_ocio-v2.4"])
def test_short_names_hold_in_other_aces_configs(version: str, spaces: ColorSpaces) -> None:
    other = ColorSpaces(f"ocio://studio-config-{version}")
    for short in SHORT_NAMES:
        assert other.encoding(short) == spaces.encoding(short)
        code = one(0.4)
        assert other.to_linear(short)(code) == pytest.approx(
            spaces.to_linear(short)(code), rel=1e-4
        )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ACEScq", "ACEScg"), ("logc", "ARRI LogC4"), ("S-Log", "S-Log3"), ("rec2020", "Rec.2020")],
)
def test_an_unknown_name_brings_up_close_ones(spaces: ColorSpaces, typed: str, meant: str) -> None:
    assert not spaces.knows(typed)
    with pytest.raises(SettingsError, match=typed) as caught:
        spaces.check(typed)
    assert meant in caught.value.hint


def test_a_name_like_no_other_brings_up_the_short_names(spaces: ColorSpaces) -> None:
    with pytest.raises(SettingsError) as caught:
        spaces.check("qqqqq")
    assert "logc3" in caught.value.hint


def test_data_is_no_colour(spaces: ColorSpaces) -> None:
    assert not spaces.knows("Raw")
    with pytest.raises(SettingsError, match="Raw holds data"):
        spaces.check("Raw")


def test_the_config_asked_for_wins_over_the_environment(tmp_path: Path) -> None:
    asked, around = tmp_path / "asked.ocio", tmp_path / "around.ocio"
    asked.write_text(FACILITY)
    around.write_text(ALONE)
    environ = {"OCIO": str(around)}
    assert ColorSpaces.active(str(asked), environ).knows("filmlog")
    assert ColorSpaces.active(None, environ).names() == ("thing",)
    assert ColorSpaces.active(None, {"OCIO": ""}).config == BUILTIN
    assert ColorSpaces.active(None, {}).config == BUILTIN
    assert ColorSpaces.active(BUILTIN, environ).knows("ACEScg")


@pytest.mark.parametrize("content", [None, "this is no config", "ocio_profile_version: 99\n"])
def test_a_config_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "config.ocio"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=r"config\.ocio cannot be read") as caught:
        ColorSpaces(str(file))
    assert "--ocio" in caught.value.hint


def test_a_config_without_encodings_is_judged_by_its_transforms(tmp_path: Path) -> None:
    file = tmp_path / "facility.ocio"
    file.write_text(FACILITY)
    facility = ColorSpaces(str(file))
    assert facility.encoding("lin") == "scene-linear"
    assert facility.encoding("gamma22") == "sdr-video"
    assert facility.encoding("filmlog") == "log"
    assert facility.transform("gamma22", "lin")(one(0.5)) == pytest.approx(one(0.5**2.2), rel=1e-5)


def test_a_config_that_cannot_be_related_to_others_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "alone.ocio"
    file.write_text(ALONE)
    with pytest.raises(SettingsError, match=r"thing .* cannot be related") as caught:
        ColorSpaces(str(file)).to_linear("thing")
    assert "aces_interchange" in caught.value.hint
