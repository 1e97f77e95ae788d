"""EXR: every channel and attribute that is not ours comes through."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import pytest
from numpy.typing import NDArray

from footage import copy_clip, make_picture, noise
from sparkvsr.errors import SourceError
from sparkvsr.media import ColourTags, open_source, read_picture


def write_exr(path: Path, pixels: dict[str, NDArray[Any]], **header: Any) -> None:
    OpenEXR.File([part("", pixels, **header)]).write(str(path))


def part(name: str, pixels: dict[str, NDArray[Any]], **header: Any) -> Any:
    layout = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.scanlineimage}
    return OpenEXR.Part(layout | header, dict(pixels), name)


def header_of(path: Path) -> dict[str, Any]:
    return dict(OpenEXR.File(str(path), header_only=True).header())


def plane(dtype: str, seed: int = 0, shape: tuple[int, int] = (6, 8)) -> NDArray[Any]:
    """Any bits that the type can hold but signalling NaNs, which no copy need keep."""
    if dtype == "uint32":
        return np.random.default_rng(seed).integers(0, 2**32, shape, np.uint32)
    values = np.random.default_rng(seed).normal(0, 100, shape).astype(dtype)
    values[0, :4] = np.nan, np.inf, -np.inf, np.finfo(values.dtype).smallest_subnormal
    return values


def rgb(seed: int = 0, shape: tuple[int, int] = (6, 8)) -> dict[str, NDArray[Any]]:
    return {c: plane("float16", seed + n, shape) for n, c in enumerate("RGB")}


def channels(path: Path) -> dict[str, NDArray[Any]]:
    (part,) = OpenEXR.File(str(path), separate_channels=True).parts  # one part is our promise
    return {name: channel.pixels for name, channel in part.channels.items()}


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def test_every_channel_of_every_type_passes_bit_for_bit(tmp_path: Path) -> None:
    extra = {
        "A": plane("float16", 5),
        "Z": plane("float32", 6),
        "diffuse.R": plane("float16", 7),
        "CryptoAsset00.R": plane("float32", 8),
        "id": plane("uint32", 9),
    }
    write_exr(tmp_path / "in.0007.exr", {**rgb(), **extra})
    info = copy_clip(tmp_path / "in.####.exr", tmp_path / "out.####.exr")
    assert set(info.extra_channels) == extra.keys()
    found = channels(tmp_path / "out.0007.exr")
    assert found.keys() == extra.keys() | set("RGB")
    for name, pixels in (rgb() | extra).items():
        assert same_bits(found[name], pixels), name


def test_parts_become_layers_of_one_part(tmp_path: Path) -> None:
    depth, other, ids = plane("float32", 3), rgb(4), plane("uint32", 5)
    OpenEXR.File(
        [
            part("depth", {"depth.Z": depth}),
            part("rgba", rgb() | {"A": other["R"]}, shot="sh010"),
            part("diffuse", other),
            part("ids", {"id": ids}),
        ]
    ).write(str(tmp_path / "in.1.exr"))
    info = copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    found = channels(tmp_path / "out.1.exr")
    expected = {f"diffuse.{c}": other[c] for c in "RGB"}
    expected |= rgb() | {"A": other["R"], "depth.Z": depth, "ids.id": ids}
    assert found.keys() == expected.keys() == set(info.extra_channels) | set("RGB")
    assert all(same_bits(found[name], expected[name]) for name in expected)
    assert header_of(tmp_path / "out.1.exr")["shot"] == "sh010"


def test_attributes_of_every_type_are_kept_and_those_of_the_layout_are_ours(tmp_path: Path) -> None:
    kept = {
        "anInt": 7,
        "aFloat": 1.5,
        "nuke/full_layer_names": "0",
        "list": ["a", "b"],
        "v2f": np.array([1, 2], np.float32),
        "v3i": np.array([1, 2, 3], np.int32),
        "v2d": np.array([1, 2.1]),
        "worldToCamera": np.arange(16, dtype=np.float32).reshape(4, 4),
        "ratio": Fraction(7, 3),
        "unknown": "of a type that nobody knows",
        "comments": "hi",
        "capDate": "2020:01:01 00:00:00",
    }
    theirs = {
        "acesImageContainerFlag": 1,
        "lineOrder": OpenEXR.DECREASING_Y,
        "dwaCompressionLevel": 9.0,
    }
    path = tmp_path / "in.1.exr"
    write_exr(path, rgb(), **kept | theirs)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"unknown\0string\0", b"unknown\0strang\0"))
    before = header_of(path)
    copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    after = header_of(tmp_path / "out.1.exr")
    for name in kept:
        assert repr(after[name]) == repr(before[name]), name
    assert "acesImageContainerFlag" not in after
    assert after["compression"] == OpenEXR.ZIP_COMPRESSION
    assert after["lineOrder"] == OpenEXR.INCREASING_Y


@pytest.mark.parametrize("inside", [True, False])
def test_other_channels_follow_the_display_window(tmp_path: Path, inside: bool) -> None:
    """A data window inside of the display window, and one that is larger on all sides."""
    corner, shape = ((2, 1), (6, 8)) if inside else ((-3, -2), (12, 15))
    pixels = rgb(1, shape) | {"Z": plane("float32", 3, shape)}
    x, y = corner
    box = np.array(corner, np.int32), np.array((x + shape[1] - 1, y + shape[0] - 1), np.int32)
    display = np.array((0, 0), np.int32), np.array((10, 8), np.int32)
    header = {"dataWindow": box, "displayWindow": display}
    write_exr(tmp_path / "in.1.exr", pixels, **header)
    info = copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    assert (info.width, info.height, info.notes) == (11, 9, ())
    found = channels(tmp_path / "out.1.exr")
    for name, stored in pixels.items():
        expected = np.zeros((9, 11), stored.dtype)
        if inside:
            expected[1:7, 2:10] = stored
        else:
            expected[:] = stored[2:11, 3:14]
        assert same_bits(found[name], expected), name
    made = header_of(tmp_path / "out.1.exr")
    assert np.array_equal(made["dataWindow"], made["displayWindow"])
    with open_source(str(tmp_path / "in.#.exr")) as source:
        assert len(source.info.notes) == (0 if inside else 1)


def test_a_display_window_that_does_not_start_at_0_is_moved_there(tmp_path: Path) -> None:
    box = np.array((5, 4), np.int32), np.array((12, 9), np.int32)
    header = {"dataWindow": box, "displayWindow": box}
    write_exr(tmp_path / "in.1.exr", rgb() | {"Z": plane("float32")}, **header)
    copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    assert same_bits(channels(tmp_path / "out.1.exr")["Z"], plane("float32"))
    made = header_of(tmp_path / "out.1.exr")
    assert [int(c) for c in made["displayWindow"][0]] == [0, 0]


def test_the_colours_say_what_they_are(tmp_path: Path) -> None:
    ap0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    header = {"chromaticities": ap0, "colorInteropID": "lin_ap0_scene"}
    write_exr(tmp_path / "in.1.exr", rgb(), **header)
    write_exr(tmp_path / "silent.1.exr", rgb())
    colour = copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr").colour
    assert colour.space == "lin_ap0_scene"
    assert colour.chromaticities == pytest.approx(ap0)
    assert copy_clip(tmp_path / "silent.#.exr", tmp_path / "out2.#.exr").colour == ColourTags()
    with open_source(str(tmp_path / "in.#.exr")) as source:  # converted on the way
        like = replace(source.info, colour=ColourTags(space="lin_rec709_scene"))
    colour = copy_clip(tmp_path / "in.#.exr", tmp_path / "out3.#.exr", like=like).colour
    assert colour == ColourTags(space="lin_rec709_scene")


def test_channels_grow_with_the_picture_each_in_its_way(tmp_path: Path) -> None:
    step = np.zeros((8, 8), np.float32)
    step[:, 4:] = 1
    names = ["A", "beauty.R", "Z", "objectId", "CryptoMatte00.R", "mask"]
    extra = dict.fromkeys(names, step) | {"ids": (step * 4_000_000_001).astype(np.uint32)}
    black = dict.fromkeys("RGB", np.zeros((8, 8), np.float16))
    write_exr(tmp_path / "in.1.exr", black | extra)
    with open_source(str(tmp_path / "in.#.exr")) as source:
        (extras,) = source.extras()
        grown = extras.fitted(source.info.extra_channels, 24, 16).channels
        shrunk = extras.fitted(source.info.extra_channels, 3, 2).channels
    assert {p.shape for p in grown.values()} == {(16, 24)}
    assert {p.shape for p in shrunk.values()} == {(2, 3)}
    for name in ("objectId", "CryptoMatte00.R", "ids"):
        assert set(np.unique(grown[name])) == set(np.unique(extra[name]))
        assert np.array_equal(grown[name], np.kron(extra[name], np.ones((2, 3), grown[name].dtype)))
    for name in ("A", "beauty.R", "Z", "mask"):
        assert grown[name].dtype == np.float32
        assert (grown[name].min(), grown[name].max()) == (0, 1)
        assert 0 < grown[name][0, 12] < 1
        assert (np.diff(grown[name], axis=1) >= 0).all()
        assert shrunk[name][0] == pytest.approx([0, 0.5, 1])
    assert np.abs(grown["A"] - grown["Z"]).max() > 0.01  # cubic is not linear


def test_extras_are_read_again_behind_the_frames_and_one_at_a_time(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write_exr(tmp_path / f"in.{number}.exr", rgb() | {"Z": plane("float32", number)})
    with open_source(str(tmp_path / "in.#.exr")) as source:
        assert len(list(source.frames())) == 3
        late = source.extras()
        assert same_bits(np.asarray(next(late).channels["Z"]), plane("float32", 1))
        write_exr(tmp_path / "in.3.exr", rgb() | {"Z": plane("float32", 9)})
        assert same_bits(np.asarray(list(late)[-1].channels["Z"]), plane("float32", 9))


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    big = dict.fromkeys("RGB", plane("float16", 1, (64, 64))) | {"Z": plane("float32", 2, (64, 64))}
    path = tmp_path / "in.1.exr"
    write_exr(path, big)
    with open_source(str(tmp_path / "in.#.exr")) as source:
        path.write_bytes(path.read_bytes()[:5000])
        with pytest.raises(SourceError, match=r"in\.1\.exr"):
            list(source.extras())


def test_layers_without_a_main_layer_are_refused_and_named(tmp_path: Path) -> None:
    parts = [
        part(layer, {f"{layer}.{c}": plane("float16") for c in "RGB"})
        for layer in ("beauty", "diffuse")
    ]
    OpenEXR.File(parts).write(str(tmp_path / "in.1.exr"))
    with pytest.raises(SourceError, match=r"no R, G and B.*beauty\.R.*diffuse\.B"):
        open_source(str(tmp_path / "in.#.exr"))


def timecode(*fields: int) -> Any:
    """Hours, minutes, seconds, frame, drop frame."""
    return OpenEXR.TimeCode(*fields, *[0] * 13)


def test_a_timecode_passes_and_counts(tmp_path: Path) -> None:
    labels = [timecode(1, 0, 59, 28, 1), timecode(1, 0, 59, 29, 1), timecode(1, 1, 0, 2, 1)]
    for number, label in enumerate(labels):
        path = tmp_path / f"in.{number}.exr"
        write_exr(path, rgb(), timeCode=label, framesPerSecond=Fraction(30000, 1001))
    info = copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    assert (str(info.timecode), info.rate) == ("01:00:59;28", Fraction(30000, 1001))
    for number, label in enumerate(labels):
        assert header_of(tmp_path / f"out.{number}.exr")["timeCode"] == label


def test_a_timecode_that_does_not_suit_the_rate_is_told_and_passes_unread(tmp_path: Path) -> None:
    label = timecode(1, 0, 0, 29, 0)  # at 24, as nothing is said
    write_exr(tmp_path / "in.1.exr", rgb(), timeCode=label)
    with open_source(str(tmp_path / "in.#.exr")) as source:
        assert source.info.timecode is None
        assert "not possible" in source.info.notes[0]
    copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    assert header_of(tmp_path / "out.1.exr")["timeCode"] == label


@pytest.mark.parametrize("aspect", [Fraction(2), Fraction(128, 117), Fraction(9, 10)])
def test_the_pixel_aspect_is_kept(tmp_path: Path, aspect: Fraction) -> None:
    write_exr(tmp_path / "in.1.exr", rgb(), pixelAspectRatio=float(aspect))
    assert copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr").pixel_aspect == aspect


def test_other_files_become_exr_with_their_alpha(tmp_path: Path) -> None:
    pixels = noise((6, 8, 4), 65535)
    make_picture(tmp_path / "in.1.png", pixels, oiio__UnassociatedAlpha=1)
    copy_clip(tmp_path / "in.#.png", tmp_path / "out.#.exr")
    found = channels(tmp_path / "out.1.exr")
    assert found["A"].dtype == np.float16
    np.testing.assert_allclose(found["A"], pixels[..., 3] / 65535, atol=5e-4)
    multiplied = pixels[..., :3] / 65535 * (pixels[..., 3:] / 65535)  # what EXR means by RGBA
    np.testing.assert_allclose(read_picture(tmp_path / "out.1.exr"), multiplied, atol=1e-3)
