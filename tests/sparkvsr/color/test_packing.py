"""Packed configs: what they hold, that they mean the same anywhere, and that they reach nothing."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import PyOpenColorIO  # type: ignore[import-untyped]
import pytest
from numpy.typing import NDArray

from shows import SHOW, cube, in_space, make_show, named, spi1d
from sparkvsr.color import ColorSpaces, archive_of, pack, spaces_of
from sparkvsr.color._archive import write_archive
from sparkvsr.errors import SettingsError

PICTURE = np.random.default_rng(0).uniform(0.05, 0.95, (6, 8, 3)).astype(np.float32)
# Every way in which a config can refer to a file, some of them with a variable.
WAYS = """ocio_profile_version: 2
environment: {LOOK: day, BASE: base, GRADE: warm}
search_path: [looks/$LOOK, luts]
roles: {default: aces, aces_interchange: aces}
displays:
  monitor:
    - !<View> {name: graded, view_transform: toned, display_colorspace: screen, looks: +graded}
looks:
  - !<Look>
    name: graded
    process_space: aces
    transform: !<FileTransform> {src: grade.cube}
    inverse_transform: !<FileTransform> {src: unused.cube, direction: inverse}
view_transforms:
  - !<ViewTransform>
    name: toned
    from_scene_reference: !<FileTransform> {src: curve.spi1d}
display_colorspaces:
  - !<ColorSpace> {name: screen, isdata: false}
colorspaces:
  - !<ColorSpace> {name: aces, isdata: false}
  - !<ColorSpace>
    name: base
    isdata: false
    to_scene_reference: !<FileTransform> {src: "${LOOK}.spi1d"}
  - !<ColorSpace>
    name: by_space
    isdata: false
    to_scene_reference: !<ColorSpaceTransform> {src: $BASE, dst: aces}
  - !<ColorSpace>
    name: by_look
    isdata: false
    from_scene_reference: !<LookTransform> {src: aces, dst: aces, looks: graded}
  - !<ColorSpace>
    name: by_view
    isdata: false
    from_scene_reference: !<DisplayViewTransform> {src: aces, display: monitor, view: graded}
  - !<ColorSpace>
    name: by_name
    isdata: false
    to_scene_reference: !<ColorSpaceTransform> {src: named, dst: aces}
  - !<ColorSpace>
    name: by_correction
    isdata: false
    to_scene_reference: !<FileTransform> {src: grades.ccc, cccid: $GRADE}
named_transforms:
  - !<NamedTransform>
    name: named
    transform: !<FileTransform> {src: day.spi1d}
"""
CORRECTIONS = """<ColorCorrectionCollection xmlns="urn:ASC:CDL:v1.01">
  <ColorCorrection id="cold"><SOPNode><Slope>1 1 2</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power>
  </SOPNode></ColorCorrection>
  <ColorCorrection id="warm"><SOPNode><Slope>2 1 1</Slope><Offset>0 0 0</Offset><Power>1 1 1</Power>
  </SOPNode></ColorCorrection>
</ColorCorrectionCollection>
"""
REFERENCE = """<?xml version="1.0" encoding="UTF-8"?>
<ProcessList version="1.3" id="x">
  <Reference inBitDepth="32f" outBitDepth="32f" path="{}" />
</ProcessList>
"""
# Without roles OpenColorIO compares spaces: here it finds what it knows in the one made of files.
WITHOUT_ROLES = """ocio_profile_version: 1
search_path: luts
roles: {default: ref}
displays:
  monitor:
    - !<View> {name: plain, colorspace: ref}
colorspaces:
  - !<ColorSpace> {name: ref, isdata: false}
  - !<ColorSpace>
    name: camera
    isdata: false
    to_reference: !<FileTransform> {src: curve.spi1d}
  - !<ColorSpace>
    name: plain_acescg
    isdata: false
    to_reference: !<FileTransform> {src: acescg.spimtx}
