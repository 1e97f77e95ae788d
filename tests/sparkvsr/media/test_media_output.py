"""What stands on the disk before, during and after writing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from footage import make_picture, noise
from sparkvsr.errors import JobError, OutputError
from sparkvsr.media import MediaInfo, OutputWriter, open_output, open_source

NAMES = ["out.mkv", "out.####.png"]


def info(name: str = "in.####.png", kind: str = "sequence", frames: int = 3) -> MediaInfo:
    return MediaInfo(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        width=8,
        height=8,
        frames=frames,
        first_frame=1,
        rate=Fraction(24),
        pixel_aspect=Fraction(1),
        dtype=np.dtype(np.uint8),
        bits=8,
        is_float=False,
    )


def start(
    name: Path | str, *, like: MediaInfo | None = None, overwrite: bool = False
) -> OutputWriter:
    return open_output(
        str(name), like=like or info(), width=8, height=8, first_frame=1, overwrite=overwrite
    )


def write(output: OutputWriter, count: int = 3) -> None:
    for seed in range(count):
        output.write(noise((8, 8, 3), 255, seed).astype(np.uint8))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def run_python(script: str, *arguments: object) -> str:
    """Run a script in a process of its own, with this module importable; what it printed."""
    search = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_nothing_has_its_final_name_before_the_commit(tmp_path: Path, name: str) -> None:
    with start(tmp_path / name) as output:
        write(output)
        assert all(found.startswith(f".{name}.part-") for found in names(tmp_path))
        output.commit()
    final = ["out.mkv"] if name == "out.mkv" else [f"out.000{n}.png" for n in (1, 2, 3)]
    assert names(tmp_path) == final


@pytest.mark.parametrize("name", NAMES)
def test_leaving_without_a_commit_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt), start(tmp_path / "new/deep" / name) as output:
        write(output, 2)
        raise KeyboardInterrupt
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_abort_keeps_folders_that_were_there_or_are_in_use(tmp_path: Path, name: str) -> None:
    (tmp_path / "old").mkdir()
    with start(tmp_path / "old/new" / name):
        (tmp_path / "old/new/theirs.txt").touch()
    assert names(tmp_path / "old/new") == ["theirs.txt"]


@pytest.mark.parametrize("name", NAMES)
def test_a_commit_of_too_few_frames_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(JobError, match="2 of its 3 frames"), start(tmp_path / name) as output:
        write(output, 2)
        output.commit()
    assert names(tmp_path) == []


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with start(tmp_path / "out.mkv") as output, pytest.raises(ValueError, match=r"\(8, 9, 3\)"):
        output.write(np.zeros((8, 9, 3), np.uint8))


@pytest.mark.parametrize(
    ("name", "there", "named"),
    [
        ("out.mkv", ["out.mkv"], r"out\.mkv exists already"),
        ("out.####.png", ["out.0001.png", "out.0003.png"], "Frames 1, 3 of .* exist already"),
    ],
)
def test_what_exists_is_replaced_only_when_asked_for_and_only_on_commit(
    tmp_path: Path, name: str, there: list[str], named: str
) -> None:
    for file in there:
        (tmp_path / file).write_text("old")
    with pytest.raises(OutputError, match=named) as caught:
        start(tmp_path / name)
    assert "--overwrite" in caught.value.hint
    with start(tmp_path / name, overwrite=True) as output:
        write(output)
    assert names(tmp_path) == there
    assert all((tmp_path / file).read_text() == "old" for file in there)
    with start(tmp_path / name, overwrite=True) as output:
        write(output)
        output.commit()
    assert all((tmp_path / file).read_bytes() != b"old" for file in there)


def test_frames_beside_the_range_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "out.0099.png").write_text("old")
    with start(tmp_path / "out.####.png") as output:
        write(output)
        output.commit()
    assert (tmp_path / "out.0099.png").read_text() == "old"


def test_the_source_movie_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "in.mkv").write_text("source")
    (tmp_path / "link.mkv").symlink_to(tmp_path / "in.mkv")
    for name in ("in.mkv", "link.mkv"):
        with pytest.raises(OutputError, match="would replace the source"):
            start(tmp_path / name, like=info(str(tmp_path / "in.mkv"), "movie"), overwrite=True)


def test_frames_of_the_source_are_never_replaced(tmp_path: Path) -> None:
    for number in (3, 4):
        make_picture(tmp_path / f"in.{number:04d}.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(OutputError, match="would replace the source"):
        start(tmp_path / "in.%04d.png", like=info(str(tmp_path / "in.####.png")), overwrite=True)


@pytest.mark.parametrize("name", ["out", "out.webm", "out.txt"])
def test_an_extension_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="no extension"):
        start(tmp_path / name)


def test_one_picture_as_output_is_refused_and_its_pattern_suggested(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        start(tmp_path / "out.0001.png")
    assert "out.####.png" in caught.value.hint


def test_a_negative_first_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="negative frame number -1"):
        open_output(str(tmp_path / "o.#.png"), like=info(), width=8, height=8, first_frame=-1)


def test_sound_for_a_picture_sequence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no sound"):
        open_output(
            str(tmp_path / "o.#.png"),
            like=info(),
            width=8,
            height=8,
            first_frame=1,
            audio_from="in.mov",
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write into the folder"):
        start(tmp_path / "file/inside" / name)
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("name", NAMES)
def test_a_folder_without_permission_is_an_error(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Cannot write into the folder"):
            start(tmp_path / name)
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out.mkv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        start(tmp_path / "out.mkv", overwrite=True)


def test_parts_of_dead_runs_are_removed_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    script = (
        "import os, sys, footage\n"
        "from test_media_output import start, write\n"
        "output = start(sys.argv[1])\n"
        "write(output, 1)\n"
        "os._exit(0)\n"
    )
    run_python(script, tmp_path / "out.mkv")
    (stale,) = names(tmp_path)
    with start(tmp_path / "out.mkv") as living:
        (first,) = names(tmp_path)
        assert first != stale
        with start(tmp_path / "out.mkv"):
            assert first in names(tmp_path)
        write(living)
        living.commit()
    assert names(tmp_path) == ["out.mkv"]


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from sparkvsr.errors import DiskFullError
from test_media_output import info, names
from sparkvsr.media import open_output
from dataclasses import replace

folder, name, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
like = replace(info(frames=40), width=300, height=300, bits=16, dtype=np.dtype("uint16"))
rng = np.random.default_rng(0)
try:
    with open_output(str(folder / name), like=like, width=300, height=300, first_frame=1) as output:
        for _ in range(40):
            output.write(rng.integers(0, 65536, (300, 300, 3), dtype=np.uint16))
        output.commit()
except DiskFullError as error:
    print(error)
assert names(folder) == [], names(folder)
"""

FORMATS = ["o.mkv", "o.mov", "o.mp4", "o.#.png", "o.#.exr", "o.#.tif", "o.#.dpx", "o.#.jpg"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_room_is_told_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    """A limit on file sizes: what a full disk does to writers, without being root."""
    said = run_python(FULL_DISK, tmp_path, name, 30_000)
    assert said.startswith(f"No room left for {tmp_path}/o.")
    assert "MiB free" in said


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", FORMATS)
def test_a_really_full_disk_is_told_and_nothing_is_left(tiny_disk: Path, name: str) -> None:
    said = run_python(FULL_DISK, tiny_disk, name, 0)
    assert said.startswith(f"No room left for {tiny_disk}/o.")
    assert "No space left on device" in said


def test_an_output_can_be_read_where_it_was_written(tmp_path: Path) -> None:
    with start(tmp_path / "out.####.png") as output:
        write(output)
        output.commit()
    with open_source(str(tmp_path / "out.%04d.png")) as source:
        for seed, frame in enumerate(source.frames()):
            assert np.array_equal(frame, noise((8, 8, 3), 255, seed))
