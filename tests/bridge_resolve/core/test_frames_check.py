"""Rendered frames are whole, of one size, not black and not twice the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    file_sizes,
    find_black,
    find_equal,
    find_faults,
    is_black,
    is_settled,
    pixel_digest,
)

COMPRESSIONS = {
    int(getattr(OpenEXR, name)): getattr(OpenEXR, name)
    for name in dir(OpenEXR)
    if name.endswith("_COMPRESSION") and int(getattr(OpenEXR, name)) < 12
}
READABLE = [COMPRESSIONS[number] for number in (0, 2, 3)]  # none, ZIPS, ZIP
NONE = COMPRESSIONS[0]
in_one_folder = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def write(
    path: Path,
    value: float = 0.5,
    size: tuple[int, int] = (20, 35),
    names: str = "RGB",
    compression: object = NONE,
    dtype: type[np.floating] = np.float16,
    **header: object,
) -> np.ndarray:
    width, height = size
    pixels = np.full((len(names), height, width), value, dtype)
    save(path, pixels, names, compression, **header)
    return pixels


def save(path: Path, pixels: np.ndarray, names: str, compression: object, **header: object) -> None:
    made = {"compression": compression, "type": OpenEXR.scanlineimage, **header}
    OpenEXR.File(made, dict(zip(names, pixels, strict=True))).write(str(path))


@in_one_folder
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 60),
    names=st.sampled_from(["RGB", "RGBA", "RGBZ", "R"]),
    compression=st.sampled_from(READABLE),
    dtype=st.sampled_from([np.float16, np.float32]),
    data=st.data(),
)
def test_one_pixel_that_is_not_black_is_found_wherever_it_is(
    tmp_path: Path,
    width: int,
    height: int,
    names: str,
    compression: object,
    dtype: type[np.floating],
    data: st.DataObject,
) -> None:
    path = tmp_path / "a.exr"
    noise = np.random.default_rng(3).random((len(names), height, width)) * 0.0015
    pixels = (noise * data.draw(st.sampled_from([0, 1]))).astype(dtype)
    pixels[[name in "AZ" for name in names]] = 1  # alpha and depth are no light
    save(path, pixels, names, compression)
    assert is_black(path) is True
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    channel = names.index(data.draw(st.sampled_from([n for n in names if n in "RGB"])))
    pixels[channel, y, x] = data.draw(st.sampled_from([0.01, 1.0, 500.0]))
    save(path, pixels, names, compression)
    assert is_black(path) is False


def test_values_below_zero_are_black(tmp_path: Path) -> None:
    write(tmp_path / "a.exr", -3.0)
    assert is_black(tmp_path / "a.exr") is True


@pytest.mark.parametrize("number", sorted(set(COMPRESSIONS) - {0, 2, 3}))
def test_what_cannot_be_told_is_not_guessed(tmp_path: Path, number: int) -> None:
    write(tmp_path / "a.exr", 0.0, compression=COMPRESSIONS[number])
    assert is_black(tmp_path / "a.exr") is None
    assert find_black({1: tmp_path / "a.exr"}) == ()


def test_a_picture_without_colours_is_not_called_black(tmp_path: Path) -> None:
    write(tmp_path / "a.exr", 0.0, names="Z")
    assert is_black(tmp_path / "a.exr") is None


@pytest.mark.parametrize("number", sorted(COMPRESSIONS))
def test_equal_pixels_under_other_headers_are_seen(tmp_path: Path, number: int) -> None:
    one, two, other = (tmp_path / f"{name}.exr" for name in "abc")
    rng = np.random.default_rng(1)
    pixels = rng.random((3, 35, 20)).astype(np.float16)
    save(one, pixels, "RGB", COMPRESSIONS[number], comments="frame 1")
    save(two, pixels, "RGB", COMPRESSIONS[number], comments="frame 2, of another length")
    pixels[1, 20, 7] += np.float16(0.25)
    save(other, pixels, "RGB", COMPRESSIONS[number], comments="frame 1")
    assert one.read_bytes() != two.read_bytes()
    assert pixel_digest(one) == pixel_digest(two) != pixel_digest(other)
    assert find_equal({86400: one, 86412: two, 86420: other}) == ((86400, 86412),)
    assert find_equal({86400: one, 86412: other, 86420: two}) == ()


def test_black_frames_are_listed(tmp_path: Path) -> None:
    files = {frame: tmp_path / f"{frame}.exr" for frame in (3, 1, 2)}
    for frame, file in files.items():
        write(file, 0.0 if frame != 2 else 0.4, compression=READABLE[frame % 3])
    assert find_black(files) == (1, 3)


def test_whole_frames_have_no_fault(tmp_path: Path) -> None:
    files = {frame: tmp_path / f"{frame}.exr" for frame in range(3)}
    for file in files.values():
        write(file)
    assert find_faults(files) == () and find_faults(files, (20, 35)) == ()
    assert find_faults(files, (40, 35)) == ("Frames 0, 1, 2: 20×35 pixels in place of 40×35.",)


def test_every_fault_is_a_sentence_with_its_frames(tmp_path: Path) -> None:
    files = {frame: tmp_path / f"{frame}.exr" for frame in range(100, 112)}
    for frame in range(100, 106):
        write(files[frame])
    files[101].write_bytes(files[101].read_bytes()[:-50])
    files[102].write_bytes(b"not a picture")
    write(files[103], size=(21, 35))
    write(files[104], names="RG")
    write(files[105], dataWindow=((0, 0), (19, 34)), displayWindow=((0, 0), (29, 34)))
    assert find_faults(files) == (
        "Frame 101: cut off, some of its lines are missing.",
        "Frame 102: it is no EXR file.",
        "Frame 103: 21×35 pixels in place of 20×35.",
        "Frame 104: no channel B.",
        "Frame 105: it does not fill its picture from corner to corner.",
        "Frames 106, 107, 108, 109 and 2 more: missing.",
    )


def test_a_folder_in_the_place_of_a_frame_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "1.exr").mkdir()
    assert find_faults({1: tmp_path / "1.exr"})[0].startswith("Frame 1: cannot be read")


def test_files_are_settled_when_all_are_there_and_none_grows(tmp_path: Path) -> None:
    files = [tmp_path / "1.exr", tmp_path / "2.exr"]
    files[0].write_bytes(b"12")
    half = file_sizes(files)
    assert half == {files[0]: 2, files[1]: 0} and not is_settled(half, file_sizes(files))
    files[1].write_bytes(b"")
    assert not is_settled(file_sizes(files), file_sizes(files))
    files[1].write_bytes(b"1")
    before = file_sizes(files)
    assert is_settled(before, file_sizes(files))
    files[1].write_bytes(b"123")
    assert not is_settled(before, file_sizes(files))


@pytest.mark.parametrize("compression", READABLE)
def test_a_file_that_is_cut_off_or_damaged_is_an_error_wherever(
    tmp_path: Path, compression: object
) -> None:
    path = tmp_path / "a.exr"
    write(path, 0.0, (3, 18), compression=compression)
    whole = path.read_bytes()
    assert is_black(path) is True
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"^its? "):
            is_black(path)


def test_a_tiled_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    write(path)
    content = bytearray(path.read_bytes())
    content[5] |= 2
    path.write_bytes(content)
    for look in (is_black, pixel_digest):
        with pytest.raises(ValueError, match="no plain EXR"):
            look(path)


def test_a_chunk_that_names_another_line_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    write(path, 0.0, (30, 18), compression=COMPRESSIONS[3])
    content = bytearray(path.read_bytes())
    second = content.rindex((16).to_bytes(4, "little"))  # the chunk of its last two lines
    length = int.from_bytes(content[second + 4 : second + 8], "little")
    assert second + 8 + length == len(content)
    for line in (0, 17, 18):
        content[second : second + 4] = line.to_bytes(4, "little")
        path.write_bytes(content)
        with pytest.raises(ValueError, match="lines are damaged"):
            is_black(path)
