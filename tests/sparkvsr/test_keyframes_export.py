"""Frames written as pictures: exactly those, as they are, and nobody's file replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from footage import make_picture, read_frames, real_clip
from sparkvsr.errors import OutputError
from sparkvsr.keyframes import FrameExport
from sparkvsr.media import open_source, read_picture


def test_the_frames_of_a_movie_are_written_as_they_are_read(tmp_path: Path) -> None:
    name = real_clip("carphone_pristine.mp4")
    export = FrameExport(str(tmp_path / "keys" / "key.####.png"))
    with open_source(name, first=10, last=60) as source:
        files = export.write(source, [30, 0])
    assert files == [tmp_path / "keys" / "key.0010.png", tmp_path / "keys" / "key.0040.png"]
    assert sorted((tmp_path / "keys").iterdir()) == files
    frames = read_frames(name)
    np.testing.assert_array_equal(read_picture(files[0]), frames[10])
    np.testing.assert_array_equal(read_picture(files[1]), frames[40])


def plate(folder: Path) -> str:
    """Ten frames of half floats beyond 0 to 1, numbered from 1001."""
    rng = np.random.default_rng(0)
    for number in range(1001, 1011):
        picture = rng.normal(0.5, 2.0, (6, 8, 3)).astype(np.float16)
        make_picture(folder / f"plate.{number}.exr", picture, "RGB")
    return str(folder / "plate.####.exr")


def test_half_floats_pass_bit_by_bit(tmp_path: Path) -> None:
    name = plate(tmp_path)
    with open_source(name) as source:
        (file,) = FrameExport(str(tmp_path / "key.%04d.exr")).write(source, [4])
    assert file.name == "key.1005.exr"
    np.testing.assert_array_equal(read_picture(file), read_frames(name)[4])


def test_an_existing_picture_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "key.1004.exr").write_bytes(b"painted for hours")
    with open_source(plate(tmp_path)) as source:
        with pytest.raises(OutputError, match=r"Frames 1004 of .* exist already"):
            FrameExport(str(tmp_path / "key.####.exr")).write(source, [0, 3])
        assert not (tmp_path / "key.1001.exr").exists()
        assert (tmp_path / "key.1004.exr").read_bytes() == b"painted for hours"
        FrameExport(str(tmp_path / "key.####.exr"), overwrite=True).write(source, [0, 3])
    assert read_picture(tmp_path / "key.1004.exr").shape == (6, 8, 3)


def test_the_source_is_never_replaced(tmp_path: Path) -> None:
    name = plate(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    other_spelling = tmp_path / "sub" / ".." / "plate.%d.exr"
    other_spelling.parent.parent.mkdir()
    with open_source(name) as source:
        for pattern in (name, str(other_spelling)):
            with pytest.raises(OutputError, match="would replace the source"):
                FrameExport(pattern, overwrite=True).write(source, [0])
    (tmp_path / "sub").rmdir()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_folder_of_the_same_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "key.1001.exr").mkdir()
    with (
        open_source(plate(tmp_path)) as source,
        pytest.raises(OutputError, match="is a folder"),
    ):
        FrameExport(str(tmp_path / "key.####.exr"), overwrite=True).write(source, [0])


@pytest.mark.parametrize("name", ["key.####.mov", "keys/####", "key.####"])
def test_a_name_that_is_no_kind_of_picture_is_refused_at_once(name: str) -> None:
    with pytest.raises(OutputError, match="no known picture extension"):
        FrameExport(name)


def test_a_name_without_a_place_for_the_number_is_refused_at_once() -> None:
    with pytest.raises(OutputError, match="no place for a frame number") as caught:
        FrameExport("keys/key.png")
    assert "key.####.png" in caught.value.hint
