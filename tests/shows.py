"""Configs of OpenColorIO as a show has them, with files of their own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from sparkvsr.color import pack
from sparkvsr.job import Color

SHOW = """ocio_profile_version: 2
environment: {LOOK: day}
search_path: [looks/$LOOK, luts]
roles: {default: cct, aces_interchange: aces, cie_xyz_d65_interchange: xyz}
displays:
  monitor:
    - !<View> {name: plain, colorspace: cct}
view_transforms:
  - !<ViewTransform>
    name: plain
    from_scene_reference: !<BuiltinTransform> {style: UTILITY - ACES-AP0_to_CIE-XYZ-D65_BFD}
display_colorspaces:
  - !<ColorSpace> {name: xyz, isdata: false}
colorspaces:
  - !<ColorSpace> {name: aces, isdata: false}
  - !<ColorSpace>
    name: cct
    isdata: false
    to_scene_reference: !<BuiltinTransform> {style: ACEScct_to_ACES2065-1, direction: forward}
  - !<ColorSpace>
    name: showlog
    isdata: false
    encoding: log
    to_scene_reference: !<GroupTransform>
      children:
        - !<FileTransform> {src: curve.spi1d}
        - !<FileTransform> {src: grade.cube}
  - !<ColorSpace>
    name: unfinished
    isdata: false
    to_scene_reference: !<FileTransform> {src: nobody-has-made-it.cube}
  - !<ColorSpace>
    name: unused
    isdata: false
    to_scene_reference: !<FileTransform> {src: unused.cube}
"""
"""The space `showlog` reads `luts/curve.spi1d` and, by a variable, `looks/day/grade.cube`."""


def spi1d(power: float, entries: int = 65) -> str:
    """A curve over 0 to 1."""
    values = "\n".join(str((i / (entries - 1)) ** power) for i in range(entries))
    return f"Version 1\nFrom 0.0 1.0\nLength {entries}\nComponents 1\n{{\n{values}\n}}\n"


def cube(gain: float) -> str:
    """A cube of 2 nodes a side that multiplies."""
    nodes = [f"{gain * r} {gain * g} {gain * b}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    return "LUT_3D_SIZE 2\n" + "\n".join(nodes) + "\n"


def make_show(folder: Path, power: float = 2.0, gain: float = 0.5, config: str = SHOW) -> Path:
    """Write a show's config with its files; returns the config."""
    files = {
        "luts/curve.spi1d": spi1d(power),
        "luts/unused.cube": cube(0.1),
        "looks/day/grade.cube": cube(gain),
        "looks/night/grade.cube": cube(gain / 4),
        "config.ocio": config,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "config.ocio"


def in_space(config: Path, space: str = "showlog", output: str | None = None) -> Color:
    """Colours of a job whose pictures are all in one space; the config is not packed yet."""
    return Color(source=space, keyframes=space, output=output or space, config=str(config))


def named(color: Color) -> Color:
    """The same as a job holds it: with the digest of the archive."""
    return msgspec.structs.replace(color, config_digest=hashlib.sha256(pack(color)).hexdigest())
