"""Headers of EXR files as OpenEXR and OpenImageIO write them, and files that are not whole."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import OpenImageIO
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkvsr_link import read_exr_header
from sparkvsr_nuke.core import FrameRange, check_sequence, frame_file

COMPRESSIONS = [getattr(OpenEXR, name) for name in dir(OpenEXR) if name.endswith("_COMPRESSION")]
COMPRESSIONS = [value for value in COMPRESSIONS if int(value) < 12]
in_one_folder = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def write(
    path: Path,
    width: int = 20,
    height: int = 12,
    names: str = "RGB",
    compression: object = OpenEXR.ZIP_COMPRESSION,
    **header: object,
) -> None:
    pixels = np.random.default_rng(1).random((len(names), height, width)).astype(np.float16)
    made = {"compression": compression, "type": OpenEXR.scanlineimage, **header}
    OpenEXR.File(made, dict(zip(names, pixels, strict=True))).write(str(path))


def test_every_compression_of_the_library_is_tried() -> None:
    assert {int(value) for value in COMPRESSIONS} >= set(range(10))


@in_one_folder
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 300),
    left=st.integers(-40, 40),
    top=st.integers(-40, 40),
    names=st.sets(st.sampled_from("RGBAZ"), min_size=1).map(lambda found: "".join(sorted(found))),
    compression=st.sampled_from(COMPRESSIONS),
    aspect=st.sampled_from([1.0, 2.0, 0.5, 1.459]),
)
def test_a_file_of_openexr_is_read_as_it_was_written(
    tmp_path: Path,
    width: int,
    height: int,
    left: int,
    top: int,
    names: str,
    compression: object,
    aspect: float,
) -> None:
    file = tmp_path / "openexr.exr"
    window = (left, top, left + width - 1, top + height - 1)
    write(
        file,
        width,
        height,
        names,
        compression,
        dataWindow=(np.array(window[:2], np.int32), np.array(window[2:], np.int32)),
        displayWindow=(np.array([0, 0], np.int32), np.array([63, 35], np.int32)),
        pixelAspectRatio=aspect,
    )
    header = read_exr_header(file)
    assert header.data_window == window
    assert header.display_window == (0, 0, 63, 35)
    assert header.size == (64, 36)
    assert header.channels == tuple(sorted(names))
    assert header.pixel_aspect == pytest.approx(aspect)
    assert header.complete


@in_one_folder
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    compression=st.sampled_from(["none", "rle", "zips", "zip", "piz", "dwaa", "dwab"]),
)
def test_a_file_of_openimageio_is_read_as_it_was_written(
    tmp_path: Path, width: int, height: int, compression: str
) -> None:
    file = tmp_path / "oiio.exr"
    spec = OpenImageIO.ImageSpec(width, height, 4, "half")
    spec.attribute("compression", compression)
    spec.attribute("owner", "a" * 5000)
    output = OpenImageIO.ImageOutput.create(str(file))
    assert output is not None and output.open(str(file), spec)
    assert output.write_image(np.ones((height, width, 4), np.float16))
    output.close()
    header = read_exr_header(file)
    assert header.size == (width, height)
    assert header.data_window == header.display_window
    assert sorted(header.channels) == ["A", "B", "G", "R"]
    assert header.complete


@pytest.mark.parametrize("compression", COMPRESSIONS, ids=str)
def test_a_file_that_is_cut_off_anywhere_is_never_complete(
    tmp_path: Path, compression: object
) -> None:
    file = tmp_path / "whole.exr"
    write(file, 9, 40, compression=compression)
    whole = file.read_bytes()
    cut = tmp_path / "cut.exr"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        try:
            assert not read_exr_header(cut).complete, length
        except ValueError as error:
            assert "cut off" in str(error)
    cut.write_bytes(whole[:-1])
    assert not read_exr_header(cut).complete


def test_a_file_whose_writer_was_stopped_is_not_complete(tmp_path: Path) -> None:
    file = tmp_path / "stopped.exr"
    write(file, 9, 40, compression=OpenEXR.NO_COMPRESSION)
    content = bytearray(file.read_bytes())
    (first_offset,) = [content.find(struct.pack("<Q", value)) for value in [_first_chunk(content)]]
    content[first_offset : first_offset + 8] = bytes(8)
    file.write_bytes(content)
    assert not read_exr_header(file).complete


@pytest.mark.parametrize("more", [0, 3, 7, 8, 20])
def test_a_file_that_ends_within_its_last_line_is_read_and_is_not_complete(
    tmp_path: Path, more: int
) -> None:
    file = tmp_path / "cut.exr"
    write(file, 9, 40, compression=OpenEXR.NO_COMPRESSION)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) - (8 + 9 * 3 * 2) + more])
    assert not read_exr_header(file).complete


def _first_chunk(content: bytearray) -> int:
    """Where the first of 40 chunks of 9 RGB halves begins: all of them end the file."""
    return len(content) - 40 * (8 + 9 * 3 * 2)


@in_one_folder
@given(data=st.data())
def test_a_damaged_header_is_a_sentence_or_another_header_and_never_a_crash(
    tmp_path: Path, data: st.DataObject
) -> None:
    file = tmp_path / "damaged.exr"
    if not file.exists():
        write(file)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "other.exr"
    damaged.write_bytes(content)
    try:
        read_exr_header(damaged)
    except ValueError as error:
        assert str(error).startswith("it")


SEQUENCE = FrameRange(1001, 1005)


@pytest.fixture
def pattern(tmp_path: Path) -> Path:
    pattern = tmp_path / "result.%04d.exr"
    for frame in range(1001, 1006):
        write(frame_file(pattern, frame))
    return pattern


def test_a_whole_sequence_has_no_problem(pattern: Path) -> None:
    assert check_sequence(pattern, SEQUENCE, (20, 12)) == ()


def test_missing_frames_are_named_shortest(pattern: Path) -> None:
    for frame in (1001, 1003, 1004, 1005):
        frame_file(pattern, frame).unlink()
    (sentence,) = check_sequence(pattern, SEQUENCE, (20, 12))
    assert sentence == f"Frames 1001 1003-1005 of {pattern}: missing."


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def _tiles(file: Path) -> None:
    spec = OpenImageIO.ImageSpec(64, 64, 3, "half")
    spec.tile_width = spec.tile_height = 32
    output = OpenImageIO.ImageOutput.create(str(file))
    assert output is not None and output.open(str(file), spec)
    assert output.write_image(np.ones((64, 64, 3), np.float16))
    output.close()


def _parts(file: Path) -> None:
    pixels = np.ones((12, 20), np.float16)
    parts = [
        OpenEXR.Part({"type": OpenEXR.scanlineimage}, {"R": pixels}, name) for name in ("a", "b")
    ]
    OpenEXR.File(parts).write(str(file))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: write(file, 40, 12), "it has 40×12 pixels, not 20×12."),
        (lambda file: write(file, names="RG"), "it has no channel B."),
        (lambda file: write(file, names="Z"), "it has no channel B, G, R."),
        (
            lambda file: write(
                file, dataWindow=(np.array([1, 0], np.int32), np.array([20, 11], np.int32))
            ),
            "it does not fill its picture",
        ),
        (_cut, "it is cut off, some of its lines are missing."),
        (lambda file: file.write_bytes(b""), "it is cut off within its header."),
        (lambda file: file.write_bytes(b"JPEG" * 9), "it is no EXR file."),
        (_tiles, "it is tiled"),
        (_parts, "it is in several parts"),
        (lambda file: (file.unlink(), file.mkdir()), "cannot be read, Is a directory."),
    ],
    ids=["size", "channel", "channels", "window", "cut", "empty", "jpeg", "tiles", "parts", "dir"],
)
def test_a_frame_that_cannot_be_read_back_is_named(
    pattern: Path, spoil: Callable[[Path], object], words: str
) -> None:
    file = frame_file(pattern, 1003)
    spoil(file)
    (sentence,) = check_sequence(pattern, SEQUENCE, (20, 12))
    assert sentence.startswith(f"Frame 1003 of {pattern}: {words}")
