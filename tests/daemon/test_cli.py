"""The command line as a person or a program meets it: real processes, exit codes, output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkvsr.media import open_source, read_picture, write_picture

FRAMES = 10


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A plate of ten frames, a keyframe, and a home of its own for the daemon."""
    rng = np.random.default_rng(0)
    for number in range(FRAMES):
        picture = rng.integers(0, 255, (24, 32, 3), np.uint8)
        write_picture(tmp_path / f"plate.{number:04d}.png", picture)
    write_picture(tmp_path / "key.png", rng.integers(0, 255, (48, 64, 3), np.uint8))
    yield tmp_path
    sparkvsr(tmp_path, "daemon", "stop")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sparkvsr_daemon.cli", *arguments]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "SPARKVSR_HOME": str(folder / "home")}


def sparkvsr(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def restore(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return sparkvsr(
        folder,
        *("restore", "plate.####.png", "-o", "out.####.png", "--upscale", "2", *arguments),
    )


def events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def outputs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "out" in path.name)


def test_a_shot_is_restored_through_the_daemon_that_is_started_for_it(folder: Path) -> None:
    run = restore(folder, "-k", "3=key.png")
    assert run.returncode == 0, run.stderr
    assert "out.####.png: 10 frames" in run.stdout
    assert "Engine flow" in run.stdout
    assert outputs(folder) == [f"out.{number:04d}.png" for number in range(FRAMES)]
    key = read_picture(folder / "key.png")
    np.testing.assert_array_equal(read_picture(folder / "out.0003.png"), key)
    status = sparkvsr(folder, "daemon", "status")
    assert status.returncode == 0
    jobs = sparkvsr(folder, "jobs")
    assert "done" in jobs.stdout
    assert sparkvsr(folder, "daemon", "stop").returncode == 0
    assert sparkvsr(folder, "daemon", "status").returncode == 5


def test_json_gives_one_event_a_line_and_nothing_else(folder: Path) -> None:
    run = restore(folder, "--json", "-k", "3=key.png")
    assert run.returncode == 0, run.stderr
    kinds = [event["event"] for event in events(run)]
    assert kinds[0] == "started"
    assert kinds.count("progress") == FRAMES
    assert kinds[-1] == "done"
    assert run.stderr == ""


def test_both_backends_write_the_same_pixels(folder: Path) -> None:
    assert restore(folder, "-k", "3=key.png").returncode == 0
    direct = sparkvsr(
        folder,
        *("restore", "plate.####.png", "-o", "two.####.png", "--upscale", "2"),
        *("-k", "3=key.png", "--no-daemon"),
    )
    assert direct.returncode == 0, direct.stderr
    for number in range(FRAMES):
        np.testing.assert_array_equal(
            read_picture(folder / f"out.{number:04d}.png"),
            read_picture(folder / f"two.{number:04d}.png"),
        )


def test_a_job_file_does_the_same(folder: Path) -> None:
    job = {
        "source": "plate.####.png",
        "output": "out.####.png",
        "keyframes": [{"frame": 3, "picture": "key.png"}],
        "settings": {"upscale": 2, "engine": "identity"},
    }
    (folder / "job.json").write_text(json.dumps(job))
    run = sparkvsr(folder, "restore", "job.json", "--no-daemon")
    assert run.returncode == 0, run.stderr
    assert len(outputs(folder)) == FRAMES
    for option, value in (("-o", "x.mov"), ("--rate", "24"), ("--timecode", "01:00:00:00")):
        assert sparkvsr(folder, "restore", "job.json", option, value).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--upscale", "0"], "upscale 0"),
        (["--upscale", "two"], "--upscale two is not usable"),
        (["--guidance", "nan"], "guidance nan"),
        (["--engine", "magic"], "--engine magic"),
        (["--first", "one"], "--first one is not a whole number"),
        (["-k", "key.png"], "-k key.png is not FRAME=PICTURE"),
        (["-k", "99=key.png"], "Keyframe 99"),
        (["--colour"], "--colour"),
        (["--rate", "fast"], 'rate "fast"'),
        (["--rate", "25", "--timecode", "01:00:00:25"], 'timecode "01:00:00:25"'),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence(
    folder: Path, arguments: list[str], says: str
) -> None:
    run = restore(folder, *arguments)
    assert run.returncode == 2
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    as_json = restore(folder, "--json", *arguments)
    assert as_json.returncode == 2
    (event,) = events(as_json)
    assert event["event"] == "error"
    assert says in event["message"]
    assert outputs(folder) == []
    assert sparkvsr(folder, "daemon", "status").returncode == 5  # none was started for that


def test_an_unknown_job_cannot_be_cancelled(folder: Path) -> None:
    assert sparkvsr(folder, "daemon", "start").returncode == 0
    for name, says in (("abcdef", "abcdef"), ("zz", "zz is no job ID")):
        run = sparkvsr(folder, "cancel", name)
        assert run.returncode == 2
        assert says in run.stderr


def test_asking_does_not_start_a_daemon(folder: Path) -> None:
    for question in (["daemon", "status"], ["jobs"], ["cancel", "abcdef"]):
        assert sparkvsr(folder, *question).returncode == 5
    assert sparkvsr(folder, "daemon", "stop").returncode == 0


@pytest.mark.parametrize("daemon", [True, False])
def test_ctrl_c_cancels_and_leaves_no_output(folder: Path, daemon: bool) -> None:
    for number in range(FRAMES, 400):
        (folder / f"plate.{number:04d}.png").write_bytes((folder / "plate.0001.png").read_bytes())
    arguments = ["restore", "plate.####.png", "-o", "out.####.png", "--json", "-k", "3=key.png"]
    with subprocess.Popen(
        command(*arguments, "--upscale", "4", *([] if daemon else ["--no-daemon"])),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        for line in run.stdout:
            if '"progress"' in line:
                break
        run.send_signal(signal.SIGINT)
        last = run.stdout.read().splitlines()[-1]
        assert run.wait(30) == 4
    assert json.loads(last)["code"] == "cancelled"
    assert outputs(folder) == []
    if daemon:
        deadline = time.monotonic() + 10
        while "cancelled" not in (listed := sparkvsr(folder, "jobs").stdout):
            assert time.monotonic() < deadline, listed
            time.sleep(0.1)


def test_size_spaces_and_codec_are_options_and_wrong_ones_are_named(folder: Path) -> None:
    plain = ("restore", "plate.####.png", "-o", "out.mov", "--no-daemon")
    for option, value in (("--size", "large"), ("--codec", "divx"), ("--source-space", "acesgg")):
        done = sparkvsr(folder, *plain, option, value)
        assert done.returncode == 2
        assert value in done.stderr
    wanted = ("--size", "48x40", "--codec", "prores4444", "--output-space", "rec709")
    done = sparkvsr(folder, *plain, "-k", "3=key.png", "--keyframe-space", "srgb", *wanted)
    assert done.returncode == 2  # a keyframe of another shape
    done = sparkvsr(folder, *plain, "--source-space", "srgb", *wanted)
    assert done.returncode == 0, done.stderr
    with open_source(str(folder / "out.mov")) as movie:
        assert (movie.info.width, movie.info.height) == (48, 40)


@pytest.mark.parametrize("where", [(), ("--no-daemon",)])
def test_rate_and_timecode_are_options(folder: Path, where: tuple[str, ...]) -> None:
    told = ("--rate", "29.97", "--timecode", "00:00:59;28", "--first", "4")
    plain = ("restore", "plate.####.png", "-o", "out.mov", "--engine", "identity", "--upscale", "1")
    run = sparkvsr(folder, *plain, *told, "--json", *where)
    assert run.returncode == 0, run.stderr
    started = events(run)[0]
    assert (started["rate"], started["timecode"]) == ("30000/1001", "00:00:59;28")
    with open_source(str(folder / "out.mov")) as movie:
        assert str(movie.info.timecode) == "00:00:59;28"
        assert (movie.info.rate, movie.info.frames) == (Fraction(30000, 1001), FRAMES - 4)


@pytest.mark.parametrize("options", [(), ("--no-daemon",)])
def test_a_preview_is_one_picture_at_any_guidance(folder: Path, options: tuple[str, ...]) -> None:
    job = {
        "source": "plate.####.png",
        "output": "out.####.png",
        "keyframes": [{"frame": 3, "picture": "key.png"}],
        "settings": {"upscale": 2, "engine": "flow"},
    }
    (folder / "job.json").write_text(json.dumps(job))
    arguments = ("preview", "job.json", "--frame", "5", "--guidance", "0.5", "-o", "p.png")
    done = sparkvsr(folder, *arguments, *options)
    assert done.returncode == 0, done.stderr
    assert "frame 5 at guidance 0.5" in done.stdout
    assert read_picture(folder / "p.png").shape == (48, 64, 3)
    again = sparkvsr(folder, *arguments, "--json", *options)
    assert again.returncode == 2
    assert json.loads(again.stdout.splitlines()[-1])["code"] == "bad_output"
    lines = sparkvsr(folder, *arguments, "--json", "--overwrite", *options).stdout.splitlines()
    assert json.loads(lines[-1])["event"] == "previewed"
    assert not list(folder.glob("out.*"))
