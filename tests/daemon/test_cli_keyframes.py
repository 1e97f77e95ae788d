"""`sparkvsr keyframes` as a person or a program meets it: real processes, exit codes, output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footage import read_frames, real_clip
from sparkvsr.media import read_picture, write_picture

BIKES = real_clip("bikes.mp4")
CUTS = "--cut 30 --cut 76 --cut 137 --cut 187 --cut 242"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plate of twelve frames in two scenes; the second begins with 1006."""
    for number in range(1001, 1013):
        grey = 30 if number < 1006 else 200
        write_picture(tmp_path / f"plate.{number}.png", np.full((8, 8, 3), grey, np.uint8))
    return tmp_path


def sparkvsr(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sparkvsr_daemon.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def keyframes(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return sparkvsr(folder, "keyframes", *arguments)


def events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_each_line_is_a_frame_number_and_its_reason_and_the_cuts_can_be_pasted(
    tmp_path: Path,
) -> None:
    run = keyframes(tmp_path, BIKES, "--pick", "scenes", "--count", "7")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    *rows, cuts = run.stdout.splitlines()
    scene, even = "first of a scene", "even"
    assert [row.split("\t") for row in rows] == [
        ["0", scene],
        ["30", scene],
        ["76", scene],
        ["132", even],
        ["137", scene],
        ["187", scene],
        ["242", scene],
    ]
    assert cuts == CUTS
    restore = ["restore", BIKES, "--no-daemon", "-o", "out.wrong", *cuts.split()]
    refused = sparkvsr(tmp_path, *restore)
    assert "out.wrong has no extension" in refused.stderr, "nothing was wrong with the cuts"


def test_json_gives_notes_and_then_the_answer(folder: Path) -> None:
    run = keyframes(folder, "plate.####.png", "--pick", "scenes", "--count", "9", "--json")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    note, answer = events(run)
    assert (note["event"], note["kind"]) == ("notice", "note")
    assert "Only 3 of 9" in note["text"]
    assert answer == {
        "event": "keyframes",
        "source": "plate.####.png",
        "keyframes": [
            {"frame": 1001, "reason": "first of a scene", "picture": None},
            {"frame": 1006, "reason": "first of a scene", "picture": None},
            {"frame": 1010, "reason": "even", "picture": None},
        ],
        "cuts": [1006],
    }


def test_pictures_are_exported_once_and_replaced_only_when_asked_for(tmp_path: Path) -> None:
    arguments = [BIKES, "--pick", "iframes", "--count", "2", "--first", "70", "--last", "140"]
    arguments += ["--export", "keys/key.####.png"]
    run = keyframes(tmp_path, *arguments)
    assert run.returncode == 0, run.stderr
    files = [str(Path("keys", f"key.{number:04d}.png")) for number in (76, 137)]
    assert run.stdout.splitlines() == [
        f"76\tcodec I-frame\t{files[0]}",
        f"137\tcodec I-frame\t{files[1]}",
    ]
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.glob("*/*")) == files
    frames = read_frames(BIKES)
    np.testing.assert_array_equal(read_picture(tmp_path / files[0]), frames[76])
    np.testing.assert_array_equal(read_picture(tmp_path / files[1]), frames[137])

    (tmp_path / files[0]).write_bytes(b"painted for hours")
    again = keyframes(tmp_path, *arguments)
    assert again.returncode == 2
    assert "Frames 76, 137 of keys/key.####.png exist already." in again.stderr
    assert again.stdout == ""
    assert (tmp_path / files[0]).read_bytes() == b"painted for hours"
    assert keyframes(tmp_path, *arguments, "--overwrite").returncode == 0
    np.testing.assert_array_equal(read_picture(tmp_path / files[0]), frames[76])


def test_fewer_than_asked_for_is_a_note_beside_the_numbers(folder: Path) -> None:
    arguments = ["plate.####.png", "--pick", "uniform", "--count", "9", "--gap", "8"]
    run = keyframes(folder, *arguments)
    assert run.returncode == 0
    assert run.stdout == "1001\teven\n1009\teven\n"
    assert run.stderr.startswith("note: Only 2 of 9 keyframes are picked")


def test_a_seed_gives_the_same_frames_again(tmp_path: Path) -> None:
    arguments = [BIKES, "--pick", "random", "--count", "5"]
    runs = [keyframes(tmp_path, *arguments, "--seed", seed).stdout for seed in ("3", "3", "4")]
    assert runs[0] == runs[1] != runs[2]
    numbers = [int(line.split("\t")[0]) for line in runs[0].splitlines()]
    assert len(numbers) == 5
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["plate.####.png", "--pick", "iframes", "--count", "2"], "a picture sequence has none"),
        (["plate.####.png", "--pick", "magic", "--count", "2"], "magic"),
        (["plate.####.png", "--pick", "uniform"], "--count"),
        (["plate.####.png", "--pick", "uniform", "--count", "two"], "two"),
        (["plate.####.png", "--pick", "uniform", "--count", "0"], "0 keyframes"),
        (["plate.####.png", "--pick", "uniform", "--count", "1", "--gap", "3"], "gap of 3"),
        (["gone.mov", "--pick", "uniform", "--count", "1"], "no movie gone.mov"),
        (
            ["plate.####.png", "--pick", "uniform", "--count", "1", "--export", "key.png"],
            "no place for a frame number",
        ),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence(
    folder: Path, arguments: list[str], says: str
) -> None:
    run = keyframes(folder, *arguments)
    assert run.returncode == 2
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    (event,) = events(keyframes(folder, *arguments, "--json"))
    assert event["event"] == "error"
    assert says in event["message"]
    assert not list(folder.glob("key*"))