"""
ACESCG_TO_REC709 = """1.70505 -0.62179 -0.08326 0
-0.13026 1.14080 -0.01055 0
-0.02400 -0.12897 1.15297 0
"""


def names(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


def linear(spaces: ColorSpaces, space: str = "showlog") -> NDArray[np.float32]:
    return spaces.to_linear(space)(PICTURE)


def test_equal_shows_give_equal_bytes_wherever_they_lie_and_however_old_they_are(
    tmp_path: Path,
) -> None:
    here, there = make_show(tmp_path / "a"), make_show(tmp_path / "deep" / "b")
    for file in there.parent.rglob("*"):
        os.utime(file, (1e9, 1e9))
    assert pack(in_space(here)) == pack(in_space(here)) == pack(in_space(there))


def test_what_the_job_needs_is_packed_and_nothing_else(tmp_path: Path) -> None:
    config = make_show(tmp_path)
    (tmp_path / "luts" / "large.cube").write_bytes(bytes(1 << 20))
    archive = pack(in_space(config))
    assert names(archive) == [
        "config.ocio",
        *sorted(
            f"luts/{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}{Path(name).suffix}"
            for name in ("luts/curve.spi1d", "looks/day/grade.cube")
        ),
    ]
    assert str(tmp_path).encode() not in archive
    assert names(pack(in_space(config, "cct"))) == ["config.ocio"]


@pytest.mark.parametrize("file", ["config.ocio", "luts/curve.spi1d", "looks/day/grade.cube"])
def test_any_change_of_what_the_job_needs_is_another_archive(tmp_path: Path, file: str) -> None:
    config = make_show(tmp_path)
    before = pack(in_space(config))
    text = (tmp_path / file).read_text()
    changed = text.replace("name: aces,", "name: aces, aliases: [ap0],").replace("0.25", "0.26")
    (tmp_path / file).write_text(changed.replace("0.5", "0.6"))
    assert pack(in_space(config)) != before
    (tmp_path / file).write_text(text)
    assert pack(in_space(config)) == before
    (tmp_path / "luts" / "unused.cube").write_text(cube(0.7))
    assert pack(in_space(config)) == before


def test_a_packed_config_gives_the_colours_of_the_original(tmp_path: Path) -> None:
    config = make_show(tmp_path)
    original, packed = ColorSpaces(str(config)), ColorSpaces(pack(in_space(config)))
    assert packed.names() == original.names()
    np.testing.assert_array_equal(linear(packed), linear(original))
    back = packed.from_linear("showlog")(linear(packed))
    np.testing.assert_array_equal(back, original.from_linear("showlog")(linear(original)))


def test_a_variable_is_that_of_the_person_not_of_where_the_job_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_show(tmp_path)
    day = pack(in_space(config))
    colours = linear(ColorSpaces(day))
    monkeypatch.setenv("LOOK", "night")
    np.testing.assert_array_equal(linear(ColorSpaces(day)), colours)
    night = pack(in_space(config))
    assert night != day
    assert linear(ColorSpaces(night)).max() < colours.max() / 3


@pytest.mark.parametrize("space", ["by_space", "by_look", "by_view", "by_name", "by_correction"])
def test_files_are_found_in_every_part_of_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str
) -> None:
    config = make_show(tmp_path, config=WAYS)
    (tmp_path / "luts" / "day.spi1d").write_text(spi1d(1.5))
    (tmp_path / "luts" / "grades.ccc").write_text(CORRECTIONS)
    expected = linear(ColorSpaces(str(config)), space)
    archive = pack(in_space(config, space))
    assert len(names(archive)) > 1
    for variable in ("LOOK", "BASE", "GRADE"):
        monkeypatch.setenv(variable, "cold")
    np.testing.assert_array_equal(linear(ColorSpaces(archive), space), expected)
    assert np.abs(expected - linear(ColorSpaces(archive), "aces")).max() > 0.01


def test_a_config_without_roles_takes_along_what_opencolorio_compares(tmp_path: Path) -> None:
    config = make_show(tmp_path, config=WITHOUT_ROLES)
    (tmp_path / "luts" / "acescg.spimtx").write_text(ACESCG_TO_REC709)
    expected = linear(ColorSpaces(str(config)), "camera")
    archive = pack(in_space(config, "camera"))
    assert len(names(archive)) == 3
    np.testing.assert_array_equal(linear(ColorSpaces(archive), "camera"), expected)


def test_a_missing_file_is_named_and_only_by_who_needs_it(tmp_path: Path) -> None:
    config = make_show(tmp_path)
    with pytest.raises(SettingsError, match=r"unfinished of .*nobody-has-made-it\.cube") as caught:
        pack(in_space(config, "unfinished"))
    assert "Put the file there" in caught.value.hint
    (tmp_path / "luts" / "curve.spi1d").unlink()
    with pytest.raises(SettingsError, match=r"showlog of .*needs a file .*curve\.spi1d"):
        pack(in_space(config))
    (tmp_path / "luts" / "curve.spi1d").write_text(spi1d(2.0))
    assert pack(in_space(config))  # it is there now, whatever OpenColorIO remembers


def test_a_config_that_cannot_be_packed_is_refused_in_words(tmp_path: Path) -> None:
    nested = make_show(tmp_path / "a", config=SHOW.replace("src: curve.spi1d", "src: outer.ctf"))
    (tmp_path / "a" / "luts" / "outer.ctf").write_text(REFERENCE.format("curve.spi1d"))
    with pytest.raises(SettingsError, match=r"curve\.spi1d is referred to by another file"):
        pack(in_space(nested))
    latin = make_show(tmp_path / "b")
    latin.write_bytes(SHOW.encode().replace(b"encoding: log", b'description: "caf\xe9"'))
    with pytest.raises(SettingsError, match="not UTF-8"):
        pack(in_space(latin))


@pytest.mark.parametrize("by", ["opencolorio", "pack"])
def test_an_ocioz_archive_is_taken_like_a_config(tmp_path: Path, by: str) -> None:
    plain = SHOW.replace("looks/$LOOK", "looks/day")
    config, archive = make_show(tmp_path / "a", config=plain), tmp_path / "show.ocioz"
    if by == "pack":
        archive.write_bytes(pack(in_space(config)))
    else:
        PyOpenColorIO.Config.CreateFromFile(str(config)).archive(str(archive))
    np.testing.assert_array_equal(
        linear(ColorSpaces(str(archive))), linear(ColorSpaces(str(config)))
    )
    assert pack(in_space(archive)) == pack(in_space(config))


def test_archives_with_equal_names_of_files_are_not_mixed_up(tmp_path: Path) -> None:
    shows = []
    for number, power in enumerate((1.0, 2.0, 3.0)):
        archive = tmp_path / f"{number}.ocioz"
        files = {"luts/curve.spi1d": spi1d(power), "luts/grade.cube": cube(1.0)}
        text = {name: data.encode() for name, data in files.items()}
        archive.write_bytes(write_archive(text | {"config.ocio": SHOW.encode()}))
        shows.append(ColorSpaces(str(archive)))
    one, two, three = (spaces.to_linear("showlog")(PICTURE).mean() for spaces in shows)
    assert one > 1.2 * two > 1.4 * three


def test_the_archive_of_a_job_is_the_same_from_the_config_and_from_itself(tmp_path: Path) -> None:
    job = named(in_space(make_show(tmp_path / "show")))
    archive = archive_of(job)
    (tmp_path / "blob").write_bytes(archive)
    moved = msgspec.structs.replace(job, config=str(tmp_path / "blob"))
    assert archive_of(moved) == archive
    np.testing.assert_array_equal(linear(spaces_of(moved)), linear(spaces_of(job)))


def test_many_threads_pack_and_use_configs_at_once(tmp_path: Path) -> None:
    configs = [make_show(tmp_path / str(power), float(power)) for power in (1, 2, 3)]
    expected = [pack(in_space(config)) for config in configs]

    def used(number: int) -> None:
        config, archive = configs[number % 3], expected[number % 3]
        assert pack(in_space(config)) == archive
        ours, theirs = linear(ColorSpaces(archive)), linear(ColorSpaces(str(config)))
        np.testing.assert_array_equal(ours, theirs)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(used, range(12)))


@pytest.mark.parametrize("file", ["config.ocio", "luts/curve.spi1d"])
def test_a_config_that_has_changed_since_the_job_was_made_is_refused(
    tmp_path: Path, file: str
) -> None:
    job = named(in_space(make_show(tmp_path)))
    text = (tmp_path / file).read_text()
    changed = text.replace("encoding: log", "encoding: hdr-video").replace("0.25", "0.26")
    (tmp_path / file).write_text(changed)
    with pytest.raises(SettingsError, match="has changed since the job was made"):
        spaces_of(job)


@pytest.mark.parametrize("way", ["absolute", "search path", "up", "reference"])
def test_a_hostile_config_reaches_no_file_and_does_not_learn_which_there_are(
    tmp_path: Path, way: str
) -> None:
    def said_of(target: Path) -> str:
        source, search_path = {
            "absolute": (str(target), "luts"),
            "search path": (target.name, str(tmp_path)),
            "up": (f"{'../' * 30}{str(target)[1:]}", "luts"),
            "reference": ("a.ctf", "luts"),
        }[way]
        text = SHOW.replace("src: curve.spi1d", f"src: {source}")
        files = {
            "config.ocio": text.replace("[looks/$LOOK, luts]", search_path),
            "luts/a.ctf": REFERENCE.format(target),
            "luts/grade.cube": cube(1.0),
            "grade.cube": cube(1.0),
        }
        with pytest.raises(SettingsError) as caught:
            linear(ColorSpaces(write_archive({n: data.encode() for n, data in files.items()})))
        without_root = re.sub("[0-9a-f]{64}", "", caught.value.message)
        return without_root.replace(target.stem, "*")

    (tmp_path / "real.spi1d").write_text(spi1d(3.0))
    assert said_of(tmp_path / "real.spi1d") == said_of(tmp_path / "none.spi1d")


def test_a_hostile_config_sees_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "swordfish")
    for environment in ("environment: {SECRET: x}", "environment: {}", ""):
        text = SHOW.replace("environment: {LOOK: day}", environment)
        text = text.replace("src: curve.spi1d", "src: $SECRET.spi1d")
        archive = write_archive({"config.ocio": text.encode()})
        with pytest.raises(SettingsError) as caught:
            linear(ColorSpaces(archive))
        assert "swordfish" not in caught.value.message


def test_a_damaged_lut_is_a_sentence_without_the_inside(tmp_path: Path) -> None:
    archive = bytearray(pack(in_space(make_show(tmp_path))))
    archive[archive.index(b"Length 65")] ^= 1
    with pytest.raises(SettingsError, match="could not be loaded") as caught:
        linear(ColorSpaces(bytes(archive)))
    assert ".py" not in caught.value.message


def test_a_packed_text_that_is_no_config_is_refused() -> None:
    with pytest.raises(SettingsError, match="The job's OpenColorIO config cannot be read"):
        ColorSpaces(write_archive({"config.ocio": b"this is no config"}))
    with pytest.raises(SettingsError, match="The job's OpenColorIO config cannot be read"):
        ColorSpaces(b"this is no archive")
