"""The demo, run as `python3 installer demo` runs it, in the environment that the tests run in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from _demo_memory import PeakMemory
from sparkvsr.media import open_source, read_picture

DEMO = Path(__file__).resolve().parents[2] / "installer" / "_demo.py"


def demo(out: Path) -> list[str]:
    return [sys.executable, str(DEMO), "--clip", "bikes", "--out", str(out)]


def processes_of(out: Path) -> list[str]:
    """Command lines of the processes that were started for this demo and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(out).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_demo_restores_real_footage_and_leaves_only_its_results(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = subprocess.run(demo(out), capture_output=True, text=True)
    assert first.returncode == 0, first.stdout + first.stderr
    figures = {
        name: float(number)
        for name, number in re.findall(
            r"(bicubic|restored|gain|memory)\D*?([\d.]+) (?:dB|MiB)", first.stdout
        )
    }
    assert figures["restored"] > figures["bicubic"] + 1
    assert figures["memory"] > 100  # three processes
    assert sorted(file.name for file in out.iterdir()) == [
        "comparison.png",
        "keyframes",
        "report.html",
        "restored.mov",
        "source.mkv",
    ]
    with (
        open_source(str(out / "source.mkv")) as source,
        open_source(str(out / "restored.mov")) as result,
    ):
        assert (source.info.width, source.info.height, source.info.frames) == (160, 68, 72)
        assert (result.info.width, result.info.height, result.info.frames) == (640, 272, 72)
    assert read_picture(out / "comparison.png").shape[2] == 3
    assert "<html" in (out / "report.html").read_text(encoding="utf-8").lower()
    assert processes_of(out) == []


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demo_leaves_no_process_and_no_half_result(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        demo(out), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    with process:
        while not any("worker" in line for line in processes_of(out)):
            assert process.poll() is None
            time.sleep(0.05)
        if signal_number == signal.SIGINT:
            os.killpg(process.pid, signal_number)  # as a terminal does
        else:
            process.send_signal(signal_number)
        said, _ = process.communicate()
    assert process.returncode == 130, said
    assert processes_of(out) == []
    assert {file.name for file in out.iterdir()} == {"keyframes", "source.mkv"}


def test_a_folder_that_holds_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "my-edit.mov").write_text("precious")
    (tmp_path / "restored.mov").write_text("mine too")
    refused = subprocess.run(demo(tmp_path), capture_output=True, text=True)
    assert refused.returncode == 2
    assert "my-edit.mov" in refused.stderr
    assert (tmp_path / "restored.mov").read_text() == "mine too"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = subprocess.run(demo(tmp_path / "file"), capture_output=True, text=True)
    assert refused.returncode == 2
    assert f"Cannot make the folder {tmp_path / 'file'}" in refused.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured on Linux only")
def test_peak_memory_adds_up_the_processes_of_one_home_and_no_others(tmp_path: Path) -> None:
    program = "x = b'1' * {} * 2**20; print('full', flush=True); del x; input()"
    with PeakMemory(tmp_path) as memory:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", program.format(size)],
                env={**os.environ, "SPARKVSR_HOME": home},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for size, home in ((60, str(tmp_path)), (40, str(tmp_path)), (500, f"{tmp_path}x"))
        ]
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        while len(memory._peaks) < 2:
            time.sleep(0.01)
        for process in started:
            process.communicate(b"\n")
    assert memory.mebibytes is not None
    assert 100 < memory.mebibytes < 200


def test_memory_that_nobody_could_measure_is_not_called_zero(tmp_path: Path) -> None:
    with PeakMemory(tmp_path) as memory:
        pass
    assert memory.mebibytes is None
